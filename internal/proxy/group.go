package proxy

import (
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// group is a target group at run time. It outlives tables: a new table changes
// its settings and its targets, and requests choose from its pool.
type group struct {
	proxy *Proxy
	arn   string
	turn  atomic.Uint64
	pool  atomic.Pointer[route.Pool[*target]]

	trust      atomic.Pointer[trust]
	resilience atomic.Pointer[route.Resilience]

	mu      sync.Mutex
	spec    *route.Group
	targets map[targetKey]*target
	order   []*target // as in the table: round robin keeps its order
}

func newGroup(p *Proxy, spec *route.Group) *group {
	g := &group{proxy: p, arn: spec.ARN, spec: spec, targets: make(map[targetKey]*target)}
	g.renewTrust()
	g.rebuild()
	return g
}

// grow adds what the table has more: new targets, whose probes start at once.
// It is the first half of taking a table over, before rules point here.
func (g *group) grow(spec *route.Group) {
	g.mu.Lock()
	before := g.spec
	g.spec = spec
	if g.renewTrust() {
		for _, t := range g.order {
			t.forgetRounds()
		}
	}
	var joined []*target
	for i := range spec.Targets {
		ts := &spec.Targets[i]
		if g.targets[keyOf(ts)] == nil && !ts.Draining {
			t := g.join(ts)
			g.order, joined = append(g.order, t), append(joined, t)
		}
	}
	g.adjustProbes(before, spec)
	g.rebuild()
	g.mu.Unlock()
	for _, t := range joined {
		g.proxy.healthChanged(t)
	}
}

// join makes a target of the group. The caller holds the lock.
func (g *group) join(ts *route.Target) *target {
	t := newTarget(g, ts)
	t.health.restore(g.proxy.remembered(g.arn, ts))
	g.targets[keyOf(ts)] = t
	return t
}

// update makes the group what the table says, after rules do not count any more
// on what leaves: targets drain, and those that are no longer there go.
func (g *group) update(spec *route.Group) {
	g.mu.Lock()
	before := g.spec
	g.spec = spec
	present := make(map[targetKey]bool, len(spec.Targets))
	var leaving, draining []*target
	g.order = make([]*target, 0, len(spec.Targets))
	for i := range spec.Targets {
		ts := &spec.Targets[i]
		key := keyOf(ts)
		t := g.targets[key]
		if t == nil {
			t = g.join(ts)
		} else if t.address != ts.Address {
			leaving = append(leaving, t)
			t = g.join(ts)
		}
		if ts.Draining {
			g.beginDrain(t, spec)
			draining = append(draining, t)
		}
		t.drainUntil = later(ts.DrainUntil, t.leastDrain)
		present[key] = true
		g.order = append(g.order, t)
	}
	for key, t := range g.targets {
		if !present[key] {
			delete(g.targets, key)
			leaving = append(leaving, t)
		}
	}
	began := markDraining(draining)
	g.adjustProbes(before, spec)
	g.rebuild()
	g.mu.Unlock()
	for _, t := range draining {
		t.drain(t.drainUntil)
	}
	for _, t := range began {
		g.proxy.healthChanged(t)
	}
	g.dismiss(leaving, spec.DrainTimeout)
}

// beginDrain notes until when a target that now begins to drain does so at least: a
// table that came late, because a disk was slow, must not cut the requests in flight
// that had the deregistration delay to end. Tasks of Service Connect leave otherwise.
// The caller holds the lock.
func (g *group) beginDrain(t *target, spec *route.Group) {
	if spec.Resilience == nil && !t.draining.Load() {
		t.leastDrain = time.Now().Add(spec.DrainTimeout)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// markDraining returns those that were not draining before.
func markDraining(targets []*target) (began []*target) {
	for _, t := range targets {
		if t.draining.CompareAndSwap(false, true) {
			began = append(began, t)
		}
	}
	return began
}

// adjustProbes starts, restarts and stops probes. The caller holds the lock.
func (g *group) adjustProbes(before, spec *route.Group) {
	same := reflect.DeepEqual(before.Check, spec.Check) && before.Version == spec.Version
	for _, t := range g.order {
		want := spec.InUse && spec.Check.Enabled && !t.draining.Load()
		switch {
		case !want:
			t.health.stopProbe()
			if !spec.InUse && !t.draining.Load() {
				t.health.reset()
			}
		case t.health.stop == nil || !same:
			t.health.stopProbe()
			g.proxy.startProbe(t, spec)
		}
	}
}

// dismiss lets targets that are no longer in the table end. One that was told
// to drain ends as told; one that just vanished gets the deregistration delay.
func (g *group) dismiss(leaving []*target, delay time.Duration) {
	for _, t := range leaving {
		g.mu.Lock()
		t.health.stopProbe()
		if g.targets[t.key()] == nil {
			g.proxy.health.forget(g.arn, t.key())
		}
		until := t.drainUntil
		g.mu.Unlock()
		if !t.draining.Load() {
			until = time.Now().Add(delay)
		}
		if t.draining.Load() && t.load.Load() == 0 {
			t.cut()
			continue
		}
		g.proxy.leaving.add(t)
		if t.layer4 {
			g.proxy.loops.forget(t)
		}
		t.drain(until)
	}
}

// rebuild makes the pool anew from targets and their health. The caller holds
// the lock, or is alone.
func (g *group) rebuild() {
	g.resilience.Store(g.spec.Resilience)
	members := make([]route.Member[*target], 0, len(g.order))
	for _, t := range g.order {
		if t.draining.Load() {
			continue
		}
		members = append(members, route.Member[*target]{
			Handle:   t,
			Healthy:  g.usable(t),
			Load:     &t.load,
			RampFrom: t.health.rampFrom,
		})
	}
	g.pool.Store(route.NewPool(g.spec, members))
}

// usable tells whether a target is healthy and not ejected. The caller holds the lock.
func (g *group) usable(t *target) bool {
	if g.spec.Resilience != nil && t.outlier.ejected.Load() {
		return false
	}
	return t.health.state == stateHealthy || !g.spec.Check.Enabled
}

// remove ends the group: it is in no table any more.
func (g *group) remove() {
	g.mu.Lock()
	spec := *g.spec
	g.mu.Unlock()
	spec.Targets = nil
	g.update(&spec)
}

// report appends the verdict over every target.
func (g *group) report(out []route.Health) []route.Health {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.spec.InUse {
		return out
	}
	for _, t := range g.order {
		out = append(out, t.report())
	}
	return out
}

// report is the verdict over one target. The caller holds the group's lock.
func (t *target) report() route.Health {
	h := &t.health
	r := route.Health{
		Group: t.group.arn, ID: t.id, Port: t.port, Registered: t.registered,
		State: h.state, Reason: h.reason, Description: h.description,
		At: h.at, InFlight: int(t.load.Load()),
	}
	if t.draining.Load() {
		r.State, r.Reason, r.Description = stateDraining, reasonDraining, describe(reasonDraining)
	}
	return r
}

// find returns a target of the group, nil when it has left.
func (g *group) find(key targetKey) *target {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.targets[key]
}

// flows are the settings of a group of layer 4.
func (g *group) flows() route.Flows {
	g.mu.Lock()
	defer g.mu.Unlock()
	return flowsOf(g.spec)
}

func flowsOf(spec *route.Group) route.Flows {
	if spec.Flows == nil {
		return route.Flows{}
	}
	return *spec.Flows
}

// members returns the targets of the group.
func (g *group) members() []*target {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.order
}
