package sim

import (
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/model"
)

// judgeModel compares the machine with the reference model, which has just been
// told the same event.
func (w *World) judgeModel(s *shadow, d *deploy.Deployment, effects []deploy.Effect) {
	m := s.model
	differs := func(what string, is, right any) {
		w.breach("%s: %s is %v, by the rules it is %v", Place(d), what, is, right)
	}
	switch stage, step := m.Place(); {
	case d.Status != m.Status:
		differs("the status", d.Status, m.Status)
	case d.Stage != stage || d.Step != step:
		differs("the stage", d.Stage, stage)
	case d.Traffic.Version != m.Version || d.Traffic.Acked != m.Acked:
		differs("the version of weights", d.Traffic.Version, m.Version)
	case d.Bake.Ends != m.BakeEnds:
		differs("the end of the bake", d.Bake.Ends, m.BakeEnds)
	case (d.Rollback != nil) != m.Undo:
		differs("going back", d.Rollback != nil, m.Undo)
	case d.Strategy != deploy.Rolling && !m.Strange && !sharesAre(d, d.Traffic.Production, m.Green):
		differs("green's share of production", d.Traffic.Production, m.Green)
	case d.Strategy != deploy.Rolling && d.Config.TestTraffic && !sharesAre(d, d.Traffic.Test, m.Test):
		differs("green's share of test traffic", d.Traffic.Test, m.Test)
	case len(d.Hooks) != len(m.Hooks):
		differs("the number of hooks", len(d.Hooks), len(m.Hooks))
	}
	if w.fault != nil {
		return
	}
	for i := range m.Hooks {
		w.judgeHook(s, &d.Hooks[i], &m.Hooks[i])
	}
	for _, e := range effects {
		switch e := e.(type) {
		case deploy.SetWeights:
			if e.Version != m.Version || !sharesAre(d, e.Production, m.Green) || d.Config.TestTraffic && !sharesAre(d, e.Test, m.Test) {
				differs("the weights told", e, m.Green)
			}
		case deploy.InvokeHook:
			if e.Target != d.Target || !payloadIs(d, m, e) {
				differs("what the hook is told", e.Production, m.Green)
			}
		}
	}
}

// judgeHook: the hook is as far as in the model, and its ids are no other's.
func (w *World) judgeHook(s *shadow, x *deploy.Hook, h *model.Hook) {
	if h.ID == "" {
		h.ID, h.Execution = x.ID, x.Execution
		if s.ids[x.ID] || s.ids[x.Execution] || x.ID == x.Execution {
			w.breach("two hooks are called %s or %s", x.ID, x.Execution)
		}
		s.ids[x.ID], s.ids[x.Execution] = true, true
	}
	if x.ID != h.ID || x.Execution != h.Execution || x.Status != h.Status || x.Call != h.Calls {
		w.breach("hook %s of %s is %s after %d calls, by the rules %s is %s after %d", x.ID, x.Stage, x.Status, x.Call, h.ID, h.Status, h.Calls)
	}
}

// sharesAre tells whether green has these tenths of a per cent and blue, where one is, the rest.
func sharesAre(d *deploy.Deployment, shares []deploy.Share, green int) bool {
	n := 1
	if d.Traffic.Blue != "" {
		n = 2
	}
	for _, s := range shares {
		if s.Rev == d.Target && s.Tenths != green || s.Rev == d.Traffic.Blue && s.Tenths != 1000-green {
			return false
		}
	}
	return len(shares) == n
}

// payloadIs tells whether a hook is told the weights of its stage, §7.2.
func payloadIs(d *deploy.Deployment, m *model.Model, e deploy.InvokeHook) bool {
	switch stage, _ := m.Place(); {
	case e.Hook.Stage != stage || e.Hook.Undo != m.Undo:
		return true // another hook failed the deployment in the same moment
	case stage == deploy.ReconcileService:
		return sharesAre(d, e.Production, 0) && sharesAre(d, e.Test, 0)
	case stage == deploy.TestShift && m.Undo:
		return e.Production == nil && sharesAre(d, e.Test, 0)
	case stage == deploy.TestShift:
		return e.Production == nil && sharesAre(d, e.Test, 1000)
	case stage == deploy.PreProductionShift || stage == deploy.ProductionShift:
		return e.Test == nil && sharesAre(d, e.Production, m.Green)
	}
	return e.Production == nil && e.Test == nil
}
