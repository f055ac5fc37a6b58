package sim

import (
	"slices"

	"github.com/grue-ecs/grue/internal/schedule"
)

// schedule makes a plan, judges it and carries it out.
func (w *World) schedule() {
	in := w.input()
	plan := schedule.Next(in)
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

func (w *World) input() schedule.Input {
	in := schedule.Input{
		Now: w.now, Desired: w.desired, MinPercent: w.min, MaxPercent: w.max,
		Primary: string(w.primary), Deploying: len(w.live()) > 0, Frozen: map[string]bool{},
	}
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
	in.Tasks = make([]schedule.Task, 0, len(w.tasks))
	for _, t := range w.tasks {
		in.Tasks = append(in.Tasks, t.Task)
	}
	return in
}
