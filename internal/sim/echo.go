package sim

import (
	"reflect"

	"github.com/grue-ecs/grue/internal/deploy"
)

// echo is a result or a fact that may be told again at any time.
type echo struct {
	kind reflect.Type
	ev   deploy.Event
}

// remember keeps the newest of each kind.
func (w *World) remember(ev deploy.Event) {
	switch ev.(type) {
	case deploy.RouteAcked, deploy.HookResult, deploy.TaskFailed, deploy.TaskHealthy, deploy.Observed, deploy.AlarmState:
	default:
		return
	}
	kind := reflect.TypeOf(ev)
	for i := range w.echoes {
		if w.echoes[i].kind == kind {
			w.echoes[i].ev = ev
			return
		}
	}
	w.echoes = append(w.echoes, echo{kind, ev})
}

// echo tells a deployment everything again that was told last.
func (w *World) echo(d *deploy.Deployment) {
	for i := range len(w.echoes) {
		w.call(d, w.echoes[i].ev)
	}
}
