package web

import (
	"slices"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

// planned is a stage that a deployment goes through if nothing fails.
type planned struct {
	stage deploy.Stage
	step  int
	share float64
}

// plan lists the stages of a deployment that have work, hooks or a wait; the others
// are passed at once.
func plan(m *deploy.Deployment) (out []planned) {
	c := &m.Config
	add := func(stage deploy.Stage, step int, work bool, share float64) {
		hooked := slices.ContainsFunc(c.Hooks, func(h deploy.HookConfig) bool { return slices.Contains(h.Stages, stage) })
		if work || hooked {
			out = append(out, planned{stage, step, share})
		}
	}
	add(deploy.PreScaleUp, 0, false, 0)
	add(deploy.ScaleUp, 0, true, 0)
	add(deploy.PostScaleUp, 0, c.ScaleUpWait > 0, 0)
	if m.Strategy == deploy.Rolling {
		add(deploy.BakeTime, 0, c.BakeMinutes > 0 || c.Alarms.Enable && c.Alarms.Bake > 0, 0)
		add(deploy.CleanUp, 0, c.Early.Enable, 0)
		return out
	}
	add(deploy.TestShift, 0, c.TestTraffic, 0)
	add(deploy.PostTestShift, 0, false, 0)
	for step, share := range m.Traffic.Plan {
		add(deploy.PreProductionShift, step, false, 0)
		add(deploy.ProductionShift, step, true, float64(share)/10)
	}
	add(deploy.PostProduction, 0, false, 0)
	add(deploy.BakeTime, 0, c.BakeMinutes > 0, 0)
	add(deploy.CleanUp, 0, true, 0)
	for i := range out { // the steps are over
		if out[i].stage == deploy.PostProduction || out[i].stage == deploy.BakeTime || out[i].stage == deploy.CleanUp {
			out[i].step = max(len(m.Traffic.Plan)-1, 0)
		}
	}
	return out
}

// way is the way back after a failure.
func way(m *deploy.Deployment) []deploy.Stage {
	if m.Strategy == deploy.Rolling {
		return []deploy.Stage{deploy.ScaleUp}
	}
	return []deploy.Stage{deploy.ProductionShift, deploy.TestShift, deploy.CleanUp}
}

// stages is the line of a deployment: what it went through, where it is, and what
// lies before it.
func stages(m *deploy.Deployment, notes []state.StageNote) []Stage {
	var forth, back []state.StageNote
	for _, n := range notes {
		if n.Undo {
			back = append(back, n)
		} else {
			forth = append(forth, n)
		}
	}
	turned := m.Failure != nil || m.Status.Terminal() && m.Status != deploy.Successful
	out := line(m, forth, turned)
	if m.Rollback == nil || m.RollbackTo == "" {
		return out
	}
	for _, n := range back {
		out = append(out, stageOf(n, m, 0))
	}
	if m.Status == deploy.RollbackInProgress && len(back) > 0 {
		ahead := way(m)
		at := slices.Index(ahead, back[len(back)-1].Stage)
		for _, s := range ahead[at+1:] {
			if s != deploy.TestShift || m.Config.TestTraffic {
				out = append(out, Stage{Name: string(s), State: "todo", Undo: true})
			}
		}
	}
	return out
}

// line is the way forward.
func line(m *deploy.Deployment, notes []state.StageNote, turned bool) []Stage {
	out := []Stage{}
	ahead := plan(m)
	find := func(n state.StageNote) int {
		return slices.IndexFunc(ahead, func(p planned) bool { return p.stage == n.Stage && p.step == n.Step })
	}
	next := 0 // of the plan
	for i, n := range notes {
		at := find(n)
		if at < 0 && n.Ended.Sub(n.Began) == 0 && !n.Ended.IsZero() {
			continue // passed at once
		}
		share := 0.0
		if at >= next {
			for _, p := range ahead[next:at] {
				out = append(out, Stage{Name: string(p.stage), Step: p.step, State: "skipped"})
			}
			next, share = at+1, ahead[at].share
		}
		s := stageOf(n, m, share)
		if turned && i == len(notes)-1 {
			s.State = "failed"
		}
		out = append(out, s)
	}
	for _, p := range ahead[min(next, len(ahead)):] {
		s := Stage{Name: string(p.stage), Step: p.step, State: "todo", Share: p.share}
		if turned || m.Status == deploy.Successful {
			s.State = "skipped"
		}
		out = append(out, s)
	}
	return out
}

// stageOf is a stage that began.
func stageOf(n state.StageNote, m *deploy.Deployment, share float64) Stage {
	s := Stage{Name: string(n.Stage), Step: n.Step, Undo: n.Undo, State: "now", Started: At(n.Began), Share: share}
	end := n.Ended
	if end.IsZero() && m.Status.Terminal() {
		end = ended(m)
	}
	if !end.IsZero() {
		s.State, s.Seconds = "done", end.Sub(n.Began).Seconds()
	}
	return s
}
