package route

import (
	"sync/atomic"
	"time"
)

// Member is a registered target as the choice inside a group sees it. T is the
// proxy's own handle of the target.
type Member[T any] struct {
	Handle  T
	Healthy bool
	// Load counts the requests in flight at the target.
	Load *atomic.Int64
	// RampFrom is when the target entered slow start; zero = not in slow start.
	RampFrom time.Time
}

// Pool is the set of targets of a group that get requests now. It is immutable;
// the proxy makes a new one when a target or its health changes.
type Pool[T any] struct {
	members  []Member[T]
	ramp     time.Duration
	rampEnd  time.Time
	least    bool
	random   bool
	failOpen bool
}

// NewPool applies a group's health thresholds to its registered targets, those
// that drain excluded. When fewer are healthy than the group's minimum, all of
// them get requests: unhealthy_state_routing fails open.
func NewPool[T any](g *Group, registered []Member[T]) *Pool[T] {
	p := &Pool[T]{
		ramp:   g.SlowStart,
		least:  g.Algorithm == "least_outstanding_requests",
		random: g.Algorithm == "weighted_random",
	}
	for _, m := range registered {
		if m.Healthy {
			p.members = append(p.members, m)
			if end := m.RampFrom.Add(g.SlowStart); !m.RampFrom.IsZero() && end.After(p.rampEnd) {
				p.rampEnd = end
			}
		}
	}
	if belowMinimum(g, len(p.members), len(registered)) {
		p.members, p.failOpen = registered, len(registered) > 0
		p.rampEnd = time.Time{}
	}
	return p
}

// belowMinimum tells whether either threshold is breached.
func belowMinimum(g *Group, healthy, registered int) bool {
	if healthy < max(g.MinHealthyCount, 1) {
		return true
	}
	return g.MinHealthyPct > 0 && healthy*100 < g.MinHealthyPct*registered
}

// Len is the number of targets that may be chosen.
func (p *Pool[T]) Len() int { return len(p.members) }

// FailOpen reports whether requests go to all registered targets for want of
// healthy ones.
func (p *Pool[T]) FailOpen() bool { return p.failOpen }

// Members returns the targets that may be chosen. The caller must not change it.
func (p *Pool[T]) Members() []Member[T] { return p.members }

// Pick chooses a target: turn counts the group's choices, random is any random
// number. It is false when there is none.
func (p *Pool[T]) Pick(turn, random uint64, now time.Time) (handle T, ok bool) {
	n := uint64(len(p.members))
	switch {
	case n == 0:
		return handle, false
	case n == 1:
		return p.members[0].Handle, true
	case p.least:
		return p.members[p.leastLoaded(turn)].Handle, true
	case p.ramp > 0 && now.Before(p.rampEnd):
		return p.members[p.ramped(random, now)].Handle, true
	case p.random:
		return p.members[random%n].Handle, true
	}
	return p.members[turn%n].Handle, true
}

// leastLoaded returns the member with the fewest requests in flight; ties go
// round.
func (p *Pool[T]) leastLoaded(turn uint64) int {
	n := len(p.members)
	start := int(turn % uint64(n))
	best := start
	for i := 1; i < n; i++ {
		at := start + i
		if at >= n {
			at -= n
		}
		if p.members[at].Load.Load() < p.members[best].Load.Load() {
			best = at
		}
	}
	return best
}

// rampFloor keeps a target in slow start from getting nothing at all.
const rampFloor = 0.01

// ramped chooses at random in proportion to weights that rise linearly over
// the slow start duration.
func (p *Pool[T]) ramped(random uint64, now time.Time) int {
	total := 0.0
	for i := range p.members {
		total += p.weight(i, now)
	}
	at := float64(random>>11) / (1 << 53) * total
	for i := range p.members {
		at -= p.weight(i, now)
		if at < 0 {
			return i
		}
	}
	return len(p.members) - 1
}

func (p *Pool[T]) weight(i int, now time.Time) float64 {
	from := p.members[i].RampFrom
	if from.IsZero() {
		return 1
	}
	share := float64(now.Sub(from)) / float64(p.ramp)
	return min(max(share, rampFloor), 1)
}
