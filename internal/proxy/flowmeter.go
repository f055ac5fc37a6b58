package proxy

import (
	"sync/atomic"

	"github.com/grue-ecs/grue/internal/route"
)

// flowKind is what a flow is counted as. A connection through a TLS listener is
// TLS, whatever its target speaks.
type flowKind uint8

const (
	flowTCP flowKind = iota
	flowTLS
	flowUDP
	flowKinds
)

var flowNames = [flowKinds]string{route.ProtocolTCP, route.ProtocolTLS, route.ProtocolUDP}

// flowMeter counts the flows of one protocol for a load balancer and a group.
type flowMeter struct {
	active atomic.Int64
	told   uint64 // active, as reported last
	shards [meterShards]flowCounters
}

// flowCounters has the same fields as route.FlowTraffic.
type flowCounters struct {
	opened, bytes, packets                atomic.Uint64
	clientResets, targetResets, elbResets atomic.Uint64
	rejected, unhealthy                   atomic.Uint64
	clientTLS, targetTLS                  atomic.Uint64
	_                                     [64]byte // no false sharing with the next shard
}

func (m *flowMeter) shard(n uint32) *flowCounters { return &m.shards[n%meterShards] }

// flow returns the counters of a protocol; they are made when they are asked for.
func (m *meter) flow(kind flowKind) *flowMeter {
	f := m.flows[kind].Load()
	if f == nil {
		m.flows[kind].CompareAndSwap(nil, new(flowMeter))
		f = m.flows[kind].Load()
	}
	return f
}

// takeFlows moves the counts into t and reports whether there were any, or
// flows: their number is told again and again, for whoever hears it may have been
// started since. There is no more of one direction than of the other
// here: bytes and packets are of both.
func (m *meter) takeFlows(t *route.Traffic) (any bool) {
	for kind := range m.flows {
		f := m.flows[kind].Load()
		if f == nil {
			continue
		}
		var sum route.FlowTraffic
		if !f.take(&sum) {
			continue
		}
		if t.Flows == nil {
			t.Flows = make(map[string]*route.FlowTraffic)
		}
		t.Flows[flowNames[kind]] = &sum
		any = true
	}
	return any
}

func (m *flowMeter) take(t *route.FlowTraffic) bool {
	for i := range m.shards {
		c := &m.shards[i]
		t.New += c.opened.Swap(0)
		t.Bytes += c.bytes.Swap(0)
		t.Packets += c.packets.Swap(0)
		t.ClientResets += c.clientResets.Swap(0)
		t.TargetResets += c.targetResets.Swap(0)
		t.ELBResets += c.elbResets.Swap(0)
		t.Rejected += c.rejected.Swap(0)
		t.Unhealthy += c.unhealthy.Swap(0)
		t.ClientTLS += c.clientTLS.Swap(0)
		t.TargetTLS += c.targetTLS.Swap(0)
	}
	counted := *t != route.FlowTraffic{}
	t.Active = uint64(max(m.active.Load(), 0))
	moved := t.Active != m.told
	m.told = t.Active
	return counted || moved || t.Active > 0
}

// flowing reports whether any flow is open.
func (m *meter) flowing() bool {
	for kind := range m.flows {
		if f := m.flows[kind].Load(); f != nil && f.active.Load() > 0 {
			return true
		}
	}
	return false
}
