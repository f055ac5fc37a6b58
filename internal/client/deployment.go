package client

import (
	"cmp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// deploymentOf joins a service deployment with DescribeServices' deployments:
// revision N there is deployment ecs-svc/N here, which knows the task definition,
// the failed tasks, and the tasks of this moment.
func deploymentOf(d *types.ServiceDeployment, s *types.Service) *Deployment {
	out := &Deployment{
		ARN: aws.ToString(d.ServiceDeploymentArn), Status: string(d.Status), Reason: aws.ToString(d.StatusReason),
		Strategy: strategy(d.DeploymentConfiguration), Stage: string(d.LifecycleStage),
		Created: aws.ToTime(d.CreatedAt), Started: d.StartedAt, Finished: d.FinishedAt,
		Old: []Revision{}, Hooks: []Hook{}, Raw: d,
	}
	out.ID = Last(out.ARN)
	if out.Finished == nil {
		out.Finished = d.StoppedAt
	}
	for _, r := range d.SourceServiceRevisions {
		out.Old = append(out.Old, revisionOf(&r, s))
	}
	if d.TargetServiceRevision != nil {
		out.New = revisionOf(d.TargetServiceRevision, s)
	}
	for _, h := range d.LifecycleHookDetails {
		out.Hooks = append(out.Hooks, Hook{
			ID: aws.ToString(h.HookId), Type: string(h.TargetType), Target: aws.ToString(h.TargetArn), Status: string(h.Status),
			Expires: h.ExpiresAt, TimeoutAction: string(h.TimeoutAction),
		})
	}
	if a := d.Alarms; a != nil {
		out.Alarms = &Alarms{Status: string(a.Status), Names: a.AlarmNames, Triggered: a.TriggeredAlarmNames}
	}
	if b := d.DeploymentCircuitBreaker; b != nil {
		out.Breaker = &Breaker{Status: string(b.Status), Failures: b.FailureCount, Threshold: b.Threshold}
	}
	if r := d.Rollback; r != nil {
		out.Rollback = &Rollback{Reason: aws.ToString(r.Reason), Started: aws.ToTime(r.StartedAt), Revision: aws.ToString(r.ServiceRevisionArn)}
	}
	out.Outcome = outcomeOf(d.Status, out.Hooks)
	return out
}

func revisionOf(r *types.ServiceRevisionSummary, s *types.Service) Revision {
	out := Revision{
		ARN: aws.ToString(r.Arn), Number: Last(aws.ToString(r.Arn)),
		Requested: r.RequestedTaskCount, Running: r.RunningTaskCount, Pending: r.PendingTaskCount,
		Weight: r.RequestedProductionTrafficWeight, TestWeight: r.RequestedTestTrafficWeight,
	}
	for _, d := range s.Deployments {
		if strings.TrimPrefix(aws.ToString(d.Id), "ecs-svc/") == out.Number {
			out.TaskDefinition = Last(aws.ToString(d.TaskDefinition))
			out.Requested, out.Running, out.Pending, out.Failed = d.DesiredCount, d.RunningCount, d.PendingCount, d.FailedTasks
		}
	}
	return out
}

// rollout makes a Deployment of DescribeServices alone.
func rollout(s *types.Service) *Deployment {
	out := &Deployment{Strategy: strategy(s.DeploymentConfiguration), Old: []Revision{}, Hooks: []Hook{}}
	for _, d := range s.Deployments {
		number := strings.TrimPrefix(aws.ToString(d.Id), "ecs-svc/")
		r := Revision{
			Number: number, TaskDefinition: Last(aws.ToString(d.TaskDefinition)),
			Requested: d.DesiredCount, Running: d.RunningCount, Pending: d.PendingCount, Failed: d.FailedTasks,
		}
		if aws.ToString(d.Status) != "PRIMARY" {
			out.Old = append(out.Old, r)
			continue
		}
		out.ID, out.New, out.Created = number, r, aws.ToTime(d.CreatedAt)
		out.Status, out.Reason = cmp.Or(string(d.RolloutState), "PRIMARY"), aws.ToString(d.RolloutStateReason)
		out.Outcome = outcomeOfRollout(d.RolloutState, d.RunningCount, d.DesiredCount)
	}
	if out.ID == "" {
		return nil
	}
	return out
}
