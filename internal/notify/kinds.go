package notify

import (
	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Kind is what a message is about.
type Kind string

// Kinds.
const (
	Started   Kind = "started"   // a deployment has begun
	Stage     Kind = "stage"     // it stays in another stage, or step, than before
	Approval  Kind = "approval"  // it waits for a person
	Rollback  Kind = "rollback"  // it has begun to go back
	Succeeded Kind = "succeeded" // it is over, and the new revision serves
	Failed    Kind = "failed"    // it is over otherwise: rolled back, or stopped
)

// Kinds lists all, in the order of a deployment's life.
var Kinds = []Kind{Started, Stage, Approval, Rollback, Succeeded, Failed}

// defaultKinds are all but stage.
var defaultKinds = []Kind{Started, Approval, Rollback, Succeeded, Failed}

// news is something to tell.
type news struct {
	kind    Kind
	pending *approval.Pending // of Approval
}

// changes compares a deployment with what it becomes.
func changes(tx *store.Tx, old, next *state.Deployment) (out []news) {
	was, is := &old.Machine, &next.Machine
	started := was.StartedAt.IsZero() && !is.StartedAt.IsZero()
	if started {
		out = append(out, news{kind: Started})
	}
	moved := is.Stage != was.Stage || is.Step != was.Step
	if moved && !started && is.Status == deploy.InProgress && is.LifecycleStage() != "" {
		out = append(out, news{kind: Stage})
	}
	for _, p := range approval.Of(tx, next) {
		if !pendingIn(tx, old, p.HookID) {
			out = append(out, news{kind: Approval, pending: &p})
		}
	}
	if was.Rollback == nil && is.Rollback != nil && is.Rollback.To != "" {
		out = append(out, news{kind: Rollback})
	}
	switch {
	case was.Status.Terminal() || !is.Status.Terminal():
	case is.Status == deploy.Successful:
		out = append(out, news{kind: Succeeded})
	default:
		out = append(out, news{kind: Failed})
	}
	return out
}

func pendingIn(tx *store.Tx, d *state.Deployment, hookID string) bool {
	for _, p := range approval.Of(tx, d) {
		if p.HookID == hookID {
			return true
		}
	}
	return false
}
