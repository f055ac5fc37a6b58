package elb

import (
	"cmp"
	"slices"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// Counted is what was counted for a load balancer, or for a target group of it, since the server
// started.
type Counted struct {
	arn.Scope
	LB    string // "app/name/id"
	Group string // "targetgroup/name/id"; "" = what no group answered
	route.Traffic
}

// Counts are the totals of the load balancers and target groups that exist, in the order of their
// names.
func (b *Balancer) Counts() (out []Counted) {
	exists := map[string]bool{}
	b.opts.Store.View(func(tx *store.Tx) {
		for group := range groups.All(tx) {
			exists[group] = true
		}
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, t := range b.totals {
		lb := b.known[key.lb]
		if lb == nil || key.group != "" && !exists[key.group] {
			continue
		}
		c := Counted{Scope: lb.scope, LB: key.lb, Traffic: *t}
		c.Flows = map[string]*route.FlowTraffic{}
		for protocol, f := range t.Flows {
			sum := *f
			sum.Active = lb.flows[flowKey{key.group, protocol}].n
			c.Flows[protocol] = &sum
		}
		if key.group != "" {
			c.Group = GroupDimension(key.group)
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(x, y Counted) int { return cmp.Or(cmp.Compare(x.LB, y.LB), cmp.Compare(x.Group, y.Group)) })
	return out
}

// Served is what the tasks of each revision answered behind load balancers since the server started.
func (b *Balancer) Served() *Sums { return &b.served }

// Standing is how many targets of a group are in which state.
type Standing struct {
	ARN    string
	Group  string // "targetgroup/name/id"
	States map[string]int
}

// Standings are those of the groups in use.
func (b *Balancer) Standings() (out []Standing) {
	b.opts.Store.View(func(tx *store.Tx) {
		for group := range groups.All(tx) {
			if len(LoadBalancersOf(tx, group)) == 0 {
				continue
			}
			s := Standing{group, GroupDimension(group), map[string]int{Healthy: 0, Unhealthy: 0, Initial: 0, Draining: 0}}
			for r := range Registered(tx, group) {
				s.States[b.HealthOf(tx, r).State]++
			}
			out = append(out, s)
		}
	})
	return out
}

// Version is that of the routing table published last; 0 = none yet.
func (b *Balancer) Version() uint64 {
	b.publishing.Lock()
	defer b.publishing.Unlock()
	return b.version
}
