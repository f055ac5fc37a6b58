package sim

import (
	"slices"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/schedule"
)

// judgeBegin: a deployment begins with the traffic as it is: all of it on the
// revision to keep after a success or a rollback, as it was left after anything else.
func (w *World) judgeBegin(old *deploy.Deployment) {
	d, t := w.current, &w.current.Traffic
	if d.Strategy == deploy.Rolling {
		return
	}
	clean := old != nil && (old.Status == deploy.Successful || old.Status == deploy.RollbackSuccessful)
	kept := func(s deploy.Share) bool { return s.Tenths == 1000 && s.Rev == w.lastGood }
	if clean && (len(d.Sources) > 1 || !slices.ContainsFunc(t.Production, kept) || w.routes[w.lastGood] != 1000) {
		w.breach("after %s a deployment begins with sources %v and traffic %v, proxies serve %v", old.Status, d.Sources, t.Production, w.routes)
	}
	for _, s := range t.Production {
		if s.Rev != t.Blue && s.Tenths != w.routes[s.Rev] {
			w.breach("a deployment begins with traffic %v, proxies serve %v", t.Production, w.routes)
		}
	}
}

// judgeShift: both revisions stay at the desired count while traffic shifts, and a
// rollback gives blue everything at once, if it is able to serve.
func (w *World) judgeShift(was, d *deploy.Deployment, effects []deploy.Effect) {
	if d.Strategy == deploy.Rolling {
		return
	}
	want, healthy := map[deploy.Rev]int{}, 0
	for _, g := range d.Goals {
		want[g.Rev] = g.Want
	}
	for _, c := range d.Counts {
		if c.Rev == d.RollbackTo {
			healthy = c.Healthy
		}
	}
	switch early := d.Stage == deploy.ReconcileService || d.Stage == deploy.PreScaleUp; {
	case d.Status == deploy.InProgress && d.Stage != deploy.CleanUp:
		if n := want[d.Target]; early && n != 0 || !early && n != d.Desired {
			w.breach("%s: green shall have %d tasks, not %d", Place(d), n, d.Desired)
		}
		if n := want[d.Traffic.Blue]; d.Traffic.Blue != "" && n != d.Desired {
			w.breach("%s: blue shall have %d tasks, not %d", Place(d), n, d.Desired)
		}
	case d.Status == deploy.RollbackInProgress && was.Status != d.Status && was.Stage != deploy.CleanUp && (healthy > 0 || d.Desired == 0):
		for _, s := range d.Traffic.Production {
			told := slices.ContainsFunc(effects, func(e deploy.Effect) bool { _, ok := e.(deploy.SetWeights); return ok })
			if s.Rev == d.Target && (s.Tenths > 0 || !told && shareOf(was, s.Rev) > 0) {
				w.breach("a rollback from %s leaves green %d/1000 of production", was.Stage, s.Tenths)
			}
		}
	}
}

func shareOf(d *deploy.Deployment, r deploy.Rev) int {
	for _, s := range d.Traffic.Production {
		if s.Rev == r {
			return s.Tenths
		}
	}
	return 0
}

// judgeReturn: going back launches no task of the failed revision, and stops no
// healthy one of the other while there are not too many.
func (w *World) judgeReturn(in schedule.Input, p schedule.Plan) {
	d := w.current
	if d == nil || d.Status.Terminal() || d.Strategy == deploy.Rolling {
		return
	}
	back := d.Status == deploy.RollbackInProgress
	for _, l := range p.Launch {
		r := deploy.Rev(l.Rev)
		if back && r == d.Target || r != d.Target && r != d.Traffic.Blue && d.Traffic.Acked > 0 {
			w.breach("%s: a task of revision %s is launched", Place(d), r)
		}
	}
	if !back {
		return
	}
	have, stopped := 0, 0
	for _, t := range in.Tasks {
		if deploy.Rev(t.Rev) == d.RollbackTo && t.Phase == schedule.Running && t.Healthy {
			have++
			if slices.ContainsFunc(p.Stop, func(s schedule.Stop) bool { return s.TaskID == t.ID }) {
				stopped++
			}
		}
	}
	if stopped > max(0, have-d.Desired) {
		w.breach("%s: %d of %d healthy tasks of blue are stopped, %d are desired", Place(d), stopped, have, d.Desired)
	}
}
