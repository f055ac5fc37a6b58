package usage

import (
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// insightsNamespace is that of Container Insights.
const insightsNamespace = "ECS/ContainerInsights"

func (s *Sampler) insightful(scope arn.Scope, name, unit string, value float64, dims ...string) {
	s.opts.Metrics.Add(metric.Metric{Scope: scope, Namespace: insightsNamespace, Name: name, Unit: unit, Dimensions: metric.Dims(dims...)}, value, s.opts.Now())
}

// insights publishes what one task uses and reserves, in CPU units and megabytes,
// if its cluster has Container Insights.
func (s *Sampler) insights(x *subject, cpus, memory float64) {
	t := x.task
	if !s.insight[t.Scope.Key(t.Cluster)] {
		return
	}
	for _, m := range []struct {
		name, unit string
		value      float64
	}{
		{"CpuUtilized", "None", cpus * 1024},
		{"CpuReserved", "None", x.cpus * 1024},
		{"MemoryUtilized", "Megabytes", memory / (1 << 20)},
		{"MemoryReserved", "Megabytes", x.memory / (1 << 20)},
	} {
		s.insightful(t.Scope, m.name, m.unit, m.value, "ClusterName", t.Cluster)
		s.insightful(t.Scope, m.name, m.unit, m.value, "ClusterName", t.Cluster, "ServiceName", t.Service)
	}
}

// count publishes the numbers of tasks, services and deployments of the clusters
// that have Container Insights.
func (s *Sampler) count(tx *store.Tx) {
	s.insight = map[string]bool{}
	type number struct{ tasks, services int }
	clusters := map[string]*number{}
	for _, c := range state.Clusters.All(tx) {
		if enabled(c) {
			s.insight[c.Key()], clusters[c.Key()] = true, &number{}
		}
	}
	if len(clusters) == 0 {
		return
	}
	running, pending := map[string]int{}, map[string]int{}
	for _, t := range state.Tasks.All(tx) {
		switch at := clusters[t.Scope.Key(t.Cluster)]; {
		case at == nil:
		case t.LastStatus == "RUNNING":
			at.tasks++
			running[t.ServiceKey()]++
		case t.LastStatus == "PROVISIONING" || t.LastStatus == "PENDING" || t.LastStatus == "ACTIVATING":
			pending[t.ServiceKey()]++
		}
	}
	for key, svc := range state.Services.All(tx) {
		at := clusters[svc.Scope.Key(svc.Cluster)]
		if at == nil || svc.Status != "ACTIVE" {
			continue
		}
		at.services++
		for name, n := range map[string]int{
			"DesiredTaskCount": svc.Desired, "RunningTaskCount": running[key], "PendingTaskCount": pending[key], "DeploymentCount": len(svc.Listed), "TaskSetCount": 0,
		} {
			s.insightful(svc.Scope, name, "Count", float64(n), "ClusterName", svc.Cluster, "ServiceName", svc.Name)
		}
	}
	for _, c := range state.Clusters.All(tx) {
		if n := clusters[c.Key()]; n != nil {
			s.insightful(c.Scope, "TaskCount", "Count", float64(n.tasks), "ClusterName", c.Name)
			s.insightful(c.Scope, "ServiceCount", "Count", float64(n.services), "ClusterName", c.Name)
		}
	}
}

// enabled tells whether a cluster has Container Insights, enhanced or not.
func enabled(c *state.Cluster) bool {
	for _, x := range c.Body.V.Settings {
		if x.Name == ecs.ClusterSettingNameContainerInsights && x.Value != nil {
			return *x.Value == "enabled" || *x.Value == "enhanced"
		}
	}
	return false
}
