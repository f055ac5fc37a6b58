package sim

import (
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/model"
)

// judgeModel compares the machine with the reference model, which has just been
// told the same event.
func (w *World) judgeModel(m *model.Model, d *deploy.Deployment, effects []deploy.Effect) {
	differs := func(what string, is, right any) {
		w.breach("%s: %s is %v, by the rules it is %v", Place(d), what, is, right)
	}
	switch {
	case d.Status != m.Status:
		differs("the status", d.Status, m.Status)
	case d.Stage != m.Stage() || d.Step != m.StepNo():
		differs("the stage", d.Stage, m.Stage())
	case d.Traffic.Version != m.Version || d.Traffic.Acked != m.Acked:
		differs("the version of weights", d.Traffic.Version, m.Version)
	case d.Bake.Ends != m.BakeEnds:
		differs("the end of the bake", d.Bake.Ends, m.BakeEnds)
	case (d.Rollback != nil) != m.Undo:
		differs("going back", d.Rollback != nil, m.Undo)
	case d.Strategy != deploy.Rolling && !model.Same(d.Traffic.Production, m.Production):
		differs("production", d.Traffic.Production, m.Production)
	case d.Strategy != deploy.Rolling && !model.Same(d.Traffic.Test, m.Test):
		differs("test traffic", d.Traffic.Test, m.Test)
	case len(d.Hooks) != len(m.Hooks):
		differs("the number of hooks", len(d.Hooks), len(m.Hooks))
	}
	if w.fault != nil {
		return
	}
	for i := range m.Hooks {
		h, x := &m.Hooks[i], &d.Hooks[i]
		for _, id := range []string{x.ID, x.Execution} {
			if known, ok := m.Names[id]; ok && known != h.Name {
				w.breach("hooks %s and %s have the same id %s", known, h.Name, id)
			}
			m.Names[id] = h.Name
		}
		if x.Status != h.Status || x.Call != h.Calls {
			w.breach("%s: hook %s is %s after %d calls, by the rules %s after %d", Place(d), h.Name, x.Status, x.Call, h.Status, h.Calls)
		}
	}
	for _, e := range effects {
		switch e := e.(type) {
		case deploy.SetWeights:
			if e.Version != m.Version || !model.Same(e.Production, m.Production) || !model.Same(e.Test, m.Test) {
				differs("the weights told", e, m.Production)
			}
		case deploy.InvokeHook:
			if e.Hook.Stage != m.Stage() || e.Hook.Undo != m.Undo {
				continue // another hook failed the deployment in the same moment
			}
			production, test := m.Payload()
			if !model.Same(e.Production, production) || !model.Same(e.Test, test) {
				w.breach("%s: a hook is told %v and %v, by the rules %v and %v", Place(d), e.Production, e.Test, production, test)
			}
		}
	}
}
