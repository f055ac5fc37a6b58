package elb

import (
	"math"
	"time"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
)

// reportEvery is how often proxies report: ten times in a minute that is short, so
// that a count is in the period in which it happened, else every second.
func (b *Balancer) reportEvery() time.Duration {
	if b.opts.Metrics == nil {
		return 0
	}
	return min(b.opts.Metrics.Minute()/10, time.Second)
}

// count is a counter's sample: n times the value 1, as CloudWatch has it, so
// that Sum is the count and minimum, maximum and average are 1.
func count(n uint64) metric.Sample { return metric.Of(1, float64(n)) }

// measure turns reports into metrics. Counters that are zero have no datapoint.
func (b *Balancer) measure(reports []route.Traffic, at time.Time) {
	b.learnOwners(at)
	defer b.peaks(reports, at)
	for i := range reports {
		t := &reports[i]
		if b.opts.Others != nil && b.opts.Others.TakeTraffic(t, at) {
			continue
		}
		m, ok := b.meterFor(t, at)
		if !ok {
			continue
		}
		if m.network() {
			m.flows(t)
			b.serve(t, at)
			continue
		}
		m.elb(t)
		if t.Group == "" {
			continue
		}
		m.targets(t)
		b.serve(t, at)
		if h := b.hosts(t.Group); t.Requests > 0 {
			m.perTarget(metric.Of(float64(t.Requests)/float64(max(h.healthy, 1)), 1))
			if h.grpc {
				m.balancer("GrpcRequestCount", "Count", count(t.Requests))
			}
		}
	}
}

// meterFor finds the account, region and zone of a report. It is false for a load
// balancer that has gone, unless its group tells.
func (b *Balancer) meterFor(t *route.Traffic, at time.Time) (*meter, bool) {
	m := &meter{store: b.opts.Metrics, lb: t.LB, at: at}
	if t.Group != "" {
		m.scope, m.group = scopeOf(t.Group), GroupDimension(t.Group)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	lb := b.known[t.LB]
	if lb == nil {
		return m, t.Group != ""
	}
	m.scope, m.zone = lb.scope, lb.zone
	for protocol, f := range t.Flows {
		lb.flows[flowKey{t.Group, protocol}] = openFlows{f.Active, at}
	}
	if t.Group == "" {
		lb.conns = t.ActiveConns
	}
	return m, true
}

// elb adds what the load balancer itself answered and did.
func (m *meter) elb(t *route.Traffic) {
	for _, c := range []counter{
		{"HTTPCode_ELB_3XX_Count", t.ELB3xx},
		{"HTTPCode_ELB_4XX_Count", t.ELB4xx},
		{"HTTPCode_ELB_5XX_Count", t.ELB5xx},
		{"HTTPCode_ELB_500_Count", t.ELB500},
		{"HTTPCode_ELB_502_Count", t.ELB502},
		{"HTTPCode_ELB_503_Count", t.ELB503},
		{"HTTPCode_ELB_504_Count", t.ELB504},
		{"NewConnectionCount", t.NewConns},
		{"ClientTLSNegotiationErrorCount", t.TLSErrors},
		{"RuleEvaluations", t.Rules},
		{"HTTP_Fixed_Response_Count", t.Fixed},
		{"HTTP_Redirect_Count", t.Redirects},
	} {
		m.balancer(c.name, "Count", count(c.n))
	}
	if t.Bytes > 0 {
		m.balancer("ProcessedBytes", "Bytes", metric.Of(float64(t.Bytes), 1))
	}
}

// counter is a counter under CloudWatch's name.
type counter struct {
	name string
	n    uint64
}

// answered are the counters of what targets answered.
func answered(t *route.Traffic) []counter {
	return []counter{
		{"RequestCount", t.Requests},
		{"HTTPCode_Target_2XX_Count", t.Target2xx},
		{"HTTPCode_Target_3XX_Count", t.Target3xx},
		{"HTTPCode_Target_4XX_Count", t.Target4xx},
		{"HTTPCode_Target_5XX_Count", t.Target5xx},
		{"TargetConnectionErrorCount", t.ConnectErrors},
	}
}

// targets adds what targets answered.
func (m *meter) targets(t *route.Traffic) {
	for _, c := range answered(t) {
		m.both(c.name, "Count", count(c.n))
	}
	if s := latency(t); s.Count > 0 {
		m.both("TargetResponseTime", "Seconds", s)
	}
}

// latency is the distribution of target response times in seconds. A bucket
// stands for four values spread over it; the sum is the measured one.
func latency(t *route.Traffic) metric.Sample {
	const parts = 4
	var values []metric.Value
	for i, n := range t.Latency {
		if n == 0 {
			continue
		}
		high := route.LatencyBound(i).Seconds()
		for p := range parts {
			at := high * math.Pow(2, -0.5*(float64(p)+0.5)/parts)
			values = append(values, metric.Value{Value: at, Count: float64(n) / parts})
		}
	}
	s := metric.Spread(values)
	s.Sum = t.LatencySum.Seconds()
	return s
}

// hosts is what countHosts found of a group.
func (b *Balancer) hosts(group string) hosts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counted[group]
}
