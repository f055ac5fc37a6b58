package approval

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Routes adds the JSON routes, for callers that wire.Registry.Guard lets in.
func (a *Approvals) Routes(mux *http.ServeMux, guard func(http.Handler) http.Handler) {
	mux.Handle("GET /grue/approvals", guard(http.HandlerFunc(a.list)))
	mux.Handle("POST /grue/approvals", guard(http.HandlerFunc(a.answer)))
	mux.Handle("GET /grue/decisions", guard(http.HandlerFunc(a.history)))
	mux.HandleFunc(LinkPath, a.link)
}

func scopeOf(ctx context.Context) arn.Scope {
	c := wire.CallerFrom(ctx)
	return arn.Scope{Account: c.Account, Region: c.Region}
}

// list answers {"approvals": [Pending]}, oldest first, of the caller's region.
func (a *Approvals) list(w http.ResponseWriter, r *http.Request) {
	var found []Pending
	a.opts.Store.View(func(tx *store.Tx) { found = List(tx, scopeOf(r.Context())) })
	reply(w, http.StatusOK, map[string]any{"approvals": found})
}

// answer decides: {"serviceDeploymentArn", "hookId", "decision": "approve" or
// "reject", "reason"}. It is for every kind of approval; a PAUSE hook can be
// answered with ContinueServiceDeployment as well.
func (a *Approvals) answer(w http.ResponseWriter, r *http.Request) {
	var in struct {
		DeploymentARN string `json:"serviceDeploymentArn"`
		HookID        string `json:"hookId"`
		Decision      string `json:"decision"`
		Reason        string `json:"reason"`
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		refuse(w, http.StatusBadRequest, "ValidationException", "The request is no such JSON object: "+err.Error())
		return
	}
	ctx := r.Context()
	why := wire.DecisionOf(ctx)
	if in.Reason != "" {
		why.Reason = in.Reason
	}
	reason, werr := wire.CheckReason(why.Reason)
	path, ok := arn.Path(in.DeploymentARN, "ecs", "service-deployment")
	switch {
	case werr != nil:
		refuse(w, http.StatusBadRequest, werr.Code, werr.Message)
	case reason == "":
		refuse(w, http.StatusBadRequest, "ValidationException", "Say why: the reason is kept with the decision.")
	case in.Decision != "approve" && in.Decision != "reject":
		refuse(w, http.StatusBadRequest, "ValidationException", "decision must be approve or reject.")
	case !ok || len(path) != 3:
		refuse(w, http.StatusBadRequest, "ValidationException", "serviceDeploymentArn must be the ARN of a service deployment.")
	default:
		why.Reason = reason
		p := a.find(scopeOf(ctx).Key(path...), in.HookID)
		if p == nil || p.DeploymentARN != in.DeploymentARN {
			refuse(w, http.StatusConflict, "NotPendingException", "This approval is not pending: it was decided, it expired, or there is none.")
			return
		}
		a.answered(w, a.Decide(wire.WithDecision(ctx, why), p, in.Decision == "approve"))
	}
}

func (a *Approvals) answered(w http.ResponseWriter, err error) {
	var werr *wire.Error
	switch {
	case err == nil:
		reply(w, http.StatusOK, map[string]any{})
	case errors.Is(err, errNotPending):
		refuse(w, http.StatusConflict, "NotPendingException", "Somebody else has decided this approval meanwhile.")
	case errors.As(err, &werr):
		refuse(w, http.StatusBadRequest, werr.Code, werr.Message)
	default:
		a.log.Error("approval not decided", "err", err)
		refuse(w, http.StatusInternalServerError, "InternalFailure", "The decision could not be written; the server's log says why.")
	}
}

// Decision is one of the history.
type Decision struct {
	DeploymentARN string    `json:"serviceDeploymentArn"`
	At            time.Time `json:"at"`
	Action        string    `json:"action"`
	HookID        string    `json:"hookId,omitempty"`
	Stage         string    `json:"lifecycleStage,omitempty"`
	By            string    `json:"by"`
	From          string    `json:"from"`
	Reason        string    `json:"reason"`
	SupersededBy  string    `json:"supersededBy,omitempty"`
}

// Decisions are what people decided about a deployment, oldest first.
func Decisions(d *state.Deployment) []Decision {
	out := []Decision{}
	for _, x := range d.Decisions {
		out = append(out, Decision{
			DeploymentARN: d.ARN(), At: x.At, Action: string(x.Action), HookID: x.HookID, Stage: x.Stage,
			By: x.By, From: x.From, Reason: x.Reason, SupersededBy: x.Other,
		})
	}
	return out
}

// history answers {"decisions": [Decision]} of ?cluster= (default) and ?service=,
// or of one ?deployment=, by id or ARN, of it.
func (a *Approvals) history(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	cluster, service, id := q.Get("cluster"), arn.Name(q.Get("service")), q.Get("deployment")
	if cluster = arn.Name(cluster); cluster == "" {
		cluster = "default"
	}
	if path, ok := arn.Path(id, "ecs", "service-deployment"); ok && len(path) == 3 {
		cluster, service, id = path[0], path[1], path[2]
	}
	if service == "" {
		refuse(w, http.StatusBadRequest, "ValidationException", "Name the service: ?service=NAME, or ?deployment=ARN.")
		return
	}
	out := []Decision{}
	a.opts.Store.View(func(tx *store.Tx) {
		for _, d := range state.Deployments.Prefix(tx, scopeOf(r.Context()).Key(cluster, service, id)) {
			if id == "" || d.ID == id {
				out = append(out, Decisions(d)...)
			}
		}
	})
	sortByTime(out)
	reply(w, http.StatusOK, map[string]any{"decisions": out})
}

func reply(w http.ResponseWriter, status int, doc any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(doc) // to a client that may have gone
}

// refuse answers {"code", "message"}.
func refuse(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]string{"code": code, "message": message})
}
