package elb

import (
	"time"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// States of a target, in Elastic Load Balancing's words.
const (
	Initial   = "initial"
	Healthy   = "healthy"
	Unhealthy = "unhealthy"
	Draining  = "draining"
	Unused    = "unused"
)

// HealthState is what DescribeTargetHealth says of a target.
type HealthState struct {
	State, Reason, Description string
	Since                      time.Time // zero where the beginning is not known
}

// States that do not come from the proxy.
var (
	notRegistered = HealthState{State: Unused, Reason: "Target.NotRegistered", Description: "Target is not registered to the target group"}
	notInUse      = HealthState{State: Unused, Reason: "Target.NotInUse", Description: "Target group is not configured to receive traffic from the load balancer"}
	registering   = HealthState{State: Initial, Reason: "Elb.RegistrationInProgress", Description: "Target registration is in progress"}
	draining      = HealthState{State: Draining, Reason: "Target.DeregistrationInProgress", Description: "Target deregistration is in progress"}
)

// Health returns the state of a target. Port 0 is the group's port.
func (b *Balancer) Health(group, id string, port int) (state HealthState) {
	b.opts.Store.View(func(tx *store.Tx) {
		if port == 0 {
			if g, ok := groups.Get(tx, group); ok {
				port = g.Port
			}
		}
		r, ok := registrations.Get(tx, targetKey(group, id, port))
		if !ok {
			state = notRegistered
			return
		}
		state = b.HealthOf(tx, r)
	})
	return state
}

// HealthOf returns the state of a registration that tx sees.
func (b *Balancer) HealthOf(tx *store.Tx, r *Registration) HealthState {
	switch {
	case r.Draining && !r.DrainUntil.After(b.opts.Now()):
		return notRegistered
	case r.Draining:
		return draining
	case !Associated(tx, r.Group):
		return notInUse
	}
	if v, ok := b.verdict(r.key()); ok && v.Registered.Equal(r.Registered) {
		return plain(tx, r, v.HealthState)
	}
	s := registering
	s.Since = r.Registered
	return s
}

// plain hides from the targets of a network load balancer why their checks failed:
// it does not tell.
func plain(tx *store.Tx, r *Registration, h HealthState) HealthState {
	if h.State == Unhealthy {
		if g, ok := groups.Get(tx, r.Group); ok && g.Layer4() {
			h.Reason, h.Description = "Target.FailedHealthChecks", "Health checks failed"
		}
	}
	return h
}

// OnHealth adds a function that is called after each change of a target's
// state, from one goroutine, until Run ends. Add all before Run.
func (b *Balancer) OnHealth(fn func(group, id string, port int)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers = append(b.watchers, fn)
}

// verdict is a proxy's judgement over one registration.
type verdict struct {
	HealthState
	Registered time.Time
}

// verdicts are the last judgements that were written; see keepVerdicts.
var verdicts = store.NewTable[verdict]("elb.verdict")

func (b *Balancer) verdict(key string) (verdict, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok := b.health[key]
	return v, ok
}

// verdictOf reads a report.
func verdictOf(h *route.Health) verdict {
	v := verdict{Registered: h.Registered, HealthState: HealthState{
		State: h.State, Reason: h.Reason, Description: h.Description, Since: h.At.UTC(),
	}}
	if v.State == Healthy {
		v.Reason, v.Description = "", ""
	}
	return v
}
