package sim

import (
	"slices"
	"strconv"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/schedule"
)

// task is a task and what fate has in store for it.
type task struct {
	schedule.Task
	temper     Temper // drawn at launch: flaky revisions have tasks of every kind
	fickle     bool   // good as soon as the world is calm
	wasHealthy bool
	gone       bool
}

func (w *World) newTask(rev, zone string) *task {
	w.launched++
	t := &task{Task: schedule.Task{
		ID: "t" + strconv.Itoa(w.launched), Rev: rev, AZ: zone,
		Phase: schedule.Pending, Created: w.now,
	}, temper: w.temper(rev)}
	if t.temper == Flaky {
		t.fickle = true
		t.temper = []Temper{Good, Good, Slow, Broken, Crash, Sick, Fade}[w.rng.IntN(7)]
	}
	t.fickle = t.fickle || t.temper == Flap || t.temper == Fade
	if t.fickle && w.calm {
		t.temper = Good
	}
	w.tasks = append(w.tasks, t)
	return t
}

// temper is how a revision behaves.
func (w *World) temper(rev string) Temper {
	n, err := strconv.Atoi(rev)
	if err != nil || n > len(w.tempers) {
		return Good
	}
	return w.tempers[n-1]
}

// launch starts a task and its life.
func (w *World) launch(rev, zone string) {
	t := w.newTask(rev, zone)
	w.note("launch %s of revision %s in %s (%s)", t.ID, rev, zone, t.temper)
	delay := w.soon(3 * time.Second)
	if t.temper == Slow {
		delay = w.soon(40 * time.Second)
	}
	w.after(delay, func() {
		switch {
		case t.gone || t.Phase != schedule.Pending:
		case t.temper == Broken && !(t.fickle && w.calm):
			w.die(t, deploy.CauseStart)
		default:
			w.runTask(t)
		}
	})
}

// runTask makes it RUNNING and sets what follows.
func (w *World) runTask(t *task) {
	t.Phase, t.Started = schedule.Running, w.now
	w.throttle.Started()
	w.poke()
	heal := w.soon(2 * time.Second)
	switch t.temper {
	case Slow:
		heal = w.soon(30 * time.Second)
	case Crash:
		w.after(heal, func() { w.misfortune(t, func() { w.die(t, deploy.CauseExit) }) })
		heal += time.Hour
	case Sick:
		w.after(heal+w.soon(10*time.Second), func() { w.misfortune(t, func() { w.sicken(t) }) })
		heal += time.Hour
	case Fade:
		w.after(heal+w.soon(20*time.Second), func() { w.misfortune(t, func() { w.die(t, deploy.CauseExit) }) })
	case Flap:
		w.flap(t, heal)
	}
	if t.fickle && w.calm {
		heal = time.Second
	}
	w.after(heal, func() { w.heal(t) })
}

// misfortune lets something bad happen to a running task, unless the world is calm by now.
func (w *World) misfortune(t *task, what func()) {
	if t.gone || t.Phase != schedule.Running {
		return
	}
	if t.fickle && w.calm {
		w.heal(t)
		return
	}
	what()
}

// flap sickens and heals in turn.
func (w *World) flap(t *task, from time.Duration) {
	w.after(from+w.soon(10*time.Second), func() {
		w.misfortune(t, func() {
			w.sicken(t)
			w.after(w.soon(3*time.Second), func() { w.heal(t); w.flap(t, time.Second) })
		})
	})
}

func (w *World) heal(t *task) {
	if t.gone || t.Phase != schedule.Running || t.Healthy {
		return
	}
	t.Healthy, t.Unhealthy = true, false
	w.note("%s is healthy", t.ID)
	if !t.wasHealthy {
		t.wasHealthy = true
		w.tell(deploy.TaskHealthy{Rev: deploy.Rev(t.Rev), TaskID: t.ID})
	}
	w.poke()
}

func (w *World) sicken(t *task) {
	if t.gone || t.Phase != schedule.Running {
		return
	}
	t.Healthy, t.Unhealthy = false, true
	w.note("%s is unhealthy", t.ID)
	w.poke()
}

// die ends a task against our will.
func (w *World) die(t *task, cause deploy.Cause) {
	if t.gone {
		return
	}
	if t.Phase != schedule.Stopping {
		w.note("%s died: %s", t.ID, cause)
		if t.Phase == schedule.Pending && cause == deploy.CauseStart {
			w.throttle.Failed(w.now)
		}
		w.tell(deploy.TaskFailed{Rev: deploy.Rev(t.Rev), TaskID: t.ID, ReachedRunning: !t.Started.IsZero(), WasHealthy: t.wasHealthy, Cause: cause})
	}
	w.remove(t)
}

// stop asks a task to end.
func (w *World) stop(t *task, why schedule.Why) {
	w.note("stop %s of revision %s: %s", t.ID, t.Rev, why)
	if why == schedule.Unhealthy {
		w.tell(deploy.TaskFailed{Rev: deploy.Rev(t.Rev), TaskID: t.ID, ReachedRunning: true, WasHealthy: t.wasHealthy, Cause: deploy.CauseELB})
	}
	t.Phase, t.Healthy, t.Unhealthy = schedule.Stopping, false, false
	w.after(w.soon(4*time.Second), func() { w.remove(t) })
}

func (w *World) remove(t *task) {
	if t.gone {
		return
	}
	t.gone = true
	i := slices.Index(w.tasks, t)
	w.tasks = slices.Delete(w.tasks, i, i+1)
	w.mix(int64(len(w.tasks)))
	w.poke()
}
