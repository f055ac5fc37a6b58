package approval

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// ECS is what approvals need of Amazon ECS's API.
type ECS interface {
	ContinueServiceDeployment(context.Context, *ecs.ContinueServiceDeploymentInput) (*ecs.ContinueServiceDeploymentOutput, error)
	// NoteDecision adds a decision to a deployment and tells it.
	NoteDecision(ctx context.Context, tx *store.Tx, d *state.Deployment, action state.DecisionAction, hookID string)
}

// Options of New. Store, Key, ECS and PutParameter are required.
type Options struct {
	Store *store.Store
	// Key signs links, see hook.LoadKey.
	Key []byte
	// PublicURL is what links begin with, without a slash at its end.
	PublicURL string
	ECS       ECS
	// PutParameter overwrites an SSM parameter.
	PutParameter func(ctx context.Context, tx *store.Tx, name, value string) error
	Now          func() time.Time
	Log          *slog.Logger
}

// Approvals decides, and serves the routes of it.
type Approvals struct {
	opts Options
	log  *slog.Logger
}

// New returns Approvals.
func New(o Options) *Approvals {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Approvals{opts: o, log: o.Log}
}

// errNotPending tells that nobody waits for the decision any more.
var errNotPending = errors.New("this approval is not pending any more")

// Decide approves or rejects what a hook waits for, once: whoever comes second
// gets errNotPending. Who and why are in the context.
func (a *Approvals) Decide(ctx context.Context, p *Pending, approve bool) error {
	if p.Kind == KindParameter {
		return a.decideParameter(ctx, p, approve)
	}
	action := types.DeploymentLifecycleHookActionContinue
	if !approve {
		action = types.DeploymentLifecycleHookActionRollback
	}
	_, err := a.opts.ECS.ContinueServiceDeployment(ctx, &ecs.ContinueServiceDeploymentInput{
		ServiceDeploymentArn: &p.DeploymentARN, HookId: &p.HookID, Action: action,
	})
	if err != nil && a.late(p) {
		return errNotPending
	}
	return err
}

// late tells whether an approval was decided by a transaction that may not be on
// disk yet: a view would not see it.
func (a *Approvals) late(p *Pending) (late bool) {
	err := a.opts.Store.Update(func(tx *store.Tx) error {
		d, ok := state.Deployments.Get(tx, p.key())
		late = !ok || pick(Of(tx, d), p.HookID) == nil
		return nil
	})
	return err == nil && late
}

func (a *Approvals) decideParameter(ctx context.Context, p *Pending, approve bool) error {
	action, value := state.DecidedContinue, p.Parameter.Approved
	if !approve {
		action, value = state.DecidedRollback, p.Parameter.Rejected
	}
	return a.opts.Store.Update(func(tx *store.Tx) error {
		d, ok := state.Deployments.Get(tx, p.key())
		if !ok || pick(Of(tx, d), p.HookID) == nil {
			return errNotPending
		}
		if err := a.opts.PutParameter(ctx, tx, p.Parameter.Name, value); err != nil {
			return err
		}
		a.opts.ECS.NoteDecision(ctx, tx, d, action, p.HookID)
		return nil
	})
}

// key of the deployment.
func (p *Pending) key() string {
	return p.scope().Key(p.Cluster, p.Service, arn.Name(p.DeploymentARN))
}

// find returns the approval that a hook of a deployment waits for; nil = it does
// not.
func (a *Approvals) find(deployment, hookID string) (p *Pending) {
	a.opts.Store.View(func(tx *store.Tx) {
		if d, ok := state.Deployments.Get(tx, deployment); ok {
			p = pick(Of(tx, d), hookID)
		}
	})
	return p
}

func pick(list []Pending, hookID string) *Pending {
	for i := range list {
		if list[i].HookID == hookID {
			return &list[i]
		}
	}
	return nil
}
