package sim

import (
	"maps"
	"slices"

	"github.com/grue-ecs/grue/internal/schedule"
)

// schedule makes a plan, judges it and carries it out. Where nothing changed since a
// plan that was empty, the plan is empty.
func (w *World) schedule() {
	w.plan, w.planned = w.planned, w.plan
	w.input(&w.plan)
	in := w.plan
	if w.idle && sameInput(&w.plan, &w.planned) {
		return
	}
	plan := schedule.Next(in)
	w.idle = len(plan.Stop)+len(plan.Launch) == 0 && !w.throttle.Holds(w.now)
	w.blocked = plan.Blocked
	w.judgePlan(in, plan)
	for _, s := range plan.Stop {
		i := slices.IndexFunc(w.tasks, func(t *task) bool { return t.ID == s.TaskID })
		w.stop(w.tasks[i], s.Why)
	}
	for _, l := range plan.Launch {
		w.launch(l.Rev, l.AZ)
	}
	w.mix(int64(len(plan.Stop)), int64(len(plan.Launch)))
	if len(plan.Stop)+len(plan.Launch) > 0 {
		w.poke()
	}
	if w.throttle.Holds(w.now) {
		w.after(w.throttle.Until().Sub(w.now), w.poke)
	}
}

func (w *World) input(in *schedule.Input) {
	*in = schedule.Input{
		Desired: w.desired, MinPercent: w.min, MaxPercent: w.max, Primary: string(w.primary), Deploying: len(w.live()) > 0,
		Frozen: in.Frozen, AZs: in.AZs[:0], Goals: in.Goals[:0], Tasks: in.Tasks[:0],
	}
	if in.Frozen == nil {
		in.Frozen = map[string]bool{}
	}
	clear(in.Frozen)
	if w.current != nil {
		in.MinPercent, in.MaxPercent = w.current.Bounds(w.min, w.max)
	}
	if w.deleted {
		in.MinPercent = 0
	}
	for i := range w.sc.Zones {
		in.AZs = append(in.AZs, zoneName(i))
	}
	for _, g := range w.goals {
		want := g.Want
		if w.deleted {
			want = 0
		}
		in.Goals = append(in.Goals, schedule.Goal{Rev: string(g.Rev), Want: want, Peak: g.Peak})
		in.Frozen[string(g.Rev)] = g.Frozen
	}
	if w.throttle.Holds(w.now) {
		in.Frozen[string(w.primary)] = true
	}
	for _, t := range w.tasks {
		in.Tasks = append(in.Tasks, t.Task)
	}
}

func sameInput(a, b *schedule.Input) bool {
	return a.Desired == b.Desired && a.MinPercent == b.MinPercent && a.MaxPercent == b.MaxPercent && a.Primary == b.Primary &&
		a.Deploying == b.Deploying && slices.Equal(a.Goals, b.Goals) && slices.Equal(a.Tasks, b.Tasks) && maps.Equal(a.Frozen, b.Frozen)
}
