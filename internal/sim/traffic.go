package sim

import (
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// setWeights lets the proxies take the weights after a while, and acknowledge them
// a while later. Some shifts fail.
func (w *World) setWeights(d *deploy.Deployment, e deploy.SetWeights) {
	w.judgeWeights(d, e)
	w.after(w.soon(2*time.Second)+max(0, w.down.Sub(w.now)), func() {
		if d != w.current || e.Version < d.Traffic.Version || d.Status.Terminal() {
			return // a newer table is on its way
		}
		switch n := w.rng.IntN(100); {
		case w.gone:
			w.reroute(d, "gone")
			return
		case !w.calm && n < 3:
			w.reroute(d, []string{"network", "shift", "gone"}[n])
			return
		}
		clear(w.routes)
		for _, s := range e.Production {
			w.routes[s.Rev] = s.Tenths
		}
		w.note("proxies serve v%d: %v", e.Version, e.Production)
		delay := time.Duration(0)
		if slow := w.sc.Noise.Slow; slow > 0 {
			delay = w.soon(time.Duration(slow) * time.Millisecond)
		}
		w.after(delay, func() {
			if !w.chance(w.sc.Noise.Lose) {
				w.deliver(d, deploy.RouteAcked{Version: e.Version})
			}
		})
	})
}

// reroute tells that weights cannot be set: the load balancer is in disorder
// (network), refuses once (shift), or the rule is gone.
func (w *World) reroute(d *deploy.Deployment, how string) {
	if d == nil {
		return
	}
	ev := deploy.RouteFailed{Version: d.Traffic.Version, Reason: "One or more rules not found", Network: how != "shift", Permanent: how == "gone"}
	if how == "gone" && d == w.current && d.Strategy != deploy.Rolling {
		w.gone = true
		clear(w.routes)
	}
	w.step(d, ev)
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
			r.Status = deploy.HookStatus([]string{"", "MAYBE"}[w.rng.IntN(2)])
		case n < 11: // it hangs until its time-out
			w.running[e.ID] = true
			return
		}
		w.answer(d, r)
	})
}

// answer delivers a hook's answer, perhaps twice, perhaps never.
func (w *World) answer(d *deploy.Deployment, r deploy.HookResult) {
	if !w.chance(w.sc.Noise.Lose) {
		w.deliver(d, r)
	}
}

// decide lets a person look after the PAUSE hooks that wait.
func (w *World) decide(d *deploy.Deployment) {
	for _, h := range d.Hooks {
		if h.Type != deploy.Pause || !h.Open() || w.running[h.ID] {
			continue
		}
		w.running[h.ID] = true
		w.pauses = append(w.pauses, h.ID)
		if len(w.pauses) > 3 {
			w.pauses = w.pauses[1:]
		}
		if !w.calm && w.chance(15) {
			continue // nobody looks
		}
		action := deploy.ActionContinue
		if !w.calm && w.chance(20) {
			action = deploy.ActionRollback
		}
		w.after(w.soon(8*time.Second), func() { w.step(d, deploy.Continue{HookID: h.ID, Action: action}) })
	}
}
