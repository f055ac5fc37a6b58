package elb

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// census counts the hosts of every group twice a minute, as long as Run runs.
func (b *Balancer) census(ctx context.Context) {
	tick := time.NewTicker(max(b.opts.Metrics.Minute()/2, 100*time.Millisecond))
	defer tick.Stop()
	for {
		b.countHosts(b.opts.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// hosts is what is known of the targets of a group.
type hosts struct {
	healthy int
	grpc    bool
}

// countHosts measures HealthyHostCount and UnHealthyHostCount of each group in
// use, for each of its load balancers. A target that is neither yet counts in
// neither. RequestCount is always reported, so that an idle application load
// balancer has the value zero and not none.
func (b *Balancer) countHosts(at time.Time) {
	counted := map[string]hosts{}
	b.opts.Store.View(func(tx *store.Tx) {
		for arn, g := range groups.All(tx) {
			lbs := LoadBalancersOf(tx, arn)
			if len(lbs) == 0 {
				continue
			}
			healthy, unhealthy := b.hostsOf(tx, arn)
			counted[arn] = hosts{healthy, g.ProtocolVersion == "GRPC"}
			for _, lb := range lbs {
				m, _ := b.meterFor(&route.Traffic{LB: LoadBalancerDimension(lb), Group: arn}, at)
				m.target("HealthyHostCount", "Count", metric.Of(float64(healthy), 1))
				m.target("UnHealthyHostCount", "Count", metric.Of(float64(unhealthy), 1))
				if !m.network() {
					m.idle()
				}
			}
		}
	})
	b.mu.Lock()
	b.counted = counted
	b.mu.Unlock()
	b.countConnections(at)
	b.countFlows(at)
}

// countConnections measures ActiveConnectionCount once a minute, so that Sum is the
// number: the connections of clients, not those to targets.
func (b *Balancer) countConnections(at time.Time) {
	b.mu.Lock()
	var all []*meter
	var conns []uint64
	for name, lb := range b.known {
		if lb.conns > 0 {
			all = append(all, &meter{store: b.opts.Metrics, scope: lb.scope, lb: name, zone: lb.zone, at: at})
			conns = append(conns, lb.conns)
		}
	}
	b.mu.Unlock()
	for i, m := range all {
		if !m.measured("ActiveConnectionCount", "Count", "LoadBalancer", m.lb) {
			m.balancer("ActiveConnectionCount", "Count", metric.Of(float64(conns[i]), 1))
		}
	}
}

func (b *Balancer) hostsOf(tx *store.Tx, group string) (healthy, unhealthy int) {
	for r := range Registered(tx, group) {
		switch b.HealthOf(tx, r).State {
		case Healthy:
			healthy++
		case Unhealthy:
			unhealthy++
		}
	}
	return healthy, unhealthy
}

// idle reports zero requests where none were counted this minute.
func (m *meter) idle() {
	zero := metric.Of(0, 1)
	if !m.measured("RequestCount", "Count", "LoadBalancer", m.lb) {
		m.balancer("RequestCount", "Count", zero)
	}
	if !m.measured("RequestCount", "Count", "LoadBalancer", m.lb, "TargetGroup", m.group) {
		m.target("RequestCount", "Count", zero)
		m.perTarget(zero)
	}
}

// measured tells whether a metric has a datapoint in this minute.
func (m *meter) measured(name, unit string, dims ...string) bool {
	x := metric.Metric{Scope: m.scope, Namespace: m.namespace(), Name: name, Unit: unit, Dimensions: metric.Dims(dims...)}
	return len(m.store.Query(x, m.at.Truncate(m.store.Minute()), m.at.Add(1), 60)) > 0
}
