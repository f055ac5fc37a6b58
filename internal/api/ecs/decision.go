package ecs

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// decision is what the caller decides with this call.
func (r *request) decision(action state.DecisionAction) state.Decision {
	return state.Decision{At: r.now, Action: action, By: r.caller.ARN, From: r.why.From, Reason: r.why.Reason}
}

// decide writes a decision into d, a copy, and tells it.
func (r *request) decide(d *state.Deployment, x state.Decision) {
	d.Decide(x)
	if svc, ok := state.Services.Get(r.Tx, r.Key(d.Cluster, d.Service)); ok {
		next := *svc
		r.tellDecision(&next, d)
		state.Services.Put(r.Tx, next.Key(), &next)
	}
}

// decideStart writes the decision to start d, and, on the deployment that it
// takes the place of, the decision to replace that one. svc is a copy.
func (r *request) decideStart(svc *state.Service, d *state.Deployment) {
	if old, ok := state.Deployments.Get(r.Tx, svc.Key()+"/"+svc.Deployment); ok && !old.Machine.Status.Terminal() {
		last, x := *old, r.decision(state.DecidedSupersede)
		x.Other = d.ID
		last.Decide(x)
		r.tellDecision(svc, &last)
		state.Deployments.Put(r.Tx, last.Key(), &last)
	}
	action := state.DecidedStart
	if r.why.Action != "" {
		action = state.DecisionAction(r.why.Action)
	}
	d.Decide(r.decision(action))
	r.tellDecision(svc, d)
}

// tellDecision emits the newest decision of d as an event of grue's own, and as
// a service event if it says more than ECS would know: a call without a reason
// leaves the service events as they are in ECS. svc is a copy.
func (r *request) tellDecision(svc *state.Service, d *state.Deployment) {
	x := d.Decisions[len(d.Decisions)-1]
	if x.Reason != "" || x.From != "" && !strings.HasPrefix(x.From, "api") {
		ev := state.ServiceEvent{ID: store.NewUUID(), Created: r.now, Message: "(service " + svc.Name + ") " + x.Sentence(d.ID)}
		svc.Events = append([]state.ServiceEvent{ev}, svc.Events[:min(len(svc.Events), keptEvents-1)]...)
	}
	doc, _ := json.Marshal(map[string]string{ // strings only
		"clusterArn": r.Cluster(d.Cluster), "serviceArn": svc.ARN(), "serviceDeploymentArn": d.ARN(),
		"action": string(x.Action), "hookId": x.HookID, "lifecycleStage": x.Stage, "supersededBy": x.Other,
		"decidedBy": x.By, "decidedFrom": x.From, "reason": x.Reason, "decidedAt": x.At.UTC().Format("2006-01-02T15:04:05.000Z"),
	})
	r.Emit(store.Event{
		Source: state.DecisionSource, DetailType: state.DecisionDetail, Account: d.Account, Region: d.Region,
		Time: r.now, Resources: []string{d.ARN()}, Detail: doc,
	})
}

// statusReason is the reason as the machine has it, and the words of the person
// who wanted it.
func statusReason(d *state.Deployment, text string) string {
	f := d.Machine.Failure
	if text == "" || f == nil || !strings.HasPrefix(text, f.Text) || len(d.Decisions) == 0 {
		return text
	}
	for _, x := range d.Decisions {
		if x.Steers(f.Kind) && x.Reason != "" {
			return text + " Reason: " + x.Reason
		}
	}
	return text
}

// NoteDecision adds a decision about a hook, made in another way than by
// ContinueServiceDeployment, to d, and tells it. Who and why are in ctx.
func (s *Service) NoteDecision(ctx context.Context, tx *store.Tx, d *state.Deployment, action state.DecisionAction, hookID string) {
	r, next := s.request(ctx, tx), *d
	x := r.decision(action)
	x.HookID = hookID
	r.decide(&next, x)
	state.Deployments.Put(tx, next.Key(), &next)
}
