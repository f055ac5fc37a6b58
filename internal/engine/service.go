package engine

import (
	"context"
	"reflect"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/connect"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Service statuses.
const (
	serviceActive   = "ACTIVE"
	serviceDraining = "DRAINING"
	serviceInactive = "INACTIVE"
)

// steadyRepeat is how often a steady service says so again, in minutes.
const steadyRepeat = 6 * 60

// round is one reconcile of one service, inside one transaction.
type round struct {
	e    *Engine
	tx   *store.Tx
	now  time.Time
	wake time.Time // when to look again; zero = when something changes

	svc   *state.Service // a copy, written back by save
	was   *state.Service
	tasks []*state.Task // not STOPPED, plus STOPPED ones not yet counted or told
	facts []deploy.Event

	shown     map[string]int // desired count of each revision as DescribeServices shows it
	replacing int            // tasks stopped for their health in this round
	unplaced  bool           // a task found no place
	sweep     bool           // a task definition may have lost its last user

	queue   []deploy.Event      // still to be taken by the deployment that is stepped
	stepped []*state.Deployment // as they are after this round
	calls   []pendingCall       // hooks to call once this round is committed
}

// pendingCall is a call that a deployment wants made.
type pendingCall struct {
	d *state.Deployment
	x deploy.InvokeHook
}

// reconcile brings one service a step forward.
func (e *Engine) reconcile(ctx context.Context, key string) {
	if e.isClosing() {
		return
	}
	faultRound.Hit()
	var wake time.Time
	var done *round
	err := e.store.Update(func(tx *store.Tx) error {
		was, ok := state.Services.Get(tx, key)
		if !ok || was.Status == serviceInactive {
			return nil
		}
		svc := *was
		r := &round{e: e, tx: tx, now: time.Now(), svc: &svc, was: was}
		r.run()
		faultDecided.Hit()
		wake, done = r.wake, r
		return nil
	})
	if err != nil {
		e.log.Error("service not reconciled", "service", key, "err", err)
		wake, done = time.Now().Add(time.Second), nil
	}
	if done != nil {
		faultRounded.Hit()
		done.committed(ctx)
		faultEffects.Hit()
	}
	e.services.addAt(key, wake)
}

// committed does what must not happen before the round is on disk.
func (r *round) committed(ctx context.Context) {
	for _, c := range r.calls {
		r.e.callHook(ctx, r.svc.Key(), c.d, c.x)
	}
	for _, d := range r.stepped {
		r.e.listeners.listen(r.svc.Key(), d)
		r.e.followUp(ctx, r.svc.Key(), d)
	}
}

func (r *round) run() {
	r.load()
	r.observe()
	r.tellStopped()
	r.deployments()
	r.schedule()
	r.showRevisions()
	r.steady()
	r.drained()
	r.save()
	if r.sweep {
		state.SweepDefinitions(r.tx, r.scope().Key(""))
	}
}

// load reads the tasks that can still matter.
func (r *round) load() {
	for _, t := range state.TasksOf(r.tx, r.svc) {
		if t.LastStatus != Stopped || !t.Counted {
			r.tasks = append(r.tasks, t)
		}
	}
}

// change replaces a task by a changed copy.
func (r *round) change(i int, fn func(t *state.Task)) {
	next := *r.tasks[i]
	fn(&next)
	r.tasks[i] = &next
	state.PutTask(r.tx, &next)
}

// wakeAt asks for another round at t.
func (r *round) wakeAt(t time.Time) {
	if !t.IsZero() && (r.wake.IsZero() || t.Before(r.wake)) {
		r.wake = t
	}
}

// steady tells when the service enters its steady state, and again every 6 h.
func (r *round) steady() {
	if r.svc.Status != serviceActive {
		return
	}
	if !r.isSteady() {
		r.svc.Steady = false
		return
	}
	again := r.svc.SteadyAt.Add(steadyRepeat * r.e.opts.Minute)
	if r.svc.Steady && r.now.Before(again) {
		r.wakeAt(again)
		return
	}
	r.event("has reached a steady state.")
	r.serviceAction("INFO", "SERVICE_STEADY_STATE", "")
	r.svc.Steady, r.svc.SteadyAt = true, r.now
	r.wakeAt(r.now.Add(steadyRepeat * r.e.opts.Minute))
}

// isSteady: one revision has tasks, as many as desired, all healthy, and no
// deployment runs.
func (r *round) isSteady() bool {
	if r.svc.Deployment != "" || len(r.svc.Running) > 0 {
		return false
	}
	n := 0
	for _, t := range r.tasks {
		switch {
		case t.LastStatus == Stopped:
		case t.Revision != r.svc.Primary || t.LastStatus != Running || t.DesiredStatus != Running || !t.Healthy:
			return false
		default:
			n++
		}
	}
	return n == r.svc.Desired
}

// drained turns a deleted service INACTIVE when its last task is gone.
func (r *round) drained() {
	if r.svc.Status != serviceDraining || r.svc.Deployment != "" {
		return
	}
	for _, t := range r.tasks {
		if t.LastStatus != Stopped {
			return
		}
	}
	r.svc.Status, r.svc.Deleted = serviceInactive, r.now
	r.release(nil)
	r.svc.Listed, r.svc.Goals = nil, nil
	r.sweepEndpoints()
	connect.Roll(r.tx, r.svc.Key(), nil)
}

func (r *round) save() {
	if !reflect.DeepEqual(r.svc, r.was) {
		state.Services.Put(r.tx, r.svc.Key(), r.svc)
	}
}

func (r *round) scope() arn.Scope { return r.svc.Scope }
