package elb

import (
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// ownNamespace holds grue's own metrics: what the tasks of a service, and of each of
// its revisions, answered and received through load balancers.
const ownNamespace = "Grue/ECS"

// owner is the ECS service whose tasks a target group holds. revision is "" while
// the group holds tasks of several, as in a rolling deployment.
type owner struct {
	scope                      arn.Scope
	cluster, service, revision string
}

// ownersOf finds the owners of groups. A group that several services share has the
// owner without a name.
func ownersOf(tx *store.Tx) map[string]owner {
	out, shared := map[string]owner{}, map[string]bool{}
	for _, t := range state.Tasks.All(tx) {
		if t.Service == "" || t.LastStatus == "STOPPED" {
			continue
		}
		for _, x := range t.Targets {
			now := owner{t.Scope, t.Cluster, t.Service, t.Revision}
			o, ok := out[x.Group]
			switch {
			case x.State == "refused":
				continue
			case ok && (o.service != t.Service || o.cluster != t.Cluster):
				shared[x.Group] = true
			case ok && o.revision != t.Revision:
				now.revision = ""
			}
			out[x.Group] = now
		}
	}
	for group := range shared {
		out[group] = owner{}
	}
	return out
}

// ownership remembers owners: the last requests of a task are reported when it is
// gone. Balancer.mu guards it.
type ownership struct {
	of     map[string]owner // by group
	looked time.Time
}

// learnOwners looks at the tasks, not more often than proxies report.
func (b *Balancer) learnOwners(at time.Time) {
	b.mu.Lock()
	fresh := at.Sub(b.owners.looked) < b.reportEvery()
	b.mu.Unlock()
	if fresh {
		return
	}
	var found map[string]owner
	b.opts.Store.View(func(tx *store.Tx) {
		found = ownersOf(tx)
		b.mu.Lock()
		defer b.mu.Unlock()
		for group, o := range b.owners.of {
			if _, ok := found[group]; !ok && Associated(tx, group) {
				found[group] = o
			}
		}
		b.owners = ownership{found, at}
	})
}

// serve adds what targets answered to the metrics of the service, and of the
// revision, whose tasks they are.
func (b *Balancer) serve(t *route.Traffic, at time.Time) {
	b.mu.Lock()
	o, ok := b.owners.of[t.Group]
	b.mu.Unlock()
	if !ok || o.service == "" {
		return
	}
	s := Served{o.scope, o.cluster, o.service, o.revision}
	s.Add(b.opts.Metrics, t, at)
	b.served.Add(s, t)
	b.opts.Ledger.Add(s, t, at)
}

// Served is whose tasks answered; Revision "" = those of several.
type Served struct {
	Scope                      arn.Scope
	Cluster, Service, Revision string
}

// Add adds a report to the metrics of the service and its revision.
func (o Served) Add(store *metric.Store, t *route.Traffic, at time.Time) {
	add := func(name, unit string, s metric.Sample) {
		if s.Count == 0 {
			return
		}
		m := metric.Metric{Scope: o.Scope, Namespace: ownNamespace, Name: name, Unit: unit, Dimensions: metric.Dims("ClusterName", o.Cluster, "ServiceName", o.Service)}
		store.AddSample(m, s, at)
		if o.Revision != "" {
			m.Dimensions = metric.Dims("ClusterName", o.Cluster, "ServiceName", o.Service, "ServiceRevision", o.Revision)
			store.AddSample(m, s, at)
		}
	}
	for _, c := range answered(t) {
		add(c.name, "Count", count(c.n))
	}
	add("TargetResponseTime", "Seconds", latency(t))
	sum := total(t.Flows)
	add("NewFlowCount", "Count", count(sum.New))
	add("TCP_Target_Reset_Count", "Count", count(sum.TargetResets))
	add("ProcessedBytes", "Bytes", amount(sum.Bytes))
}
