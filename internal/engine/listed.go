package engine

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

// showRevisions keeps what `deployments[]` shows, and drops revisions that are
// gone from the list.
func (r *round) showRevisions() {
	listed := make([]string, 0, len(r.svc.Listed))
	for _, c := range r.counts() {
		n := string(c.Rev)
		rev, ok := state.Revisions.Get(r.tx, r.svc.Key()+"/"+n)
		if !ok {
			continue
		}
		if n != r.svc.Primary && c.Gone() && !r.pendingTarget(n) {
			td, ok := state.DefinitionByARN(r.tx, aws.ToString(rev.Body.V.TaskDefinition))
			r.sweep = r.sweep || ok && td.Doomed()
			continue
		}
		listed = append(listed, n)
		r.showRevision(rev)
	}
	if !slices.Equal(listed, r.svc.Listed) {
		r.svc.Listed = listed
		r.sweepEndpoints()
	}
}

// list puts a revision back into the list that it left when its last task was
// gone: a rollback leads to it, or it gets a task again. The newest stands first.
func (r *round) list(n string) {
	rev, ok := state.Revisions.Get(r.tx, r.svc.Key()+"/"+n)
	if !ok || slices.Contains(r.svc.Listed, n) {
		return
	}
	i := slices.IndexFunc(r.svc.Listed, func(m string) bool {
		other, ok := state.Revisions.Get(r.tx, r.svc.Key()+"/"+m)
		return ok && other.Created.Before(rev.Created)
	})
	if i < 0 {
		i = len(r.svc.Listed)
	}
	r.svc.Listed = slices.Insert(slices.Clone(r.svc.Listed), i, n)
}

// pendingTarget tells whether a deployment that is not over aims at revision n.
func (r *round) pendingTarget(n string) bool {
	for _, id := range r.svc.Running {
		if d, ok := state.Deployments.Get(r.tx, r.svc.Key()+"/"+id); ok && string(d.Machine.Target) == n {
			return true
		}
	}
	return false
}

func (r *round) showRevision(rev *state.Revision) {
	next := *rev
	next.Desired = r.shown[rev.N]
	if d := r.deploymentOf(rev.N); d != nil {
		if st, reason := deploy.RolloutState(&d.Machine, deploy.Rev(rev.N)); st != "" {
			next.Rollout, next.RolloutReason = string(st), reason
		}
		if d.Machine.Target == deploy.Rev(rev.N) {
			next.Failed = d.Machine.Breaker.Failures
		}
	}
	if next.Desired == rev.Desired && next.Failed == rev.Failed && next.Rollout == rev.Rollout && next.RolloutReason == rev.RolloutReason {
		return
	}
	next.Updated = r.now
	state.Revisions.Put(r.tx, next.Key(), &next)
}

// deploymentOf returns the newest deployment of this round that concerns
// revision n: the one that is running, or that ended in this round.
func (r *round) deploymentOf(n string) *state.Deployment {
	for _, id := range slices.Backward(r.was.Running) {
		if d := r.concerns(id, n); d != nil {
			return d
		}
	}
	return r.concerns(r.was.Deployment, n)
}

func (r *round) concerns(id, n string) *state.Deployment {
	if id == "" {
		return nil
	}
	d, ok := state.Deployments.Get(r.tx, r.svc.Key()+"/"+id)
	if !ok || d.Machine.Target != deploy.Rev(n) && d.Machine.RollbackTo != deploy.Rev(n) {
		return nil
	}
	return d
}
