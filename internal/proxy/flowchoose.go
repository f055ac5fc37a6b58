package proxy

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/bits"
	"net/netip"

	"github.com/grue-ecs/grue/internal/route"
)

// How a new flow finds its target: the group whose turn it is, so that shares
// follow the weights exactly; inside the group the flow's hash, which the same
// client address and port, or with source_ip stickiness the same address, takes
// to the same target as long as that may be chosen. The choice holds for the
// flow's life, whatever tables come.

// flowPick is the decision over a new flow. Its target is claimed.
type flowPick struct {
	view      *view
	front     *front
	ref       *groupRef
	target    *target // nil = there is none
	unhealthy bool    // the group fails open
}

// pickFlow decides over a new flow under the table in force. A target that a
// newer table has taken away in the meantime is no reason to refuse.
func (p *Proxy) pickFlow(front func(*view) *front, client netip.AddrPort) flowPick {
	for v := p.view.Load(); ; {
		pick := flowPick{view: v, front: front(v)}
		if pick.front == nil {
			return pick // the listener has gone
		}
		if pick.ref = pick.front.chooseFlowGroup(client); pick.ref != nil {
			pick.target, pick.unhealthy = pick.ref.chooseFlowTarget(client, nil)
		}
		now := p.view.Load()
		if pick.target != nil || now == v {
			return pick
		}
		v = now
	}
}

// next takes another target after those that were tried, of the same group or, where
// groups are joint, of another one. There may be none.
func (k *flowPick) next(client netip.AddrPort, tried []*target) {
	k.target = nil
	if of(tried, k.ref) < maxFlowTries {
		k.target, _ = k.ref.chooseFlowTarget(client, tried)
	}
	if k.target != nil || !k.front.chooser.Forward().Joint {
		return
	}
	for _, w := range k.front.chooser.Forward().Groups {
		ref := k.front.groups[w.Group]
		if w.Weight <= 0 || of(tried, ref) > 0 {
			continue
		}
		if t, _ := ref.chooseFlowTarget(client, tried); t != nil {
			k.ref, k.target = ref, t
			return
		}
	}
}

// of counts the targets of a group.
func of(tried []*target, ref *groupRef) (n int) {
	for _, t := range tried {
		if t.group == ref.group {
			n++
		}
	}
	return n
}

// meter is where the flow counts.
func (k *flowPick) meter(kind flowKind) *flowMeter {
	if k.ref != nil {
		return k.ref.meter.flow(kind)
	}
	return k.front.meter.flow(kind)
}

// chooseFlowGroup returns nil when all weights are 0.
func (f *front) chooseFlowGroup(client netip.AddrPort) *groupRef {
	if f.chooser == nil {
		return nil
	}
	if forward := f.chooser.Forward(); forward.Sticky {
		return f.groups[stickyGroup(forward, client.Addr())]
	}
	group, ok := f.chooser.Next()
	if !ok {
		return nil
	}
	return f.groups[group]
}

// stickyGroup chooses a group by the client's address, in proportion to the
// weights: when weights move, only the clients move that must.
func stickyGroup(f *route.Forward, client netip.Addr) (group string) {
	key, best := hashAddr(client), math.Inf(-1)
	for _, g := range f.Groups {
		if g.Weight <= 0 {
			continue
		}
		draw := (float64(mix(key, hashString(g.Group))>>11) + 0.5) / (1 << 53)
		if score := float64(g.Weight) / -math.Log(draw); score > best {
			group, best = g.Group, score
		}
	}
	return group
}

// chooseFlowTarget chooses a target of the group that was not tried yet and
// claims it; unhealthy says that the group fails open.
func (ref *groupRef) chooseFlowTarget(client netip.AddrPort, tried []*target) (t *target, unhealthy bool) {
	if ref.resilience != nil {
		return ref.nextFlowTarget(tried)
	}
	key := hashAddr(client.Addr())
	if ref.stickiness != "source_ip" {
		key = mix(key, uint64(client.Port()))
	}
	pool := ref.group.pool.Load()
	var refused []*target // they began to drain in this moment
	for {
		var best *target
		var high uint64
		for _, m := range pool.Members() {
			if contains(tried, m.Handle) || contains(refused, m.Handle) {
				continue
			}
			if score := mix(key, m.Handle.hash); best == nil || score > high {
				best, high = m.Handle, score
			}
		}
		if best == nil || best.claim() {
			return best, pool.FailOpen()
		}
		refused = append(refused, best)
	}
}

// nextFlowTarget goes round the targets, as Service Connect does.
func (ref *groupRef) nextFlowTarget(tried []*target) (t *target, unhealthy bool) {
	pool := ref.group.pool.Load()
	members, turn := pool.Members(), ref.group.turn.Add(1)-1
	for i := range members {
		m := members[(turn+uint64(i))%uint64(len(members))].Handle
		if !contains(tried, m) && m.claim() {
			return m, pool.FailOpen()
		}
	}
	return nil, false
}

// hashAddr and hashString are the same in every process: a successor's choices
// agree with those of the process before.
func hashAddr(a netip.Addr) uint64 {
	b := a.As16()
	return mix(binary.LittleEndian.Uint64(b[:8])+1, binary.LittleEndian.Uint64(b[8:]))
}

func hashString(s string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return h.Sum64()
}

// mix is a well mixed function of two numbers.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xbf58476d1ce4e5b9)
	x := hi ^ lo
	x = (x ^ x>>30) * 0x94d049bb133111eb
	return x ^ x>>31
}
