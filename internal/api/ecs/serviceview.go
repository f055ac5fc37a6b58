package ecs

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
)

// serviceView is a service as it is described: its own settings, the settings of
// its primary revision, and counts over its tasks.
func (r *request) serviceView(svc *state.Service, tags bool) types.Service {
	out := svc.Body.V // a copy; what it points to is shared and stays as it is
	t := tallyOf(r.Tx, svc)
	sum := t.total()
	out.Status, out.DesiredCount = &svc.Status, int32(svc.Desired)
	out.RunningCount, out.PendingCount = int32(sum.running), int32(sum.pending)
	out.Events = events(svc)
	out.TaskSets = []types.TaskSet{}
	out.Deployments = make([]types.Deployment, 0, len(svc.Listed))
	out.CurrentServiceRevisions = make([]types.ServiceCurrentRevisionSummary, 0, len(svc.Listed))
	if svc.Deployment != "" {
		out.CurrentServiceDeployment = ptr(svc.Scope.ServiceDeployment(svc.Cluster, svc.Name, svc.Deployment))
	}
	if primary, ok := state.Revisions.Get(r.Tx, svc.Key()+"/"+svc.Primary); ok {
		fromRevision(&out, &primary.Body.V)
		if svc.Status != inactive {
			r.addDeployment(&out, svc, primary, t)
		}
	}
	for _, n := range svc.Listed {
		if n == svc.Primary {
			continue
		}
		if rev, ok := state.Revisions.Get(r.Tx, svc.Key()+"/"+n); ok {
			r.addDeployment(&out, svc, rev, t)
		}
	}
	if !tags {
		out.Tags = nil
	}
	out.Tags = list(out.Tags)
	return out
}

// fromRevision shows the settings of the primary revision: after a rollback they
// are not those of the newest update.
func fromRevision(out *types.Service, b *types.ServiceRevision) {
	out.TaskDefinition = b.TaskDefinition
	out.NetworkConfiguration = b.NetworkConfiguration
	out.LoadBalancers, out.ServiceRegistries = b.LoadBalancers, b.ServiceRegistries
	if get(out.PlatformVersion) != "LATEST" {
		out.PlatformVersion = b.PlatformVersion
	}
}

// addDeployment adds an entry to deployments[] and to currentServiceRevisions[].
func (r *request) addDeployment(out *types.Service, svc *state.Service, rev *state.Revision, t tally) {
	c, b := t.of(rev.N), &rev.Body.V
	d := types.Deployment{
		Id: ptr("ecs-svc/" + rev.N), Status: &activeText, TaskDefinition: b.TaskDefinition,
		DesiredCount: int32(rev.Desired), RunningCount: int32(c.running), PendingCount: int32(c.pending), FailedTasks: int32(rev.Failed),
		CreatedAt: &rev.Created, UpdatedAt: shown(rev.Updated, rev.Created),
		LaunchType: b.LaunchType, CapacityProviderStrategy: b.CapacityProviderStrategy,
		PlatformVersion: b.PlatformVersion, PlatformFamily: b.PlatformFamily, NetworkConfiguration: b.NetworkConfiguration,
		ServiceConnectConfiguration: b.ServiceConnectConfiguration, ServiceConnectResources: connectResources(rev),
		RolloutState: types.DeploymentRolloutState(rev.Rollout), RolloutStateReason: text(rev.RolloutReason),
	}
	requested := rev.Desired
	if rev.N == svc.Primary {
		d.Status, requested = &primaryText, svc.Desired
	}
	out.Deployments = append(out.Deployments, d)
	out.CurrentServiceRevisions = append(out.CurrentServiceRevisions, types.ServiceCurrentRevisionSummary{
		Arn: b.ServiceRevisionArn, RequestedTaskCount: int32(requested),
		RunningTaskCount: int32(c.running), PendingTaskCount: int32(c.pending),
	})
}

// activeText and primaryText are what answers point to.
var activeText, primaryText = active, "PRIMARY"

// events shows the newest service events.
func events(svc *state.Service) []types.ServiceEvent {
	out := make([]types.ServiceEvent, len(svc.Events))
	for i := range svc.Events {
		e := &svc.Events[i]
		out[i] = types.ServiceEvent{Id: &e.ID, CreatedAt: &e.Created, Message: &e.Message}
	}
	return out
}
