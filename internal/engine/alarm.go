package engine

import (
	"slices"
	"sync"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/watch"
)

// inAlarm is the state of an alarm that fails a deployment.
const inAlarm = "ALARM"

// firing lists which of the deployment's alarms are in ALARM now. An alarm that
// does not exist never fires.
func (r *round) firing(names []string) []string {
	var out []string
	for _, name := range names {
		if s, ok := watch.State(r.tx, r.scope(), name); ok && s == inAlarm {
			out = append(out, name)
		}
	}
	return out
}

// alarms lists what the deployment has not heard of its alarms yet. An alarm that fired
// after the deployment began counts, though it may be over: rounds come late on a
// machine that is busy, or after a restart.
func (r *round) alarms(m *deploy.Deployment) []deploy.Event {
	if m.Alarms.Status != deploy.Monitoring {
		return nil
	}
	var out []deploy.Event
	for _, name := range m.Config.Alarms.Names {
		if !slices.Contains(m.Alarms.Triggered, name) && watch.FiredSince(r.tx, r.scope(), name, m.StartedAt) {
			faultAlarm.Hit()
			out = append(out, deploy.AlarmState{Name: name, State: inAlarm})
		}
	}
	return out
}

// listeners knows which services' deployments listen to an alarm.
type listeners struct {
	mu sync.Mutex
	of map[string]map[string]bool // alarm key to service keys
}

func alarmKey(s arn.Scope, name string) string { return s.Key(alarm.NameOf(name)) }

// listen notes what a deployment listens to, or that it listens no more.
func (l *listeners) listen(service string, d *state.Deployment) {
	on := d.Machine.Alarms.Status == deploy.Monitoring && !d.Machine.Status.Terminal()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range d.Machine.Config.Alarms.Names {
		key := alarmKey(d.Scope, name)
		switch {
		case on && l.of[key] == nil:
			l.of[key] = map[string]bool{service: true}
		case on:
			l.of[key][service] = true
		case l.of[key] != nil:
			if delete(l.of[key], service); len(l.of[key]) == 0 {
				delete(l.of, key)
			}
		}
	}
}

// fired queues the services whose deployments listen to an alarm that changed.
func (e *Engine) fired(a *watch.Alarm) {
	if a == nil || a.State != inAlarm {
		return
	}
	e.listeners.mu.Lock()
	defer e.listeners.mu.Unlock()
	for service := range e.listeners.of[a.Key()] {
		e.services.add(service)
	}
}
