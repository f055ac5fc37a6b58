package sim

import (
	"reflect"

	"github.com/grue-ecs/grue/internal/deploy"
)

// echo is a result or a fact that may be told again at any time.
type echo struct {
	kind reflect.Type
	ev   deploy.Event
	of   *deploy.Deployment // who was told
}

// remember keeps the newest of each kind.
func (w *World) remember(d *deploy.Deployment, ev deploy.Event) {
	switch ev.(type) {
	case deploy.RouteAcked, deploy.HookResult, deploy.TaskFailed, deploy.TaskHealthy, deploy.Observed, deploy.AlarmState:
	default:
		return
	}
	kind := reflect.TypeOf(ev)
	for i := range w.echoes {
		if w.echoes[i].kind == kind {
			w.echoes[i].ev, w.echoes[i].of = ev, d
			return
		}
	}
	w.echoes = append(w.echoes, echo{kind, ev, d})
}

// echo tells a deployment everything again that was told last.
func (w *World) echo(d *deploy.Deployment) {
	n := len(w.echoes)
	for _, i := range w.rng.Perm(n) {
		e := w.echoes[i]
		if _, ack := e.ev.(deploy.RouteAcked); !ack || e.of == d { // versions are each deployment's own
			w.call(d, e.ev)
		}
	}
}
