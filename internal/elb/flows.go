package elb

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
)

// flowKey is whose flows a number of flows is: a group's ("" = no group's), of a
// protocol.
type flowKey struct{ group, protocol string }

// openFlows is how many flows there were when a proxy said so last. It says so with
// every report as long as there are any: a number that is not repeated is a dead
// proxy's.
type openFlows struct {
	n  uint64
	at time.Time
}

// forgotten is for how long a number of flows need not be repeated.
func (b *Balancer) forgotten() time.Duration { return 10*b.reportEvery() + 2*time.Second }

// amount is the sample of a size; none when it is 0.
func amount(n uint64) metric.Sample {
	if n == 0 {
		return metric.Sample{}
	}
	return metric.Of(float64(n), 1)
}

// total is the sum over all protocols.
func total(flows map[string]*route.FlowTraffic) (sum route.FlowTraffic) {
	for _, f := range flows {
		active := sum.Active + f.Active
		sum.Add(f)
		sum.Active = active
	}
	return sum
}

// flows adds what a network load balancer forwarded: of all protocols together, and
// some of it by protocol ("NewFlowCount_TLS").
func (m *meter) flows(t *route.Traffic) {
	sum := total(t.Flows)
	for _, c := range []counter{
		{"NewFlowCount", sum.New},
		{"TCP_Client_Reset_Count", sum.ClientResets},
		{"TCP_Target_Reset_Count", sum.TargetResets},
		{"TCP_ELB_Reset_Count", sum.ELBResets},
		{"RejectedFlowCount", sum.Rejected},
		{"UnhealthyRoutingFlowCount", sum.Unhealthy},
		{"ClientTLSNegotiationErrorCount", sum.ClientTLS},
		{"TargetTLSNegotiationErrorCount", sum.TargetTLS},
	} {
		m.balancer(c.name, "Count", count(c.n))
	}
	m.balancer("ProcessedBytes", "Bytes", amount(sum.Bytes))
	m.balancer("ProcessedPackets", "Count", amount(sum.Packets))
	for _, protocol := range slices.Sorted(maps.Keys(t.Flows)) {
		f := t.Flows[protocol]
		m.balancer("NewFlowCount_"+protocol, "Count", count(f.New))
		m.balancer("ProcessedBytes_"+protocol, "Bytes", amount(f.Bytes))
		if protocol == route.ProtocolTCP {
			m.balancer("RejectedFlowCount_TCP", "Count", count(f.Rejected))
		}
	}
}

// peaks measures PeakPacketsPerSecond: the highest rate within a minute, as precise
// as reports are frequent.
func (b *Balancer) peaks(reports []route.Traffic, at time.Time) {
	packets := map[string]uint64{}
	for i := range reports {
		if n := total(reports[i].Flows).Packets; n > 0 {
			packets[reports[i].LB] += n
		}
	}
	for lb, n := range packets {
		if m, ok := b.meterFor(&route.Traffic{LB: lb}, at); ok && m.network() {
			m.balancer("PeakPacketsPerSecond", "Count/Second", metric.Of(float64(n)/b.reportEvery().Seconds(), 1))
		}
	}
}

// steady are the counters of a network load balancer that are always reported.
var steady = []struct{ name, unit string }{
	{"NewFlowCount", "Count"},
	{"ProcessedBytes", "Bytes"},
	{"TCP_Client_Reset_Count", "Count"},
	{"TCP_ELB_Reset_Count", "Count"},
	{"TCP_Target_Reset_Count", "Count"},
}

// countFlows measures ActiveFlowCount of every network load balancer, and zeros of
// counters that counted nothing this minute: an idle one has values, not none.
func (b *Balancer) countFlows(at time.Time) {
	for m, active := range b.flowing(at) {
		var all uint64
		for _, n := range active {
			all += n
		}
		m.balancer("ActiveFlowCount", "Count", metric.Of(float64(all), 1))
		for protocol, n := range active {
			if n > 0 {
				m.balancer("ActiveFlowCount_"+protocol, "Count", metric.Of(float64(n), 1))
			}
		}
		for _, c := range steady {
			if !m.measured(c.name, c.unit, "LoadBalancer", m.lb) {
				m.balancer(c.name, c.unit, metric.Of(0, 1))
			}
		}
	}
}

// flowing lists the network load balancers with the flows that are open, by protocol.
func (b *Balancer) flowing(at time.Time) map[*meter]map[string]uint64 {
	oldest := at.Add(-b.forgotten())
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[*meter]map[string]uint64{}
	for name, lb := range b.known {
		if !strings.HasPrefix(name, Network+"/") {
			continue
		}
		active := map[string]uint64{}
		for key, open := range lb.flows {
			if open.at.Before(oldest) {
				delete(lb.flows, key)
				continue
			}
			active[key.protocol] += open.n
		}
		out[&meter{store: b.opts.Metrics, scope: lb.scope, lb: name, zone: lb.zone, at: at}] = active
	}
	return out
}
