package metadata

import (
	"net/http"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
)

// Credentials are the keys of a task's role, named as the ECS agent names them.
type Credentials struct {
	RoleArn         string
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	Token           string
	Expiration      time.Time
}

// renewal is how long before their end keys are not handed out any more: the AWS
// SDKs ask for new ones some minutes before.
const renewal = 15 * time.Minute

// keyring holds the keys of each task, so that asking often makes no new ones.
type keyring struct {
	mu     sync.Mutex
	byTask map[string]Credentials
}

// credentials answers with the keys of the task's role.
func (h *Handler) credentials(w http.ResponseWriter, r *http.Request) {
	s, ok := h.find(r)
	role := ""
	if ok {
		role = state.TaskRole(s.task, &s.def.Def.V)
	}
	if role == "" || h.opts.Credentials == nil {
		answer(w, http.StatusBadRequest, credentialsProblem{"InvalidIdInRequest", "CredentialsV2Request: Credentials not found", http.StatusBadRequest})
		return
	}
	keys, err := h.keys.of(s.task, h.opts.Now(), func() (Credentials, error) { return h.opts.Credentials(s.task.Scope, role, s.task.ID) })
	if err != nil {
		answer(w, http.StatusInternalServerError, credentialsProblem{"InternalServerError", "CredentialsV2Request: " + err.Error(), http.StatusInternalServerError})
		return
	}
	keys.RoleArn = role
	answer(w, http.StatusOK, keys)
}

type credentialsProblem struct {
	Code          string `json:"code"`
	Message       string `json:"message"`
	HTTPErrorCode int    `json:"HTTPErrorCode"`
}

// of returns the task's keys, new ones when there are none or they end soon. Keys
// of all that ended are dropped then.
func (k *keyring) of(t *state.Task, now time.Time, issue func() (Credentials, error)) (Credentials, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c, ok := k.byTask[t.Key()]; ok && now.Add(renewal).Before(c.Expiration) {
		return c, nil
	}
	c, err := issue()
	if err != nil {
		return c, err
	}
	for id, old := range k.byTask {
		if old.Expiration.Before(now) {
			delete(k.byTask, id)
		}
	}
	k.byTask[t.Key()] = c
	return c, nil
}

// Issuer makes keys of a role for a session with that name.
type Issuer func(scope arn.Scope, role, session string) (Credentials, error)
