package sim

import (
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// setWeights lets the proxies take the weights after a while, and acknowledge.
func (w *World) setWeights(d *deploy.Deployment, e deploy.SetWeights) {
	w.judgeWeights(d, e)
	w.after(w.soon(2*time.Second), func() {
		if d != w.current || e.Version < d.Traffic.Version {
			return // a newer table is on its way
		}
		clear(w.routes)
		for _, s := range e.Production {
			w.routes[s.Rev] = s.Tenths
		}
		w.note("proxies serve v%d: %v", e.Version, e.Production)
		w.tell(deploy.RouteAcked{Version: e.Version})
	})
}

// invoke lets a hook answer after a while, once for each call under way.
func (w *World) invoke(d *deploy.Deployment, e deploy.InvokeHook) {
	if w.running[e.ID] {
		return
	}
	w.running[e.ID] = true
	w.after(w.soon(4*time.Second), func() {
		delete(w.running, e.ID)
		r := deploy.HookResult{Execution: e.Hook.Execution, Call: e.Hook.Call, Status: deploy.HookSucceeded}
		switch n := w.rng.IntN(20); {
		case w.calm:
		case n < 6:
			r.Status, r.Delay = deploy.HookInProgress, 5*time.Second
		case n < 8:
			r.Status = deploy.HookFailed
		case n < 9:
			r.Error = "ECS was unable to invoke hook target arn:check"
		case n < 10:
			r.Status = ""
		}
		w.answer(d, r)
	})
}

// answer delivers a hook's answer, perhaps twice, perhaps never.
func (w *World) answer(d *deploy.Deployment, r deploy.HookResult) {
	if w.chance(w.sc.Noise.Lose) {
		return
	}
	w.step(d, r)
	if w.chance(w.sc.Noise.Repeat) {
		w.after(w.soon(10*time.Second), func() { w.step(d, r) })
	}
}

// decide lets a person look after the PAUSE hooks that wait.
func (w *World) decide(d *deploy.Deployment) {
	for _, h := range d.Hooks {
		if h.Type != deploy.Pause || !h.Open() || w.running[h.ID] {
			continue
		}
		w.running[h.ID] = true
		action := deploy.ActionContinue
		if !w.calm && w.chance(20) {
			action = deploy.ActionRollback
		}
		w.after(w.soon(8*time.Second), func() { w.step(d, deploy.Continue{HookID: h.ID, Action: action}) })
	}
}
