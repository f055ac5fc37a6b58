package elb

import (
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
)

// Namespaces of load balancers' metrics.
const (
	applicationNamespace = "AWS/ApplicationELB"
	networkNamespace     = "AWS/NetworkELB"
)

// meter adds samples of one load balancer and, when group is set, of one target
// group of it. Both have a second metric with the availability zone.
type meter struct {
	store           *metric.Store
	scope           arn.Scope
	lb, group, zone string // dimensions
	at              time.Time
}

// network tells whether the metrics are a network load balancer's: "net/name/id".
func (m *meter) network() bool { return strings.HasPrefix(m.lb, Network+"/") }

func (m *meter) namespace() string {
	if m.network() {
		return networkNamespace
	}
	return applicationNamespace
}

// add takes dimensions in order of name, in which the store need not sort them.
func (m *meter) add(name, unit string, s metric.Sample, dims ...string) {
	m.store.AddSample(metric.Metric{Scope: m.scope, Namespace: m.namespace(), Name: name, Unit: unit, Dimensions: metric.Dims(dims...)}, s, m.at)
}

// balancer adds to the metrics of the load balancer. No samples are no datapoint.
func (m *meter) balancer(name, unit string, s metric.Sample) {
	if s.Count == 0 {
		return
	}
	m.add(name, unit, s, "LoadBalancer", m.lb)
	if m.zone != "" {
		m.add(name, unit, s, "AvailabilityZone", m.zone, "LoadBalancer", m.lb)
	}
}

// both adds to the metrics of the load balancer and of the target group in it.
func (m *meter) both(name, unit string, s metric.Sample) {
	m.balancer(name, unit, s)
	m.target(name, unit, s)
}

// target adds to the metrics of the target group in the load balancer.
func (m *meter) target(name, unit string, s metric.Sample) {
	if m.group == "" || s.Count == 0 {
		return
	}
	m.add(name, unit, s, "LoadBalancer", m.lb, "TargetGroup", m.group)
	if m.zone != "" {
		m.add(name, unit, s, "AvailabilityZone", m.zone, "LoadBalancer", m.lb, "TargetGroup", m.group)
	}
}

// perTarget adds to RequestCountPerTarget, which has no zones.
func (m *meter) perTarget(s metric.Sample) {
	m.add("RequestCountPerTarget", "Count", s, "TargetGroup", m.group)
	m.add("RequestCountPerTarget", "Count", s, "LoadBalancer", m.lb, "TargetGroup", m.group)
}
