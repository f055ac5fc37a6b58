package sim

import (
	"fmt"
	"reflect"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/schedule"
)

// breach notes the first breach of an invariant; the world ends there.
func (w *World) breach(format string, args ...any) {
	if w.fault == nil {
		w.fault = fmt.Errorf(format, args...)
		w.note("BREACH: %v", w.fault)
	}
}

// judgeStep states what holds of every step.
func (w *World) judgeStep(was, d *deploy.Deployment, effects []deploy.Effect) {
	if err := deploy.Check(d); err != nil {
		w.breach("%v", err)
	}
	if !follows(was.Status, d.Status) {
		w.breach("%s became %s", was.Status, d.Status)
	}
	if was.Rollback != nil && (d.Rollback == nil || d.Rollback.To != was.Rollback.To || !d.Rollback.StartedAt.Equal(was.Rollback.StartedAt)) {
		w.breach("a rollback was rolled back")
	}
	w.judgeShift(was, d, effects)
	seen := map[string]bool{}
	for _, e := range effects {
		if seen[e.EffectID()] {
			w.breach("two effects are called %s", e.EffectID())
		}
		seen[e.EffectID()] = true
	}
}

// follows tells whether one status follows another, perhaps by way of a third
// that nobody got to see.
func follows(from, to deploy.Status) bool {
	if from == to || from.MayBecome(to) {
		return true
	}
	return from.MayBecome(deploy.RollbackInProgress) && deploy.RollbackInProgress.MayBecome(to) ||
		from.MayBecome(deploy.InProgress) && deploy.InProgress.MayBecome(to)
}

// judgeTerminal: a terminal deployment never changes.
func (w *World) judgeTerminal(d *deploy.Deployment, ev deploy.Event) {
	was := d.Clone()
	if effects := deploy.Step(d, ev, w.clock()); len(effects) > 0 || !reflect.DeepEqual(was, d) {
		w.breach("%T changed a terminal deployment", ev)
	}
}

// judgePrimary: exactly one deployment is PRIMARY, and it is the newest, or the
// one that the newest goes back to.
func (w *World) judgePrimary() {
	if w.current != nil && w.current.Primary() != w.primary {
		w.breach("revision %s is PRIMARY, not %s", w.primary, w.current.Primary())
	}
}

// judgePlan: the bounds hold by our own action, protected tasks stay, and
// revisions that may not launch do not.
func (w *World) judgePlan(in schedule.Input, p schedule.Plan) {
	if len(p.Stop)+len(p.Launch) == 0 {
		return
	}
	byID := map[string]schedule.Task{}
	healthy, total := 0, 0
	for _, t := range in.Tasks {
		byID[t.ID] = t
		if t.Phase != schedule.Stopping {
			total++
		}
		if t.Healthy {
			healthy++
		}
	}
	took := false
	for _, s := range p.Stop {
		t := byID[s.TaskID]
		total--
		if t.Healthy {
			healthy, took = healthy-1, true
		}
		switch {
		case t.Phase == schedule.Stopping:
			w.breach("%s is stopped twice", t.ID)
		case t.Protected && s.Why != schedule.Unhealthy:
			w.breach("protected %s is stopped: %s", t.ID, s.Why)
		case s.Why == schedule.Unhealthy && !t.Unhealthy:
			w.breach("%s is stopped as unhealthy", t.ID)
		}
		delete(byID, s.TaskID)
	}
	if low := ceilShare(in.Desired, in.MinPercent); took && healthy < low {
		w.breach("%d healthy tasks are left, %d must remain", healthy, low)
	}
	for _, l := range p.Launch {
		total++
		if in.Frozen[l.Rev] {
			w.breach("revision %s may not launch", l.Rev)
		}
	}
	if high := in.Desired * in.MaxPercent / 100; len(p.Launch) > 0 && total > high {
		w.breach("%d tasks are started or running, %d are allowed", total, high)
	}
	w.judgeServing(in, byID)
	w.judgeReturn(in, p)
}

// ceilShare is the arithmetic of minimumHealthyPercent, independent of package schedule.
func ceilShare(d, percent int) int {
	n := d * percent / 100
	if n*100 < d*percent {
		n++
	}
	return n
}

// judgeServing: a revision that serves production keeps a healthy task.
func (w *World) judgeServing(in schedule.Input, left map[string]schedule.Task) {
	if w.current == nil || w.current.Strategy == deploy.Rolling || in.Desired == 0 {
		return
	}
	for _, t := range in.Tasks {
		if !t.Healthy || w.routes[deploy.Rev(t.Rev)] == 0 {
			continue
		}
		served := false
		for _, o := range left {
			served = served || o.Rev == t.Rev && o.Healthy
		}
		if !served {
			w.breach("revision %s serves %d/1000 of production and loses its last healthy task", t.Rev, w.routes[deploy.Rev(t.Rev)])
		}
	}
}

// judgeWeights: traffic never moves to a revision without a healthy task.
func (w *World) judgeWeights(d *deploy.Deployment, e deploy.SetWeights) {
	if w.routes == nil || d.Desired == 0 || e.Version != d.Traffic.Version {
		return
	}
	served := 0 // a first deployment that was interrupted served less than 1000, all of it by itself
	for _, n := range w.routes {
		served += n
	}
	for _, s := range e.Production {
		if s.Tenths*served <= w.routes[s.Rev]*1000 && served > 0 {
			continue
		}
		for _, c := range d.Counts {
			if c.Rev == s.Rev && c.Healthy > 0 {
				s.Tenths = 0
			}
		}
		if s.Tenths > 0 && d.Traffic.Acked < e.Version && w.newWeights(e) {
			w.breach("production moves to revision %s, which has no healthy task", s.Rev)
		}
	}
}

// newWeights tells whether these weights are told for the first time.
func (w *World) newWeights(e deploy.SetWeights) bool {
	first := !w.told[e.ID]
	w.told[e.ID] = true
	return first
}
