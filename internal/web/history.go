package web

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// deploymentItem sums up a deployment.
func (b *Build) deploymentItem(svc *state.Service, d *state.Deployment) *DeploymentItem {
	m := &d.Machine
	out := &DeploymentItem{
		ID: d.ID, Status: string(m.Status), Reason: m.StatusReason, Strategy: string(m.Strategy), Stage: string(m.Stage),
		Revision: string(m.Target), From: blueOf(d), Created: At(d.Created), Started: At(m.StartedAt), Finished: At(ended(m)),
		Share: shareOf(m.Traffic.Production, m.Target), Decisions: decisionItems(d),
	}
	if rev, ok := state.Revisions.Get(b.Tx, svc.Key()+"/"+string(m.Target)); ok {
		out.TaskDefinition = arn.Name(aws.ToString(rev.Body.V.TaskDefinition))
	}
	if m.Rollback != nil {
		out.RolledBackTo = string(m.Rollback.To)
	}
	if m.Failure != nil {
		out.Cause = string(m.Failure.Kind)
	}
	if !m.Status.Terminal() {
		out.Waiting, _ = b.waiting(svc, d)
	} else {
		out.Stage = ""
		if !m.StartedAt.IsZero() {
			out.Seconds = ended(m).Sub(m.StartedAt).Seconds()
		}
	}
	if n := b.served(d.Key()); n != nil {
		out.Requests, out.Errors = &n.Requests, &n.Errors5xx
	}
	return out
}

// blueOf is the revision that served before a deployment; "" = there was none.
func blueOf(d *state.Deployment) string {
	m := &d.Machine
	switch {
	case m.Traffic.Blue != "":
		return string(m.Traffic.Blue)
	case m.RollbackTo != "":
		return string(m.RollbackTo)
	case len(m.Sources) > 0:
		return string(m.Sources[0])
	}
	return ""
}

func shareOf(list []deploy.Share, rev deploy.Rev) float64 {
	for _, s := range list {
		if s.Rev == rev {
			return s.Percent()
		}
	}
	return 0
}

func decisionItems(d *state.Deployment) (out []DecisionItem) {
	for _, x := range d.Decisions {
		out = append(out, DecisionItem{
			Action: decidedWords[x.Action], At: At(x.At), By: x.By, Reason: x.Reason, From: x.From, HookID: x.HookID, Stage: x.Stage, Other: x.Other,
		})
	}
	return out
}

// decidedWords are the actions of decisions, as the dashboard calls them.
var decidedWords = map[state.DecisionAction]string{
	state.DecidedContinue: "continue", state.DecidedRollback: "rollback", state.DecidedStop: "rollback", state.DecidedAbort: "stop",
	state.DecidedStart: "start", state.DecidedRetry: "retry", state.DecidedRevision: "revision", state.DecidedSupersede: "supersede",
}

// maxHistory bounds how many deployments and revisions a history shows.
const maxHistory = 500

// deploymentsOf are the deployments of a service, newest first.
func deploymentsOf(tx *store.Tx, svc *state.Service) (out []*state.Deployment) {
	for _, d := range state.Deployments.Prefix(tx, svc.Key()+"/") {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *state.Deployment) int { return b.Created.Compare(a.Created) })
	return out[:min(len(out), maxHistory)]
}

// revisionsOf are the revisions of a service, newest first.
func revisionsOf(tx *store.Tx, svc *state.Service) (out []*state.Revision) {
	for _, r := range state.Revisions.Prefix(tx, svc.Key()+"/") {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *state.Revision) int { return b.Created.Compare(a.Created) })
	return out[:min(len(out), maxHistory)]
}

// stepWord says which step of how many a deployment is at; "" = it has one.
func stepWord(m *deploy.Deployment) string {
	if len(m.Traffic.Plan) < 2 {
		return ""
	}
	return "step " + strconv.Itoa(m.Step+1) + " of " + strconv.Itoa(len(m.Traffic.Plan))
}
