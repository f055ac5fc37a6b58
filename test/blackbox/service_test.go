package blackbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/grue-ecs/grue/test/harness"
)

const (
	successful = types.ServiceDeploymentStatusSuccessful
	rolledBack = types.ServiceDeploymentStatusRollbackSuccessful
	stopped    = types.ServiceDeploymentStatusStopped
)

func bounds(least, most int32) func(*ecs.CreateServiceInput) {
	return func(in *ecs.CreateServiceInput) {
		in.DeploymentConfiguration = &types.DeploymentConfiguration{MinimumHealthyPercent: &least, MaximumPercent: &most}
	}
}

// TestRollingBounds: never fewer healthy, never more running than the
// percentages say, and no request lost.
func TestRollingBounds(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	for _, c := range []struct {
		desired, least, most int32
		low, high            int
	}{
		{4, 50, 100, 2, 4}, {3, 100, 200, 3, 6}, {3, 100, 150, 3, 4}, {5, 60, 140, 3, 7}, {1, 0, 100, 0, 1}, {2, 51, 150, 2, 3},
	} {
		name := fmt.Sprintf("bounds-%d-%d-%d", c.desired, c.least, c.most)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			svc := g.NewServiceOf(t, harness.ServiceSpec{Name: name, Image: g.Guest(t, "v1", ""), Count: c.desired, Create: bounds(c.least, c.most)})
			var load *harness.Load
			if c.low > 0 {
				load = harness.StartLoad(t, svc.URL)
			}
			w := svc.Watch(t)
			svc.Update(t, g.Guest(t, "v2", ""))
			if got := svc.Wait(t); got != successful {
				t.Errorf("%s\n%s", got, svc.Story(t))
			}
			w.Stop(t)
			if w.MostTasks > c.high || w.LeastHealthy < c.low {
				t.Errorf("%d tasks at most, want ≤ %d; %d healthy at least, want ≥ %d\n%s", w.MostTasks, c.high, w.LeastHealthy, c.low, svc.Story(t))
			}
			if load != nil {
				harness.Await(t, "answers of v2", func() bool { return load.Seen("v2") > 20 })
				load.StopAndExpectNoFailures(t)
			}
		})
	}
}

// TestBoundsForbidEveryMove: the service says so, and moves once they are changed.
func TestBoundsForbidEveryMove(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "stuck", Image: g.Guest(t, "v1", ""), Count: 2, Create: bounds(75, 100)})
	load := harness.StartLoad(t, svc.URL)
	svc.Update(t, g.Guest(t, "v2", ""))
	harness.Await(t, "the event", func() bool {
		return strings.Contains(svc.Story(t), "was unable to stop or start tasks during a deployment because of the service deployment configuration.")
	})
	svc.Change(t, &ecs.UpdateServiceInput{DeploymentConfiguration: &types.DeploymentConfiguration{MaximumPercent: aws.Int32(150)}})
	if got := svc.Wait(t); got != successful {
		t.Error(got)
	}
	load.StopAndExpectNoFailures(t)
}

// TestDesiredCountDuringDeployment: out and in again while a deployment runs.
func TestDesiredCountDuringDeployment(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewService(t, "resized", g.Guest(t, "v1", ""), 2)
	load := harness.StartLoad(t, svc.URL)
	w := svc.Watch(t)
	svc.Update(t, g.Guest(t, "v2", "slow"))
	svc.Scale(t, 4)
	if got := svc.Wait(t); got != successful || len(svc.Tasks(t)) != 4 {
		t.Errorf("%s with %d tasks\n%s", got, len(svc.Tasks(t)), svc.Story(t))
	}
	svc.Update(t, g.Guest(t, "v3", "slow"))
	svc.Scale(t, 1)
	if got := svc.Wait(t); got != successful || len(svc.Tasks(t)) != 1 {
		t.Errorf("%s with %d tasks\n%s", got, len(svc.Tasks(t)), svc.Story(t))
	}
	harness.Await(t, "answers of v3", func() bool { return load.Seen("v3") > 20 })
	load.StopAndExpectNoFailures(t)
	w.Stop(t)
}

// TestUpdateDuringUpdate: the newer one replaces the older one, which ends STOPPED.
func TestUpdateDuringUpdate(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "twice", Image: g.Guest(t, "v1", ""), Count: 2, Create: bounds(100, 200)})
	load := harness.StartLoad(t, svc.URL)
	w := svc.Watch(t)
	svc.Update(t, g.Guest(t, "v2", "unhealthy"))
	harness.Await(t, "tasks of v2", func() bool { return len(svc.Tasks(t)) > 2 })
	first := *svc.Newest(t).ServiceDeploymentArn
	svc.Update(t, g.Guest(t, "v3", ""))
	if got := svc.Wait(t); got != successful {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	old := describeDeployment(t, g, first)
	if old.Status != stopped || old.StoppedAt == nil || old.FinishedAt == nil {
		t.Errorf("the replaced deployment is %s, stoppedAt %v, finishedAt %v", old.Status, old.StoppedAt, old.FinishedAt)
	}
	harness.Await(t, "answers of v3", func() bool { return load.Seen("v3") > 20 })
	load.StopAndExpectNoFailures(t)
	if n := load.Seen("v2"); n > 0 {
		t.Errorf("%d requests reached tasks that never were healthy", n)
	}
	w.Stop(t)
}

func describeDeployment(t *testing.T, g *harness.Grue, arn string) types.ServiceDeployment {
	t.Helper()
	out, err := g.ECS().DescribeServiceDeployments(context.Background(), &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{arn}})
	if err != nil || len(out.ServiceDeployments) != 1 {
		t.Fatalf("%+v, %v", out, err)
	}
	return out.ServiceDeployments[0]
}

// TestMovedTag: a revision keeps the image that it began with; forceNewDeployment
// looks again.
func TestMovedTag(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewService(t, "moved", g.GuestAs(t, "moving", "v1", ""), 1)
	load := harness.StartLoad(t, svc.URL)
	g.GuestAs(t, "moving", "v2", "")
	svc.Scale(t, 3)
	svc.Wait(t)
	began, _ := load.Requests()
	harness.Await(t, "requests over three tasks", func() bool { n, _ := load.Requests(); return n > began+200 })
	if n := load.Seen("v2"); n > 0 {
		t.Errorf("%d requests were answered by the moved tag", n)
	}
	digest := *svc.Details(t)[0].Containers[0].ImageDigest
	svc.Change(t, &ecs.UpdateServiceInput{ForceNewDeployment: true})
	if got := svc.Wait(t); got != successful {
		t.Error(got)
	}
	harness.Await(t, "answers of v2", func() bool { return load.Seen("v2") > 100 })
	for _, x := range svc.Details(t) {
		if *x.Containers[0].ImageDigest == digest {
			t.Errorf("task %s still runs %s", *x.TaskArn, digest)
		}
	}
	load.StopAndExpectNoFailures(t)
}

// TestStopServiceDeployment rolls back without breaker or alarm.
func TestStopServiceDeployment(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "stopped", Image: g.Guest(t, "v1", ""), Count: 2, Create: bounds(100, 200)})
	load := harness.StartLoad(t, svc.URL)
	w := svc.Watch(t)
	before := svc.Describe(t)
	svc.Update(t, g.Guest(t, "v2", "unhealthy"))
	arn := *svc.Newest(t).ServiceDeploymentArn
	stop := func() error {
		_, err := g.ECS().StopServiceDeployment(context.Background(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: &arn, StopType: types.StopServiceDeploymentStopTypeRollback})
		return err
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := svc.Wait(t); got != rolledBack {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	after := svc.Describe(t)
	if *after.TaskDefinition != *before.TaskDefinition || *after.Deployments[0].Id != *before.Deployments[0].Id {
		t.Errorf("%s %s before, %s %s after", *before.TaskDefinition, *before.Deployments[0].Id, *after.TaskDefinition, *after.Deployments[0].Id)
	}
	if d := describeDeployment(t, g, arn); d.Rollback == nil || d.Rollback.ServiceRevisionArn == nil || d.Rollback.StartedAt == nil {
		t.Errorf("rollback %+v", d.Rollback)
	}
	expect(t, stop(), "ConflictException", "")
	load.StopAndExpectNoFailures(t)
	w.Stop(t)
}

// expect wants an error of AWS by its code and a part of its message.
func expect(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), message) {
		t.Errorf("%v, want %s: %s", err, code, message)
	}
}

// TestBreakerWithoutRollback: the threshold is a count; nothing more is launched,
// the old tasks go on.
func TestBreakerWithoutRollback(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "breaker", Image: g.Guest(t, "v1", ""), Count: 2, Create: func(in *ecs.CreateServiceInput) {
		in.DeploymentConfiguration = &types.DeploymentConfiguration{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{
			Enable: true, ThresholdConfiguration: &types.ThresholdConfiguration{Type: "COUNT", Value: 2},
		}}
	}})
	load := harness.StartLoad(t, svc.URL)
	w := svc.Watch(t)
	svc.Update(t, g.Guest(t, "v2", "exit"))
	harness.Await(t, "STOPPED", func() bool { return svc.Newest(t).Status == stopped })
	d := svc.Newest(t)
	if b := d.DeploymentCircuitBreaker; b == nil || b.Status != "TRIGGERED" || b.Threshold != 2 || b.FailureCount < 2 {
		t.Errorf("breaker %+v", d.DeploymentCircuitBreaker)
	}
	harness.Await(t, "only old tasks", func() bool { return len(svc.Tasks(t)) == 2 })
	x := svc.Describe(t)
	if len(x.Deployments) != 2 || x.Deployments[0].RolloutState != "FAILED" || *x.Deployments[0].Status != "PRIMARY" ||
		x.Deployments[1].RolloutState != "COMPLETED" || *x.Deployments[1].Status != "ACTIVE" || x.Deployments[1].RunningCount != 2 {
		t.Error(svc.Story(t))
	}
	if !strings.Contains(svc.Story(t), "deployment failed: tasks failed to start.") {
		t.Error(svc.Story(t))
	}
	svc.Update(t, g.Guest(t, "v3", ""))
	if got := svc.Wait(t); got != successful {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	harness.Await(t, "answers of v3", func() bool { return load.Seen("v3") > 20 })
	load.StopAndExpectNoFailures(t)
	w.Stop(t)
}

// TestFirstDeploymentFails: there is nothing to roll back to.
func TestFirstDeploymentFails(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "stillborn", Image: g.Guest(t, "v1", "exit"), Count: 1, NoWait: true, NoBalancer: true})
	w := svc.Watch(t)
	harness.Await(t, "the end", func() bool {
		s := svc.Newest(t).Status
		return s != "PENDING" && s != "IN_PROGRESS" && s != "ROLLBACK_IN_PROGRESS"
	})
	if d := svc.Newest(t); d.Status == successful || aws.ToString(d.StatusReason) == "" {
		t.Errorf("%s %s", d.Status, aws.ToString(d.StatusReason))
	}
	if d := svc.Describe(t).Deployments[0]; d.RolloutState != "FAILED" || d.FailedTasks < 3 {
		t.Errorf("%+v", d)
	}
	w.Stop(t)
	g2 := g.Guest(t, "v2", "")
	svc.Change(t, &ecs.UpdateServiceInput{TaskDefinition: svc.Define(t, g2)})
	harness.Await(t, "a running task", func() bool { return svc.Describe(t).RunningCount == 1 })
}

// TestEarlySuccess: a deployment is over when enough tasks are healthy; the rest
// follows behind.
func TestEarlySuccess(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "early", Image: g.Guest(t, "v1", ""), Count: 2, Create: func(in *ecs.CreateServiceInput) {
		in.DeploymentConfiguration = &types.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(50), MaximumPercent: aws.Int32(150), EarlySuccessCriteria: &types.DeploymentEarlySuccessCriteria{
			Enable: true, HealthyPercent: aws.Int32(50), SourceServiceRevisionCleanup: "DEFERRED",
		}}
	}})
	load := harness.StartLoad(t, svc.URL)
	w := svc.Watch(t)
	svc.Update(t, g.Guest(t, "v2", ""))
	harness.Await(t, "SUCCESSFUL", func() bool { return svc.Newest(t).Status == successful })
	svc.Wait(t)
	n := load.Seen("v1")
	harness.Await(t, "answers of v2 alone", func() bool { m := load.Seen("v1"); done := m == n && load.Seen("v2") > 50; n = m; return done })
	load.StopAndExpectNoFailures(t)
	w.Stop(t)
}

// TestRollbackToVersionWithoutTasks: the bounds let every old task go before the
// new version proved itself; the rollback starts them again, and all counts agree.
func TestRollbackToVersionWithoutTasks(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "emptied", Image: g.Guest(t, "v1", ""), Count: 2, Create: bounds(0, 100)})
	w := svc.Watch(t)
	first := *svc.Describe(t).Deployments[0].Id
	svc.Update(t, g.Guest(t, "v2", "unhealthy"))
	harness.Await(t, "only tasks of v2", func() bool {
		for _, d := range svc.Describe(t).Deployments {
			if *d.Id == first && d.RunningCount+d.PendingCount > 0 {
				return false
			}
		}
		return svc.Describe(t).RunningCount == 2
	})
	harness.Await(t, "old tasks are STOPPED", func() bool {
		out, err := g.ECS().ListTasks(context.Background(), &ecs.ListTasksInput{ServiceName: &svc.Name, DesiredStatus: types.DesiredStatusStopped})
		return err == nil && len(out.TaskArns) >= 2
	})
	if _, err := g.ECS().StopServiceDeployment(context.Background(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: svc.Newest(t).ServiceDeploymentArn}); err != nil {
		t.Fatal(err)
	}
	if got := svc.Wait(t); got != rolledBack || *svc.Describe(t).Deployments[0].Id != first {
		t.Errorf("%s, %+v", got, svc.Describe(t).Deployments)
	}
	w.Stop(t)
}
