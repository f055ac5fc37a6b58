package ecs

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
)

// census counts what is in a cluster.
type census struct {
	running, pending, stopping int // tasks
	active, draining           int // services
	byKind                     map[string]int
}

// census walks the services and tasks of one cluster.
func (r *request) census(cluster string) census {
	n := census{byKind: map[string]int{}}
	for _, svc := range state.Services.Prefix(r.Tx, r.Key(cluster, "")) {
		switch svc.Status {
		case active:
			n.active++
			n.byKind["active"+kindOf(string(svc.Body.V.LaunchType), svc.Body.V.CapacityProviderStrategy)+"ServiceCount"]++
		case draining:
			n.draining++
			n.byKind["draining"+kindOf(string(svc.Body.V.LaunchType), svc.Body.V.CapacityProviderStrategy)+"ServiceCount"]++
		}
	}
	for _, t := range state.Tasks.Prefix(r.Tx, state.TaskKey(r.Scope, cluster, "")) {
		kind := kindOf(t.LaunchType, nil)
		if t.CapacityProvider != "" {
			kind = "Fargate"
		}
		switch {
		case isRunning(t):
			n.running++
			n.byKind["running"+kind+"TasksCount"]++
		case isPending(t):
			n.pending++
			n.byKind["pending"+kind+"TasksCount"]++
		case t.LastStatus != stopped:
			n.stopping++
		}
	}
	return n
}

// kindOf is how statistics name a launch type.
func kindOf(launchType string, strategy []types.CapacityProviderStrategyItem) string {
	switch {
	case launchType == string(types.LaunchTypeFargate) || len(strategy) > 0:
		return "Fargate"
	case launchType == string(types.LaunchTypeExternal):
		return "External"
	}
	return "EC2"
}

// statistics are the counters of DescribeClusters, in ECS's order.
var statistics = []string{
	"runningEC2TasksCount", "runningFargateTasksCount", "pendingEC2TasksCount", "pendingFargateTasksCount",
	"runningExternalTasksCount", "pendingExternalTasksCount", "activeEC2ServiceCount", "activeFargateServiceCount",
	"activeExternalServiceCount", "drainingEC2ServiceCount", "drainingFargateServiceCount", "drainingExternalServiceCount",
}

// everything includes all optional members of a cluster but its statistics.
func everything(f types.ClusterField) bool { return f != types.ClusterFieldAttachments }

// clusterView is a cluster as it is described.
func (s *Service) clusterView(r *request, c *state.Cluster, include func(types.ClusterField) bool) types.Cluster {
	out := c.Body.V
	out.CapacityProviders = list(out.CapacityProviders)
	out.DefaultCapacityProviderStrategy = list(out.DefaultCapacityProviderStrategy)
	out.Statistics = []types.KeyValuePair{}
	if !include(types.ClusterFieldSettings) {
		out.Settings = []types.ClusterSetting{}
	}
	if !include(types.ClusterFieldTags) {
		out.Tags = nil
	}
	out.Tags = list(out.Tags)
	if !include(types.ClusterFieldConfigurations) {
		out.Configuration = nil
	}
	if include(types.ClusterFieldAttachments) {
		out.Attachments = []types.Attachment{}
	}
	if get(out.Status) != active {
		return out
	}
	n := r.census(c.Name)
	out.RunningTasksCount, out.PendingTasksCount = int32(n.running), int32(n.pending)
	out.ActiveServicesCount, out.RegisteredContainerInstancesCount = int32(n.active), 1
	if include(types.ClusterFieldStatistics) {
		for _, name := range statistics {
			out.Statistics = append(out.Statistics, types.KeyValuePair{Name: ptr(name), Value: ptr(strconv.Itoa(n.byKind[name]))})
		}
	}
	return out
}
