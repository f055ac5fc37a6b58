package blackbox

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/grue-ecs/grue/test/harness"
)

// TestStopFirstDeployment: there is nothing to go back to; the service must stay
// usable.
func TestStopFirstDeployment(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "first-stopped", Image: g.Guest(t, "v1", "unhealthy"), Count: 1, NoWait: true})
	w := svc.Watch(t)
	arn := *svc.Newest(t).ServiceDeploymentArn
	if _, err := g.ECS().StopServiceDeployment(context.Background(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: &arn}); err != nil {
		t.Fatal(err)
	}
	harness.Await(t, "the end", func() bool {
		return slices.Contains([]types.ServiceDeploymentStatus{"STOPPED", "ROLLBACK_FAILED"}, describeDeployment(t, g, arn).Status)
	})
	svc.Update(t, g.Guest(t, "v2", ""))
	if got := svc.Wait(t); got != successful {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	w.Stop(t)
}

// TestDeleteDuringDeployment: everything goes, the deployment ends STOPPED.
func TestDeleteDuringDeployment(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	ctx := context.Background()
	svc := g.NewService(t, "deleted-early", g.Guest(t, "v1", ""), 2)
	svc.Update(t, g.Guest(t, "v2", "unhealthy"))
	harness.Await(t, "tasks of both", func() bool { return len(svc.Tasks(t)) > 2 })
	protect := svc.Details(t)
	for _, x := range protect {
		if *x.LastStatus == "RUNNING" {
			if _, err := g.ECS().UpdateTaskProtection(ctx, &ecs.UpdateTaskProtectionInput{Cluster: aws.String("default"), Tasks: []string{*x.TaskArn}, ProtectionEnabled: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	arn := *svc.Newest(t).ServiceDeploymentArn
	if _, err := g.ECS().DeleteService(ctx, &ecs.DeleteServiceInput{Service: &svc.Name, Force: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	harness.Await(t, "INACTIVE", func() bool { return *svc.Describe(t).Status == "INACTIVE" })
	if d := describeDeployment(t, g, arn); d.Status != stopped {
		t.Errorf("the deployment is %s", d.Status)
	}
	out, err := g.ELB().DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &svc.TargetGroup})
	if err != nil || len(out.TargetHealthDescriptions) != 0 {
		t.Errorf("targets are left: %+v, %v", out, err)
	}
	if x := svc.Describe(t); x.RunningCount+x.PendingCount != 0 || len(x.Deployments) != 0 {
		t.Errorf("%d running, %d pending, deployments %+v", x.RunningCount, x.PendingCount, x.Deployments)
	}
}

// TestDefinitionGoes: a service keeps what it runs when its task definition is
// deregistered and deleted, and replaces its tasks with it.
func TestDefinitionGoes(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	ctx := context.Background()
	svc := g.NewService(t, "definition-gone", g.Guest(t, "v1", ""), 1)
	td := svc.Describe(t).TaskDefinition
	if _, err := g.ECS().DeregisterTaskDefinition(ctx, &ecs.DeregisterTaskDefinitionInput{TaskDefinition: td}); err != nil {
		t.Fatal(err)
	}
	_, err := g.ECS().RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: td, NetworkConfiguration: svc.Describe(t).NetworkConfiguration})
	expect(t, err, "ClientException", "TaskDefinition is inactive")
	if _, err := g.ECS().DeleteTaskDefinitions(ctx, &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{*td}}); err != nil {
		t.Fatal(err)
	}
	old := svc.Tasks(t)[0]
	if _, err := g.ECS().StopTask(ctx, &ecs.StopTaskInput{Task: &old}); err != nil {
		t.Fatal(err)
	}
	harness.Await(t, "a replacement", func() bool {
		now := svc.Tasks(t)
		return len(now) == 1 && now[0] != old && healthy(t, g, svc.TargetGroup) == 1
	})
	svc.Update(t, g.Guest(t, "v2", ""))
	if got := svc.Wait(t); got != successful {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	harness.Await(t, "the deleted definition is gone", func() bool {
		_, err := g.ECS().DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{TaskDefinition: td})
		return err != nil
	})
}

// TestUpdateDuringRollback: the new deployment takes over.
func TestUpdateDuringRollback(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "rolling-back", Image: g.Guest(t, "v1", "slow"), Count: 2, Create: bounds(50, 100)})
	load := harness.StartLoad(t, svc.URL)
	w := svc.Watch(t)
	svc.Update(t, g.Guest(t, "v2", "unhealthy"))
	harness.Await(t, "a task of v2", func() bool {
		return len(svc.Describe(t).Deployments) == 2 && svc.Describe(t).Deployments[0].RunningCount > 0
	})
	first := *svc.Newest(t).ServiceDeploymentArn
	if _, err := g.ECS().StopServiceDeployment(context.Background(), &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: &first}); err != nil {
		t.Fatal(err)
	}
	svc.Update(t, g.Guest(t, "v3", ""))
	if got := svc.Wait(t); got != successful {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	if d := describeDeployment(t, g, first); d.FinishedAt == nil {
		t.Errorf("the first one is %s for ever", d.Status)
	}
	harness.Await(t, "answers of v3", func() bool { return load.Seen("v3") > 50 })
	load.StopAndExpectNoFailures(t)
	w.Stop(t)
}

// TestLoadBalancerGoes: the service's tasks go on when load balancer and target
// group are deleted under it, and it can be deployed without them.
func TestLoadBalancerGoes(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	ctx := context.Background()
	svc := g.NewService(t, "lb-gone", g.Guest(t, "v1", ""), 1)
	before := svc.Tasks(t)
	if _, err := g.ELB().DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &svc.Balancer}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.ELB().DeleteTargetGroup(ctx, &elb.DeleteTargetGroupInput{TargetGroupArn: &svc.TargetGroup}); err != nil {
		t.Fatal(err)
	}
	if now := svc.Tasks(t); !slices.Equal(before, now) {
		t.Errorf("tasks %v, then %v", before, now)
	}
	td := svc.Define(t, g.Guest(t, "v2", ""))
	svc.Change(t, &ecs.UpdateServiceInput{TaskDefinition: td, LoadBalancers: []types.LoadBalancer{}})
	harness.Await(t, "only the new version", func() bool {
		x := svc.Details(t)
		return len(x) == 1 && *x[0].TaskDefinitionArn == *td && *x[0].LastStatus == "RUNNING"
	})
}
