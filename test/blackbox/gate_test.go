package blackbox

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestTwoTargetGroups: a task is healthy when both groups say so, and leaves both.
func TestTwoTargetGroups(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	ctx := context.Background()
	front := g.NewService(t, "both-front", g.Guest(t, "other", ""), 1)
	second := g.Group(t, "both-second", func(in *elb.CreateTargetGroupInput) { in.Port = aws.Int32(8081) })
	if _, err := g.ELB().CreateRule(ctx, &elb.CreateRuleInput{
		ListenerArn: &front.Listener, Priority: aws.Int32(7), Actions: forward(tuple(second, 1)),
		Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/second/*"}}},
	}); err != nil {
		t.Fatal(err)
	}
	svc := g.NewServiceOf(t, harness.ServiceSpec{
		Name: "both", Image: g.Guest(t, "v1", ""), Count: 2, Beside: front,
		Define: func(in *ecs.RegisterTaskDefinitionInput) {
			admin := server("admin", *in.ContainerDefinitions[0].Image, "8081")
			admin.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(8081)}}
			in.ContainerDefinitions = append(in.ContainerDefinitions, admin)
		},
		Create: func(in *ecs.CreateServiceInput) {
			in.LoadBalancers = append(in.LoadBalancers, types.LoadBalancer{TargetGroupArn: &second, ContainerName: aws.String("admin"), ContainerPort: aws.Int32(8081)})
		},
	})
	a, b := harness.StartLoad(t, svc.URL), harness.StartLoad(t, front.URL+"second/")
	if n, m := healthy(t, g, svc.TargetGroup), healthy(t, g, second); n != 2 || m != 2 {
		t.Errorf("%d and %d healthy targets", n, m)
	}
	svc.Update(t, g.Guest(t, "v2", "slow"))
	if got := svc.Wait(t); got != successful {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	harness.Await(t, "answers of v2 in both", func() bool { return a.Seen("v2") > 50 && b.Seen("v2") > 50 })
	a.StopAndExpectNoFailures(t)
	b.StopAndExpectNoFailures(t)
}

// TestContainerHealthGates: without a load balancer the container's health
// check decides, and a version that fails it is rolled back.
func TestContainerHealthGates(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{
		Name: "examined", Image: g.Guest(t, "v1", ""), Count: 1, NoBalancer: true,
		Define: func(in *ecs.RegisterTaskDefinitionInput) {
			in.ContainerDefinitions[0] = checked(in.ContainerDefinitions[0], "CMD", "/guest", "probe", "http://localhost:8080/healthz")
		},
	})
	if h := svc.Details(t)[0].HealthStatus; h != types.HealthStatusHealthy {
		t.Errorf("a steady service has a task that is %s", h)
	}
	before := svc.Tasks(t)
	svc.Update(t, g.Guest(t, "v2", "unhealthy"))
	if got := svc.Wait(t); got != rolledBack {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	if after := svc.Tasks(t); len(after) != 1 || after[0] != before[0] {
		t.Errorf("task %v before, %v after", before, after)
	}
	if s := svc.Story(t); !strings.Contains(s, "failed container health checks.") {
		t.Error(s)
	}
}

// TestNoHealthCheck: a task without any check counts after 40 seconds, which
// --minute shortens; one that exits before that is a failure.
func TestNoHealthCheck(t *testing.T) {
	t.Parallel()
	g := grueFor(t, "--minute", "9s")
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "bare", Image: g.Guest(t, "v1", ""), Count: 2, NoBalancer: true})
	last := *svc.Details(t)[0].StartedAt
	if other := *svc.Details(t)[1].StartedAt; other.After(last) {
		last = other
	}
	if d := svc.Newest(t).FinishedAt.Sub(last); d < 5900*time.Millisecond || d >= 40*time.Second {
		t.Errorf("steady %v after the last start, want two thirds of a minute of 9 s", d)
	}
	before := svc.Tasks(t)
	w := svc.Watch(t)
	svc.Update(t, g.Guest(t, "v2", "crash"))
	if got := svc.Wait(t); got != rolledBack {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	w.Stop(t)
	for _, arn := range svc.Tasks(t) {
		if arn != before[0] && arn != before[1] {
			t.Errorf("task %s is new after a rollback", arn)
		}
	}
}

// TestNothingToDeploy: equal settings start no deployment, a desired count of 0
// completes at once, and the service comes back from it.
func TestNothingToDeploy(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewService(t, "idle", g.Guest(t, "v1", ""), 1)
	deployments := func() int {
		out, err := g.ECS().ListServiceDeployments(context.Background(), &ecs.ListServiceDeploymentsInput{Service: &svc.Name})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.ServiceDeployments)
	}
	same := svc.Describe(t)
	svc.Change(t, &ecs.UpdateServiceInput{TaskDefinition: same.TaskDefinition, NetworkConfiguration: same.NetworkConfiguration})
	svc.Change(t, &ecs.UpdateServiceInput{TaskDefinition: aws.String("idle"), DesiredCount: aws.Int32(1), HealthCheckGracePeriodSeconds: aws.Int32(5)})
	svc.Change(t, &ecs.UpdateServiceInput{DeploymentConfiguration: &types.DeploymentConfiguration{MaximumPercent: aws.Int32(150)}})
	if n := deployments(); n != 1 {
		t.Errorf("%d service deployments after updates that change nothing of a revision", n)
	}
	svc.Scale(t, 0)
	harness.Await(t, "no task", func() bool { x := svc.Describe(t); return x.RunningCount == 0 && len(svc.Tasks(t)) == 0 })
	svc.Update(t, g.Guest(t, "v2", ""))
	if got := svc.Wait(t); got != successful {
		t.Error(got)
	}
	svc.Scale(t, 2)
	harness.Await(t, "two healthy targets", func() bool { return healthy(t, g, svc.TargetGroup) == 2 })
	load := harness.StartLoad(t, svc.URL)
	harness.Await(t, "answers of v2", func() bool { return load.Seen("v2") > 50 })
	load.StopAndExpectNoFailures(t)
	if n := deployments(); n != 2 {
		t.Errorf("%d service deployments, want 2", n)
	}
}

// TestChangeOfTargetGroup: an update may move the service to another target
// group; the rule follows when the user changes it, without a lost request.
func TestChangeOfTargetGroup(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	ctx := context.Background()
	svc := g.NewService(t, "moving-group", g.Guest(t, "v1", ""), 2)
	load := harness.StartLoad(t, svc.URL)
	next := g.Group(t, "moving-group-2", nil)
	if _, err := g.ECS().UpdateService(ctx, &ecs.UpdateServiceInput{Service: &svc.Name, LoadBalancers: []types.LoadBalancer{
		{TargetGroupArn: &next, ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080)},
	}}); err == nil {
		t.Error("a target group without a load balancer was accepted")
	} else {
		expect(t, err, "InvalidParameterException", "does not have an associated load balancer.")
	}
	if _, err := g.ELB().ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &svc.Listener, DefaultActions: forward(tuple(svc.TargetGroup, 1), tuple(next, 0))}); err != nil {
		t.Fatal(err)
	}
	blocks := []types.LoadBalancer{}
	for _, group := range []string{svc.TargetGroup, next} {
		blocks = append(blocks, types.LoadBalancer{TargetGroupArn: &group, ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080)})
	}
	step := func(what string, lbs []types.LoadBalancer) {
		t.Helper()
		svc.Change(t, &ecs.UpdateServiceInput{LoadBalancers: lbs})
		if got := svc.Wait(t); got != successful {
			t.Errorf("%s: %s\n%s", what, got, svc.Story(t))
		}
	}
	step("both groups", blocks)
	if _, err := g.ELB().ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: &svc.Listener, DefaultActions: forward(tuple(svc.TargetGroup, 0), tuple(next, 1))}); err != nil {
		t.Fatal(err)
	}
	step("the new group", blocks[1:])
	if n, m := healthy(t, g, svc.TargetGroup), healthy(t, g, next); n != 0 || m != 2 {
		t.Errorf("%d targets in the old group, %d in the new one", n, m)
	}
	load.StopAndExpectNoFailures(t)
}
