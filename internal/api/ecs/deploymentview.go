package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

// deploymentView is a service deployment as it is described.
func (r *request) deploymentView(d *state.Deployment) types.ServiceDeployment {
	m := &d.Machine
	out := types.ServiceDeployment{
		ServiceDeploymentArn: ptr(d.ARN()), ServiceArn: ptr(r.Service(d.Cluster, d.Service)), ClusterArn: ptr(r.Cluster(d.Cluster)),
		CreatedAt: &d.Created, StartedAt: at(m.StartedAt), FinishedAt: at(m.FinishedAt),
		StoppedAt: at(m.StoppedAt), UpdatedAt: shown(m.UpdatedAt, d.Created),
		Status: types.ServiceDeploymentStatus(m.Status), StatusReason: text(statusReason(d, m.StatusReason)),
		LifecycleStage:          types.ServiceDeploymentLifecycleStage(m.LifecycleStage()),
		DeploymentConfiguration: &d.Config.V, SourceServiceRevisions: []types.ServiceRevisionSummary{},
		DeploymentCircuitBreaker: breakerView(m), Alarms: alarmsView(d),
	}
	counts := r.countsFor(d)
	target := counts(string(m.Target))
	out.TargetServiceRevision = &target
	for _, src := range m.Sources {
		out.SourceServiceRevisions = append(out.SourceServiceRevisions, counts(string(src)))
	}
	if b := m.Rollback; b != nil {
		out.Rollback = &types.Rollback{Reason: text(statusReason(d, b.Reason)), StartedAt: at(b.StartedAt)}
		if b.To != "" {
			out.Rollback.ServiceRevisionArn = ptr(r.Revision(d.Cluster, d.Service, string(b.To)))
		}
	}
	for i := range m.Hooks {
		if h := &m.Hooks[i]; h.Open() {
			out.LifecycleHookDetails = append(out.LifecycleHookDetails, hookView(m, h))
		}
	}
	return out
}

// countsFor returns a function that summarises a revision: as it was when the
// deployment ended, or as it is.
func (r *request) countsFor(d *state.Deployment) func(n string) types.ServiceRevisionSummary {
	summary := func(n string, requested, running, pending int) types.ServiceRevisionSummary {
		out := types.ServiceRevisionSummary{
			Arn:                ptr(r.Revision(d.Cluster, d.Service, n)),
			RequestedTaskCount: int32(requested), RunningTaskCount: int32(running), PendingTaskCount: int32(pending),
		}
		out.RequestedProductionTrafficWeight = weight(d.Machine.Traffic.Production, n)
		out.RequestedTestTrafficWeight = weight(d.Machine.Traffic.Test, n)
		return out
	}
	if d.Machine.Status.Terminal() {
		return func(n string) types.ServiceRevisionSummary {
			for _, c := range d.FinalCounts {
				if c.N == n {
					return summary(n, c.Requested, c.Running, c.Pending)
				}
			}
			return summary(n, 0, 0, 0)
		}
	}
	svc, ok := state.Services.Get(r.Tx, r.Key(d.Cluster, d.Service))
	if !ok {
		return func(n string) types.ServiceRevisionSummary { return summary(n, 0, 0, 0) }
	}
	t := tallyOf(r.Tx, svc)
	return func(n string) types.ServiceRevisionSummary {
		requested := 0
		if rev, ok := state.Revisions.Get(r.Tx, svc.Key()+"/"+n); ok && slices.Contains(svc.Listed, n) {
			requested = rev.Desired
		}
		if n == svc.Primary {
			requested = svc.Desired
		}
		c := t.of(n)
		return summary(n, requested, c.running, c.pending)
	}
}

// weight is a revision's share of the traffic; absent where nothing is shifted.
func weight(shares []deploy.Share, n string) *float64 {
	if len(shares) == 0 {
		return nil
	}
	for _, x := range shares {
		if string(x.Rev) == n {
			return ptr(x.Percent())
		}
	}
	return ptr(0.0)
}

func breakerView(m *deploy.Deployment) *types.ServiceDeploymentCircuitBreaker {
	out := &types.ServiceDeploymentCircuitBreaker{Status: types.ServiceDeploymentRollbackMonitorsStatus(m.Breaker.Status)}
	if m.Config.Breaker.Enable {
		out.FailureCount, out.Threshold = int32(m.Breaker.Failures), int32(m.Breaker.Threshold)
	}
	return out
}

func alarmsView(d *state.Deployment) *types.ServiceDeploymentAlarms {
	out := &types.ServiceDeploymentAlarms{Status: types.ServiceDeploymentRollbackMonitorsStatus(d.Machine.Alarms.Status)}
	if a := d.Config.V.Alarms; a != nil && a.Enable {
		out.AlarmNames, out.TriggeredAlarmNames = a.AlarmNames, list(d.Machine.Alarms.Triggered)
	}
	return out
}

func hookView(m *deploy.Deployment, h *deploy.Hook) types.DeploymentLifecycleHookDetail {
	c := m.Config.Hooks[h.Config]
	action := c.Action
	if action == "" {
		action = deploy.ActionRollback
	}
	return types.DeploymentLifecycleHookDetail{
		HookId: &h.ID, TargetType: types.DeploymentLifecycleHookTargetType(h.Type), TargetArn: text(c.Target),
		Status: types.DeploymentLifecycleHookStatus(h.Status), ExpiresAt: at(h.ExpiresAt),
		TimeoutAction: types.DeploymentLifecycleHookAction(action),
	}
}
