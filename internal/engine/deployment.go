package engine

import (
	"reflect"
	"slices"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

// deployments steps the service's deployments: those that a newer one replaces
// first, then the current one.
func (r *round) deployments() {
	if id := r.svc.Deployment; id != "" && !slices.Contains(r.svc.Running, id) {
		r.svc.Running, r.svc.Last = append(slices.Clone(r.svc.Running), id), id
		r.svc.Throttle.Reset() // updating the service ends the start throttle
		r.svc.Steady = false
	}
	for _, id := range slices.Clone(r.svc.Running) {
		d, ok := state.Deployments.Get(r.tx, r.svc.Key()+"/"+id)
		if !ok {
			r.ended(id)
			continue
		}
		next := *d
		next.Machine = *d.Machine.Clone()
		if next.Halted == "" {
			r.step(&next)
		}
		r.stepped = append(r.stepped, &next)
		if next.Machine.Status.Terminal() {
			r.ended(id)
		}
		if !reflect.DeepEqual(&next, d) {
			if r.e.opts.Changed != nil {
				r.e.opts.Changed(r.tx, d, &next)
			}
			state.Deployments.Put(r.tx, next.Key(), &next)
			state.Note(r.tx, &next, r.now)
		}
	}
}

// ended takes a deployment off the service.
func (r *round) ended(id string) {
	r.svc.Running = slices.DeleteFunc(slices.Clone(r.svc.Running), func(x string) bool { return x == id })
	if r.svc.Deployment == id {
		r.svc.Deployment = ""
	}
}

// step feeds one deployment everything that is true now.
func (r *round) step(d *state.Deployment) {
	r.queue = r.eventsFor(d)
	for len(r.queue) > 0 {
		ev := r.queue[0]
		r.queue = r.queue[1:]
		if x, ok := ev.(deploy.RouteFailed); ok && x.Version == present {
			x.Version = d.Machine.Traffic.Version
			ev = x
		}
		effects := deploy.Step(&d.Machine, ev, r.now)
		if err := deploy.Check(&d.Machine); err != nil {
			r.halt(d, err)
			return
		}
		for _, eff := range effects {
			r.perform(d, eff)
		}
		if d.Machine.Status.Terminal() {
			return
		}
	}
	if d.Machine.ObservedAt.Before(d.Machine.Fresh) {
		r.wakeAt(r.now) // it wants to see what its newest goals led to
	}
	r.wakeAt(d.Machine.WakeAt)
}

// present stands for the version of the weights when the event is taken.
const present = -1

// halt stops work on a deployment whose invariants broke: going on could only
// make it worse. The service keeps running what it runs.
func (r *round) halt(d *state.Deployment, err error) {
	d.Halted = err.Error()
	r.e.log.Error("deployment halted: an invariant is broken", "deployment", d.ARN(), "err", err)
	r.event("(service deployment " + d.ID + ") was halted because of an internal inconsistency: " + err.Error() +
		". Start a new deployment to replace it, and report this.")
}

// eventsFor lists the events for one deployment, in order.
func (r *round) eventsFor(d *state.Deployment) []deploy.Event {
	m := &d.Machine
	var out []deploy.Event
	if r.svc.Status != serviceActive {
		out = append(out, deploy.ServiceDeleted{})
	}
	current := d.ID == r.svc.Deployment
	if !current {
		out = append(out, deploy.Superseded{By: r.svc.Deployment})
	}
	if m.Status == deploy.Pending {
		if d.StopRequested != "" {
			out = append(out, deploy.StopCalled{Type: deploy.StopType(d.StopRequested)})
		}
		if current && len(r.svc.Running) > 1 {
			return out // the former ones end first, in this same round
		}
		r.snapshot(d)
		r.roll(d)
		r.divide(d)
		problem := r.resolve(d)
		out = append(out, deploy.Start{Desired: r.svc.Desired, InAlarm: r.firing(m.Config.Alarms.Names)})
		if problem != "" {
			out = append(out, deploy.RouteFailed{Version: present, Reason: problem, Network: true})
		}
	} else if why := r.tampered(d); why != "" {
		out = append(out, deploy.RouteFailed{Version: present, Reason: why, Network: true})
	}
	if m.Desired != r.svc.Desired {
		out = append(out, deploy.DesiredChanged{N: r.svc.Desired})
	}
	out = append(out, r.alarms(m)...)
	out = append(out, r.e.mail(d)...)
	for _, a := range d.Answers {
		out = append(out, deploy.Continue{HookID: a.HookID, Action: deploy.HookAction(a.Action)})
	}
	out = append(out, r.facts...)
	if counts := r.counts(); m.Desired != r.svc.Desired || m.ObservedAt.Before(m.Fresh) || !sameCounts(m.Counts, counts) {
		out = append(out, deploy.Observed{Desired: r.svc.Desired, Counts: counts, At: r.now})
		if m.Desired == r.svc.Desired && greenLost(m, counts) {
			out = append(out, deploy.RouteFailed{Version: present, Reason: lostGreen, Lost: true})
		}
	}
	if d.StopRequested != "" {
		out = append(out, deploy.StopCalled{Type: deploy.StopType(d.StopRequested)})
	}
	if silent := r.e.silent(d); silent || !m.WakeAt.IsZero() && !r.now.Before(m.WakeAt) {
		out = append(out, deploy.Tick{Repeat: silent})
	}
	return out
}

// perform carries out one effect inside the transaction.
func (r *round) perform(d *state.Deployment, eff deploy.Effect) {
	switch x := eff.(type) {
	case deploy.Scale:
		if d.ID == r.svc.Deployment {
			r.svc.Goals = x.Goals
		}
	case deploy.Wake:
		r.wakeAt(x.At)
	case deploy.SetPrimary:
		r.svc.Primary = string(x.Rev)
		r.reclaim()
		r.list(r.svc.Primary)
		r.svc.Throttle.Reset() // the delay was earned by the other revision
	case deploy.Emit:
		r.emit(d, x)
	case deploy.SetWeights:
		r.setWeights(d, x)
	case deploy.InvokeHook:
		r.calls = append(r.calls, pendingCall{d, x})
	case deploy.Finished:
		r.finish(d, x.Status)
	default:
		r.halt(d, errUnknownEffect(eff))
	}
}

// finish records the end of a deployment.
func (r *round) finish(d *state.Deployment, status deploy.Status) {
	if status == deploy.Successful {
		r.svc.Live = string(d.Machine.Target)
		if live, ok := r.revision(r.svc.Live); ok {
			r.release(rulesOf(live))
		}
		r.sweepEndpoints()
	}
	d.FinalCounts = nil
	for _, c := range r.counts() {
		d.FinalCounts = append(d.FinalCounts, state.RevisionCounts{N: string(c.Rev), Requested: want(r.svc.Goals, c.Rev), Running: c.Running, Pending: c.Pending})
	}
}
