package harness

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Stage is a lifecycle stage.
type Stage = types.ServiceDeploymentLifecycleStage

// over lists the statuses from which a deployment does not go on.
var over = []types.ServiceDeploymentStatus{"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"}

// Deployment waits until the newest service deployment is as cond wants it.
// When it ends before that, the test fails at once.
func (s *Service) Deployment(t testing.TB, what string, cond func(types.ServiceDeployment) bool) types.ServiceDeployment {
	t.Helper()
	var d types.ServiceDeployment
	ended := false
	err := awaitEvery(50*time.Millisecond, longest, func() bool {
		d = s.Newest(t)
		ended = slices.Contains(over, d.Status)
		return ended || cond(d)
	})
	if err != nil || ended && !cond(d) {
		t.Fatalf("never: %s; the newest deployment is %s in %s: %s\n%s", what, d.Status, d.LifecycleStage, aws.ToString(d.StatusReason), s.Story(t))
	}
	return d
}

// At waits until the newest deployment, in progress, is in a stage.
func (s *Service) At(t testing.TB, stage Stage) types.ServiceDeployment {
	t.Helper()
	return s.Deployment(t, "stage "+string(stage), func(d types.ServiceDeployment) bool {
		return d.Status == types.ServiceDeploymentStatusInProgress && d.LifecycleStage == stage
	})
}

// Paused waits until a PAUSE hook of a stage of the newest deployment waits.
func (s *Service) Paused(t testing.TB, stage Stage) types.ServiceDeployment {
	t.Helper()
	return s.Deployment(t, "a pause at "+string(stage), func(d types.ServiceDeployment) bool {
		return d.LifecycleStage == stage && len(Waiting(d)) > 0
	})
}

// Waiting lists the ids of the PAUSE hooks that wait.
func Waiting(d types.ServiceDeployment) (ids []string) {
	for _, h := range d.LifecycleHookDetails {
		if h.Status == types.DeploymentLifecycleHookStatusAwaitingAction {
			ids = append(ids, *h.HookId)
		}
	}
	return ids
}

// Answer answers every PAUSE hook of d that waits, and waits until that is taken: whoever
// looks for the next pause must not find this one.
func (s *Service) Answer(t testing.TB, d types.ServiceDeployment, action types.DeploymentLifecycleHookAction) {
	t.Helper()
	ids := Waiting(d)
	for _, id := range ids {
		must(s.g.ECS().ContinueServiceDeployment(context.Background(), &ecs.ContinueServiceDeploymentInput{
			ServiceDeploymentArn: d.ServiceDeploymentArn, HookId: &id, Action: action,
		}))(t)
	}
	Await(t, "the answer to a pause is taken", func() bool {
		now := s.Newest(t)
		return *now.ServiceDeploymentArn != *d.ServiceDeploymentArn ||
			!slices.ContainsFunc(Waiting(now), func(id string) bool { return slices.Contains(ids, id) })
	})
}

// Pass waits for the pause at a stage, looks, and continues.
func (s *Service) Pass(t testing.TB, stage Stage, look func(types.ServiceDeployment)) {
	t.Helper()
	d := s.Paused(t, stage)
	if look != nil {
		look(d)
	}
	s.Answer(t, d, types.DeploymentLifecycleHookActionContinue)
}

// StopDeployment calls StopServiceDeployment for the newest deployment.
func (s *Service) StopDeployment(t testing.TB) {
	t.Helper()
	d := s.Newest(t)
	must(s.g.ECS().StopServiceDeployment(context.Background(), &ecs.StopServiceDeploymentInput{
		ServiceDeploymentArn: d.ServiceDeploymentArn, StopType: types.StopServiceDeploymentStopTypeRollback,
	}))(t)
}

// Ended waits until the newest deployment is over and the service is steady,
// and returns the deployment.
func (s *Service) Ended(t testing.TB) types.ServiceDeployment {
	t.Helper()
	s.Deployment(t, "the end", func(d types.ServiceDeployment) bool { return slices.Contains(over, d.Status) })
	s.Wait(t)
	return s.Newest(t)
}

// PauseAt is a PAUSE hook for stages.
func PauseAt(stages ...types.DeploymentLifecycleHookStage) types.DeploymentLifecycleHook {
	return types.DeploymentLifecycleHook{TargetType: types.DeploymentLifecycleHookTargetTypePause, LifecycleStages: stages}
}

// Timeout gives a hook a time-out in minutes, and what follows it.
func Timeout(h types.DeploymentLifecycleHook, minutes int32, action types.DeploymentLifecycleHookAction) types.DeploymentLifecycleHook {
	h.TimeoutConfiguration = &types.DeploymentLifecycleHookTimeoutConfiguration{TimeoutInMinutes: &minutes, Action: action}
	return h
}
