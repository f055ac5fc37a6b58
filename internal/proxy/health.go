package proxy

import (
	"context"
	"fmt"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// States, reasons and descriptions of targets in Elastic Load Balancing's words.
const (
	stateInitial   = "initial"
	stateHealthy   = "healthy"
	stateUnhealthy = "unhealthy"
	stateDraining  = "draining"

	reasonRegistration = "Elb.RegistrationInProgress"
	reasonChecking     = "Elb.InitialHealthChecking"
	reasonInternal     = "Elb.InternalError"
	reasonCode         = "Target.ResponseCodeMismatch"
	reasonTimeout      = "Target.Timeout"
	reasonFailed       = "Target.FailedHealthChecks"
	reasonDraining     = "Target.DeregistrationInProgress"
)

// describe is the description that goes with a reason.
func describe(reason string) string {
	switch reason {
	case reasonRegistration:
		return "Target registration is in progress"
	case reasonChecking:
		return "Initial health checks in progress"
	case reasonTimeout:
		return "Request timed out"
	case reasonFailed:
		return "Health checks failed"
	case reasonInternal:
		return "Health checks failed due to an internal error"
	case reasonDraining:
		return "Target deregistration is in progress"
	}
	return ""
}

// verdict is the result of one probe; a passed one has no reason.
type verdict struct {
	reason, description string
}

func failed(reason string) verdict { return verdict{reason, describe(reason)} }

func mismatch(code int) verdict {
	return verdict{reasonCode, fmt.Sprintf("Health checks failed with these codes: [%d]", code)}
}

// health is the state machine of one target, fed by its probe.
//
//	initial ── 1 success ──► healthy ── unhealthy threshold ──► unhealthy
//	initial ── unhealthy threshold failures ──► unhealthy ── healthy threshold ──► healthy
type health struct {
	state, reason, description string
	at                         time.Time
	rampFrom                   time.Time // slow start
	passed, missed             int       // in a row
	stop                       context.CancelFunc
}

// restore takes over what an earlier process knew.
func (h *health) restore(known *route.Health) {
	if known == nil || known.State == stateDraining {
		return
	}
	h.state, h.reason, h.description, h.at = known.State, known.Reason, known.Description, known.At
}

func (h *health) stopProbe() {
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
}

// reset forgets everything: the group is not in use.
func (h *health) reset() {
	*h = health{state: stateInitial, reason: reasonRegistration, description: describe(reasonRegistration)}
}

// observe takes one result of a probe and reports whether anything that users
// see has changed. Failures that do not count are ignored.
func (h *health) observe(v verdict, counts bool, c *route.Check, now time.Time) bool {
	if v.reason == "" {
		h.passed, h.missed = h.passed+1, 0
		if h.state == stateInitial || h.state == stateUnhealthy && h.passed >= max(c.Healthy, 1) {
			return h.become(stateHealthy, verdict{}, now)
		}
		return false
	}
	if !counts {
		return false
	}
	h.passed, h.missed = 0, h.missed+1
	if h.missed >= max(c.Unhealthy, 1) {
		return h.become(stateUnhealthy, v, now)
	}
	return false
}

func (h *health) become(state string, v verdict, now time.Time) bool {
	if h.state == state && h.reason == v.reason && h.description == v.description {
		return false
	}
	h.state, h.reason, h.description, h.at = state, v.reason, v.description, now
	return true
}

// observed feeds a probe's result to its target and, when it changes the
// verdict, makes the pool anew.
func (g *group) observed(t *target, v verdict, counts bool) {
	g.mu.Lock()
	if t.health.stop == nil || t.draining.Load() {
		g.mu.Unlock()
		return // the probe was stopped meanwhile
	}
	before := t.health.state
	now := time.Now()
	changed := t.health.observe(v, counts, &g.spec.Check, now)
	if changed {
		g.ramp(t, before, now)
		g.rebuild()
	}
	after := t.health
	g.mu.Unlock()
	if changed {
		g.proxy.log.Info("target health", "group", g.arn, "target", t.address,
			"state", after.state, "was", before, "reason", after.reason, "description", after.description)
		g.proxy.healthChanged(t)
		if t.layer4 && before == stateHealthy && after.state == stateUnhealthy {
			g.endUnhealthy(t, after.at)
		}
	}
}

// endUnhealthy resets the flows of a target that has become unhealthy, at once or
// after the draining interval, unless it has recovered by then. Without an
// interval, flows that are kept go on until one side ends them.
func (g *group) endUnhealthy(t *target, since time.Time) {
	flows := g.flows()
	switch {
	case !flows.KeepUnhealthy:
		g.proxy.resetFlows(t)
	case flows.UnhealthyDrain > 0:
		g.proxy.running.Go(func() {
			if sleep(g.proxy.ctx, flows.UnhealthyDrain) && g.stillUnhealthy(t, since) {
				g.proxy.resetFlows(t)
			}
		})
	}
}

func (g *group) stillUnhealthy(t *target, since time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return t.health.state == stateUnhealthy && t.health.at.Equal(since)
}

// ramp puts a target that becomes healthy into slow start, if the group has
// that and a healthy target which is not itself in slow start; becoming
// unhealthy ends it. The caller holds the lock.
func (g *group) ramp(t *target, before string, now time.Time) {
	if t.health.state != stateHealthy {
		t.health.rampFrom = time.Time{}
		return
	}
	if before == stateHealthy || g.spec.SlowStart <= 0 {
		return
	}
	for _, other := range g.order {
		h := &other.health
		if other != t && h.state == stateHealthy && !other.draining.Load() &&
			(h.rampFrom.IsZero() || now.Sub(h.rampFrom) >= g.spec.SlowStart) {
			t.health.rampFrom = now
			return
		}
	}
}
