package proxy

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// chooseGroup picks the target group of a forward action: the one that the
// client's AWSALBTG cookie names while that is valid and its weight is not 0,
// otherwise the one whose turn it is. The choice comes before health. nil means
// that all weights are 0.
func (c *clientConn) chooseGroup() *groupRef {
	s := sticky{exchange: &c.ex, cookies: &c.req}
	return s.chooseGroup()
}

func (s *sticky) chooseGroup() *groupRef {
	x := s.exchange
	chooser := x.rule.Chooser
	forward := chooser.Forward()
	if forward.Sticky {
		if group, ok := s.stuckGroup(); ok && chooser.Allows(group) {
			return x.front.groups[group]
		}
	}
	group, ok := chooser.Next()
	if !ok {
		return nil
	}
	if forward.Sticky {
		s.stickToGroup(group, forward.StickyDuration)
	}
	return x.front.groups[group]
}

// chooseTarget picks a target of the group and claims it. Those that were tried
// already are avoided. nil means that the group has no target for it.
func (c *clientConn) chooseTarget(tried []*target) *target {
	s := sticky{exchange: &c.ex, cookies: &c.req}
	return s.chooseTarget(tried)
}

// maxDraws bounds the turns taken to find a target that was not tried yet and
// is not leaving in this very moment.
const maxDraws = 16

func (s *sticky) chooseTarget(tried []*target) *target {
	g := s.exchange.group.group
	if s.exchange.group.stickiness != "" && len(tried) == 0 {
		if t := s.stuckTarget(); t != nil && t.claim() {
			return t
		}
	}
	for range maxDraws {
		pool := g.pool.Load()
		t, ok := pool.Pick(g.turn.Add(1)-1, rand.Uint64(), s.exchange.started)
		if !ok {
			return nil
		}
		if contains(tried, t) && pool.Len() > len(tried) {
			continue
		}
		if contains(tried, t) { // perhaps with those of another group
			return s.anyTarget(tried)
		}
		if t.claim() {
			return t
		}
	}
	return s.anyTarget(tried)
}

// elsewhere moves a request that no target of its group took to the next one of
// joint groups that is called with the same protocol. It is false without one.
func (x *exchange) elsewhere() bool {
	forward := x.rule.Chooser.Forward()
	if !forward.Joint {
		return false
	}
	at := slices.IndexFunc(forward.Groups, func(w route.Weighted) bool { return x.front.groups[w.Group] == x.group })
	for i := 1; i < len(forward.Groups); i++ {
		w := forward.Groups[(at+i+len(forward.Groups))%len(forward.Groups)]
		if ref := x.front.groups[w.Group]; w.Weight > 0 && ref != x.group && ref.version == x.group.version {
			x.group = ref
			return true
		}
	}
	return false
}

// anyTarget goes through the pool in order, for when the turns were unlucky.
func (s *sticky) anyTarget(tried []*target) *target {
	for _, m := range s.exchange.group.group.pool.Load().Members() {
		if !contains(tried, m.Handle) && m.Handle.claim() {
			return m.Handle
		}
	}
	return nil
}

func contains(tried []*target, t *target) bool {
	for _, other := range tried {
		if other == t {
			return true
		}
	}
	return false
}

// expiryOf is the end of a stickiness that begins now.
func expiryOf(d time.Duration) time.Time {
	if d <= 0 {
		d = 24 * time.Hour
	}
	return time.Now().Add(d)
}
