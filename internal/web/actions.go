package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// actions are what a person can do with a deployment now.
func (b *Build) actions(svc *state.Service, d *state.Deployment) []string {
	out := []string{}
	m := &d.Machine
	if len(approval.Of(b.Tx, d)) > 0 {
		out = append(out, "continue")
	}
	if d.StopRequested == "" && (m.Status == deploy.Pending || m.Status == deploy.InProgress) {
		out = append(out, "rollback", "stop")
	}
	if m.Status.Terminal() && m.Status != deploy.Successful && svc.Last == d.ID && svc.Deployment == "" && svc.Status == "ACTIVE" {
		out = append(out, "retry")
	}
	return out
}

// decision is the body of an action.
type decision struct {
	Reason   string `json:"reason"`
	HookID   string `json:"hookId"`   // of "continue" and "rollback", where several wait
	Revision string `json:"revision"` // of a service's rollback
}

// readDecision reads the body and puts its reason into the context of the handlers.
func readDecision(w http.ResponseWriter, r *http.Request, who *Session, action string) (*decision, context.Context, error) {
	in := &decision{}
	if err := readJSON(w, r, in); err != nil {
		return nil, nil, err
	}
	reason, werr := wire.CheckReason(in.Reason)
	switch {
	case werr != nil:
		return nil, nil, werr
	case reason == "":
		return nil, nil, &Problem{Code: "ValidationException", Message: "Give a reason: it is kept with who decided, and when."}
	}
	c := who.Caller
	c.Region = who.Scope(r).Region
	ctx := wire.WithCaller(r.Context(), c)
	return in, wire.WithDecision(ctx, wire.Decision{Reason: reason, From: "dashboard " + c.SourceIP, Action: action}), nil
}

// act answers POST /ui/api/deployments/{cluster}/{service}/{id}/{action}.
func act(s *Site, w http.ResponseWriter, r *http.Request, who *Session) {
	action := r.PathValue("action")
	as := ""
	if action == "retry" {
		as = "RETRY"
	}
	in, ctx, err := readDecision(w, r, who, as)
	if err != nil {
		s.fail(w, err)
		return
	}
	scope := who.Scope(r)
	key := scope.Key(r.PathValue("cluster"), r.PathValue("service"))
	var svc *state.Service
	var d *state.Deployment
	var waits []approval.Pending
	allowed := false
	s.opts.Store.View(func(tx *store.Tx) {
		b := &Build{Site: s, Tx: tx, Now: s.opts.Now(), Scope: scope}
		var found, ok bool
		svc, found = state.Services.Get(tx, key)
		d, ok = state.Deployments.Get(tx, key+"/"+r.PathValue("id"))
		if found && ok {
			waits = approval.Of(tx, d)
			allowed = slices.Contains(b.actions(svc, d), action)
		} else {
			d = nil
		}
	})
	switch {
	case d == nil:
		err = &Problem{Code: "ServiceDeploymentNotFoundException", Message: "There is no such deployment.", Status: http.StatusNotFound}
	case !allowed:
		err = &Problem{Code: "ConflictException", Message: "The deployment does not take " + action + " now: it is " + string(d.Machine.Status) + ".", Status: http.StatusConflict}
	case action == "retry":
		s.answer(w)(s.restore(ctx, svc, string(d.Machine.Target)))
		return
	default:
		err = s.perform(ctx, action, in, d, waits)
	}
	s.answer(w)(&restored{Notes: []string{}}, err)
}

// answer takes the outcome of an action.
func (s *Site) answer(w http.ResponseWriter) func(out *restored, err error) {
	return func(out *restored, err error) {
		if err != nil {
			s.fail(w, err)
			return
		}
		reply(w, http.StatusOK, out)
	}
}

// perform calls the handlers of the API.
func (s *Site) perform(ctx context.Context, action string, in *decision, d *state.Deployment, waits []approval.Pending) error {
	switch action {
	case "continue":
		return s.decide(ctx, in, d, waits, true)
	case "rollback":
		if in.HookID != "" || len(waits) == 1 {
			return s.decide(ctx, in, d, waits, false)
		}
		return s.stop(ctx, d, types.StopServiceDeploymentStopTypeRollback)
	}
	return s.stop(ctx, d, types.StopServiceDeploymentStopTypeAbort)
}

// decide answers the hook that waits for a person.
func (s *Site) decide(ctx context.Context, in *decision, d *state.Deployment, waits []approval.Pending, approve bool) error {
	if len(waits) > 1 && in.HookID == "" {
		return &Problem{Code: "ValidationException", Message: "Several hooks wait for a decision: choose one (hookId)."}
	}
	for i := range waits {
		if in.HookID == "" || waits[i].HookID == in.HookID {
			err := s.opts.Decide(ctx, &waits[i], approve)
			if err != nil && !s.waits(d.Key(), waits[i].HookID) {
				return &Problem{Code: "ConflictException", Message: "Somebody else has decided this meanwhile.", Status: http.StatusConflict}
			}
			return err
		}
	}
	return &Problem{Code: "ConflictException", Message: "No hook with this id waits for a decision.", Status: http.StatusConflict}
}

// waits tells whether a hook of a deployment waits for a person.
func (s *Site) waits(key, hook string) (yes bool) {
	s.opts.Store.View(func(tx *store.Tx) {
		if d, ok := state.Deployments.Get(tx, key); ok {
			yes = slices.ContainsFunc(approval.Of(tx, d), func(p approval.Pending) bool { return p.HookID == hook })
		}
	})
	return yes
}

func (s *Site) stop(ctx context.Context, d *state.Deployment, kind types.StopServiceDeploymentStopType) error {
	_, err := s.opts.ECS.StopServiceDeployment(ctx, &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: aws.String(d.ARN()), StopType: kind})
	return err
}

// rollBack answers POST /ui/api/services/{cluster}/{service}/rollback.
func rollBack(s *Site, w http.ResponseWriter, r *http.Request, who *Session) {
	in, ctx, err := readDecision(w, r, who, "REVISION")
	if err != nil {
		s.fail(w, err)
		return
	}
	var svc *state.Service
	s.opts.Store.View(func(tx *store.Tx) {
		svc, _ = state.Services.Get(tx, who.Scope(r).Key(r.PathValue("cluster"), r.PathValue("service")))
	})
	switch {
	case svc == nil:
		err = noService()
	case in.Revision == "":
		err = &Problem{Code: "ValidationException", Message: "Name the revision to go back to."}
	case in.Revision == svc.Primary:
		err = &Problem{Code: "ConflictException", Message: "The service is at this revision already.", Status: http.StatusConflict}
	default:
		s.answer(w)(s.restore(ctx, svc, in.Revision))
		return
	}
	s.fail(w, err)
}
