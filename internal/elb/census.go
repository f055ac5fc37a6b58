package elb

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/metric"
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

// countHosts measures HealthyHostCount and UnHealthyHostCount of each group in
// use, for each of its load balancers. A target that is neither yet counts in
// neither. RequestCount is always reported, so that an idle load balancer has
// the value zero and not none.
func (b *Balancer) countHosts(at time.Time) {
	counted := map[string]int{}
	b.opts.Store.View(func(tx *store.Tx) {
		for arn, g := range groups.All(tx) {
			lbs := LoadBalancersOf(tx, arn)
			if len(lbs) == 0 {
				continue
			}
			healthy, unhealthy := b.hostsOf(tx, arn)
			counted[arn] = healthy
			for _, lb := range lbs {
				m := &meter{store: b.opts.Metrics, scope: scopeOf(lb), lb: LoadBalancerDimension(lb), group: g.Dimension(), at: at}
				m.target("HealthyHostCount", "Count", metric.Of(float64(healthy), 1))
				m.target("UnHealthyHostCount", "Count", metric.Of(float64(unhealthy), 1))
				m.idle()
			}
		}
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.healthy = counted
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
	zero := func(dims ...string) {
		x := metric.Metric{Scope: m.scope, Namespace: namespace, Name: "RequestCount", Unit: "Count", Dimensions: metric.Dims(dims...)}
		if minute := m.at.Truncate(m.store.Minute()); len(m.store.Query(x, minute, m.at.Add(1), 60)) == 0 {
			m.store.Add(x, 0, m.at)
		}
	}
	zero("LoadBalancer", m.lb)
	zero("TargetGroup", m.group, "LoadBalancer", m.lb)
}
