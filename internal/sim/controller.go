package sim

import (
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/schedule"
)

// live are the deployments in progress, oldest first.
func (w *World) live() []*deploy.Deployment {
	out := slices.Clone(w.former)
	if w.current != nil && !w.current.Status.Terminal() {
		out = append(out, w.current)
	}
	return out
}

// tell tells every deployment in progress a fact, over an unreliable channel.
func (w *World) tell(ev deploy.Event) {
	n := w.sc.Noise
	if w.chance(n.Lose) {
		w.note("(lost: %T)", ev)
		return
	}
	for _, d := range w.live() {
		w.deliver(d, ev)
	}
}

// deliver tells a deployment something: now or later, once or twice.
func (w *World) deliver(d *deploy.Deployment, ev deploy.Event) {
	n := w.sc.Noise
	if w.chance(n.Repeat) {
		w.after(w.soon(10*time.Second), func() { w.step(d, ev) })
	}
	if w.chance(n.Late) {
		w.after(w.soon(6*time.Second), func() { w.step(d, ev) })
		return
	}
	w.step(d, ev)
}

// call is a person's call: never lost.
func (w *World) call(d *deploy.Deployment, ev deploy.Event) {
	if d != nil {
		w.step(d, ev)
	}
}

// poke asks for a pass of the controller.
func (w *World) poke() {
	if !w.passQueued {
		w.passQueued = true
		w.after(20*time.Millisecond+w.lag(), w.pass)
	}
}

// lag is how late the controller is this time.
func (w *World) lag() time.Duration {
	if w.sc.Noise.Lag == 0 {
		return 0
	}
	return w.soon(time.Duration(w.sc.Noise.Lag) * time.Millisecond)
}

// pass looks at everything and does what is due, like a round of the engine.
func (w *World) pass() {
	w.passQueued = false
	counts := w.counts()
	for _, d := range w.live() {
		w.show(d, counts)
	}
	w.former = slices.DeleteFunc(w.former, func(d *deploy.Deployment) bool { return d.Status.Terminal() })
	if d := w.current; d != nil && d.StartedAt.IsZero() && !d.Status.Terminal() && len(w.former) == 0 {
		w.step(d, deploy.Start{Desired: w.desired, Counts: counts, InAlarm: w.inAlarm()})
		w.show(d, counts)
	}
	if d := w.current; d != nil && (d.Status.Terminal() || !d.StartedAt.IsZero()) {
		w.goals = deploy.Standing(w.current, w.desired)
	}
	w.schedule()
}

// show tells a deployment what its tasks look like, if it does not know yet.
func (w *World) show(d *deploy.Deployment, counts []deploy.Counts) {
	if d.Status.Terminal() || d.Desired == w.desired && !d.ObservedAt.Before(d.Fresh) && slices.Equal(d.Counts, counts) {
		return
	}
	ev := deploy.Observed{Desired: w.desired, Counts: counts, At: w.clock()}
	n := w.sc.Noise
	switch {
	case w.chance(n.Lose):
		return
	case w.chance(n.Late):
		w.after(w.soon(5*time.Second), func() { w.step(d, ev) })
		return
	case w.chance(n.Repeat):
		w.after(w.soon(5*time.Second), func() { w.step(d, ev) })
	}
	w.step(d, ev)
}

// counts are the tasks of each revision, by name.
func (w *World) counts() []deploy.Counts {
	var out []deploy.Counts
	for _, t := range w.tasks {
		i := slices.IndexFunc(out, func(c deploy.Counts) bool { return string(c.Rev) == t.Rev })
		if i < 0 {
			out = append(out, deploy.Counts{Rev: deploy.Rev(t.Rev)})
			i = len(out) - 1
		}
		switch c := &out[i]; {
		case t.Phase == schedule.Stopping:
			c.Stopping++
		case t.Phase == schedule.Pending:
			c.Pending++
		default:
			c.Running++
			if t.Healthy {
				c.Healthy++
			}
		}
	}
	slices.SortFunc(out, func(a, b deploy.Counts) int { return strings.Compare(string(a.Rev), string(b.Rev)) })
	return out
}

func (w *World) inAlarm() []string {
	if w.alarms["high-5xx"] == "ALARM" {
		return []string{"high-5xx"}
	}
	return nil
}

// setTimer keeps the row of the deployment's timer.
func (w *World) setTimer(d *deploy.Deployment) {
	at := d.WakeAt
	if at.IsZero() || w.timer[d.ID].Equal(at) {
		return
	}
	w.timer[d.ID] = at
	w.after(max(0, at.Sub(w.clock()))+w.lag(), func() {
		if !d.Status.Terminal() && d.WakeAt.Equal(at) {
			w.timer[d.ID] = time.Time{}
			w.step(d, deploy.Tick{})
			w.poke()
		}
	})
}

// perform does what a step asked for. What the real controller commits with the
// deployment is never lost; what it does afterwards may be.
func (w *World) perform(d *deploy.Deployment, e deploy.Effect) {
	switch e := e.(type) {
	case deploy.SetPrimary:
		if d == w.current {
			w.primary = e.Rev
			w.throttle.Reset()
		}
	case deploy.Finished:
		w.note("%s finished %s: %s", d.ID, e.Status, d.StatusReason)
		if e.Status == deploy.Successful {
			w.lastGood = d.Target
		}
		w.poke()
	case deploy.Emit:
		if e.Message != "" {
			w.note("(service web) %s", e.Message)
		}
	case deploy.Scale:
		w.poke() // the pass reads the goals from the deployment
	case deploy.SetWeights:
		w.setWeights(d, e)
	case deploy.InvokeHook:
		w.invoke(d, e)
	}
}

// outside tells whether an effect reaches outside the controller's transaction.
func outside(e deploy.Effect) bool {
	switch e.(type) {
	case deploy.Scale, deploy.SetWeights, deploy.InvokeHook, deploy.Wake:
		return true
	}
	return false
}
