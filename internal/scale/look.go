package scale

import (
	"time"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// agenda is what is to do about one target.
type agenda struct {
	key       string // of the target
	due       []trigger
	scheduled []string // keys
	more      bool     // bounds to enforce, an activity to end
}

func (a *agenda) empty() bool { return len(a.due) == 0 && len(a.scheduled) == 0 && !a.more }

// Look does all that is due, and tells how long there is nothing to do unless
// something changes.
func (s *Scaler) Look() (wait time.Duration, err error) {
	now := s.opts.Now()
	wait = idle
	var todo []agenda
	s.opts.Store.View(func(tx *store.Tx) {
		if Targets.Len(tx) == 0 {
			return
		}
		todo, wait = s.agendas(tx, now)
	})
	if len(todo) == 0 {
		return wait, nil
	}
	err = s.opts.Store.Update(func(tx *store.Tx) error {
		for _, a := range todo {
			s.do(tx, &a, now)
		}
		return nil
	})
	return 0, err // look again, at what is next
}

// agendas are what is due.
func (s *Scaler) agendas(tx *store.Tx, now time.Time) (out []agenda, wait time.Duration) {
	wait = idle
	at := func(t time.Time) bool {
		if t.After(now) {
			wait = min(wait, t.Sub(now))
			return false
		}
		return !t.IsZero()
	}
	by, eager := callers(tx), false
	for key, t := range Targets.All(tx) {
		a := agenda{key: key}
		for _, d := range triggers(tx, t, by) {
			if at(s.turn(d)) {
				a.due = append(a.due, d)
			}
		}
		for key, x := range Scheduleds.Prefix(tx, Prefix(t.Scope, t.Resource)) {
			if at(x.Next) {
				a.scheduled = append(a.scheduled, key)
			}
		}
		if t.Enforce {
			svc, ok := ServiceOf(tx, t.Scope, t.Resource)
			a.more = !ok || !paused(t, svc)
		}
		if t.Open != "" {
			status, _ := s.outcome(tx, t, now)
			a.more = a.more || status != ""
			wait = min(wait, s.opts.Minute) // for one that runs out of time
		}
		eager = eager || t.Enforce || t.Open != ""
		if !a.empty() {
			out = append(out, a)
		}
	}
	s.mu.Lock()
	s.eager = eager
	s.mu.Unlock()
	return out, wait
}

// callers are the alarms that name something as the action of the state that they
// are in, by that.
func callers(tx *store.Tx) map[string][]*watch.Alarm {
	out := map[string][]*watch.Alarm{}
	for _, a := range watch.Alarms.All(tx) {
		if a.Metric == nil {
			continue // AWS lets metric alarms alone scale
		}
		for _, action := range a.Actions(a.State) {
			out[action] = append(out[action], a)
		}
	}
	return out
}

// triggers are the policies of a target that alarms make act.
func triggers(tx *store.Tx, t *Target, by map[string][]*watch.Alarm) (out []trigger) {
	for _, p := range PoliciesOf(tx, t) {
		for _, a := range by[p.ARN()] {
			out = append(out, trigger{p, a})
		}
	}
	return out
}

// do does what is due about a target, looking at each record again.
func (s *Scaler) do(tx *store.Tx, a *agenda, now time.Time) {
	if t, ok := Targets.Get(tx, a.key); ok {
		s.fulfil(tx, t, now)
	}
	for _, key := range a.scheduled {
		if x, ok := Scheduleds.Get(tx, key); ok && !x.Next.IsZero() && !x.Next.After(now) {
			s.fire(tx, x, now)
		}
	}
	if t, ok := Targets.Get(tx, a.key); ok {
		s.enforce(tx, t, now)
	}
	var due []trigger
	for _, d := range a.due {
		p, ok1 := Policies.Get(tx, d.policy.Key())
		x, ok2 := watch.Alarms.Get(tx, d.alarm.Key())
		if ok1 && ok2 && x.State == d.alarm.State && !s.turn(trigger{p, x}).After(now) {
			due = append(due, trigger{p, x})
		}
	}
	if t, ok := Targets.Get(tx, a.key); ok && len(due) > 0 {
		s.evaluate(tx, t, due, now)
	}
}
