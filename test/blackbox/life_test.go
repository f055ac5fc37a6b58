package blackbox

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestTaskProtection: a protected task is neither scaled in nor replaced until
// its protection ends; it may protect itself from inside.
func TestTaskProtection(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	ctx := context.Background()
	svc := g.NewService(t, "protected", g.Guest(t, "v1", ""), 2)
	load := harness.StartLoad(t, svc.URL)
	tasks := svc.Details(t)
	kept := tasks[0]
	addr := harness.Detail(kept, "privateIPv4Address") + ":8080"
	if out := ask(t, addr, "put", "$ECS_AGENT_URI/task-protection/v1/state", `{"ProtectionEnabled":true,"ExpiresInMinutes":5}`); !strings.Contains(out, `"ProtectionEnabled":true`) {
		t.Fatal(out)
	}
	got, err := g.ECS().GetTaskProtection(ctx, &ecs.GetTaskProtectionInput{Cluster: aws.String("default"), Tasks: []string{*kept.TaskArn, *tasks[1].TaskArn}})
	if err != nil || len(got.ProtectedTasks) != 2 {
		t.Fatal(got, err)
	}
	for _, p := range got.ProtectedTasks {
		if want := *p.TaskArn == *kept.TaskArn; p.ProtectionEnabled != want || want && (p.ExpirationDate == nil || time.Until(*p.ExpirationDate) > 6*time.Minute) {
			t.Errorf("%s: %v until %v", *p.TaskArn, p.ProtectionEnabled, p.ExpirationDate)
		}
	}
	svc.Scale(t, 1)
	harness.Await(t, "one task", func() bool { return len(svc.Tasks(t)) == 1 })
	if left := svc.Tasks(t); left[0] != *kept.TaskArn {
		t.Errorf("%s was left, %s was protected", left[0], *kept.TaskArn)
	}
	svc.Update(t, g.Guest(t, "v2", ""))
	harness.Await(t, "the event", func() bool { return strings.Contains(svc.Story(t), "tasks under protection)") })
	if s := svc.Newest(t).Status; s != types.ServiceDeploymentStatusInProgress {
		t.Errorf("the deployment is %s while an old task is protected", s)
	}
	if _, err := g.ECS().UpdateTaskProtection(ctx, &ecs.UpdateTaskProtectionInput{Cluster: aws.String("default"), Tasks: []string{*kept.TaskArn}, ProtectionEnabled: false}); err != nil {
		t.Fatal(err)
	}
	if s := svc.Wait(t); s != successful {
		t.Error(s)
	}
	load.StopAndExpectNoFailures(t)
}

// TestDeleteService: refused above 0, forced, and the name used again.
func TestDeleteService(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	ctx := context.Background()
	spec := harness.ServiceSpec{Name: "again", Image: g.Guest(t, "v1", "stubborn"), Count: 2, NoBalancer: true, Create: bounds(100, 200), NoWait: true}
	svc := g.NewServiceOf(t, spec)
	harness.Await(t, "two tasks that answer", func() bool { return answering(t, svc) == 2 })
	_, err := g.ECS().DeleteService(ctx, &ecs.DeleteServiceInput{Service: &svc.Name})
	expect(t, err, "InvalidParameterException", "The service cannot be stopped while it is scaled above 0.")
	before := svc.Tasks(t)
	out, err := g.ECS().DeleteService(ctx, &ecs.DeleteServiceInput{Service: &svc.Name, Force: aws.Bool(true)})
	if err != nil || *out.Service.Status != "DRAINING" {
		t.Fatal(out, err)
	}
	_, err = g.ECS().CreateService(ctx, svc.Input(t))
	expect(t, err, "InvalidParameterException", "Unable to Start a service that is still Draining.")
	_, err = g.ECS().UpdateService(ctx, &ecs.UpdateServiceInput{Service: &svc.Name, DesiredCount: aws.Int32(1)})
	expect(t, err, "ServiceNotActiveException", "Service was not ACTIVE.")
	harness.Await(t, "INACTIVE", func() bool { return *svc.Describe(t).Status == "INACTIVE" })
	gone, err := g.ECS().DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: before})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range gone.Tasks {
		if *x.LastStatus != "STOPPED" || *x.Containers[0].ExitCode != 137 {
			t.Errorf("%s %s, exit %d", *x.TaskArn, *x.LastStatus, aws.ToInt32(x.Containers[0].ExitCode))
		}
	}
	list, err := g.ECS().ListServices(ctx, &ecs.ListServicesInput{MaxResults: aws.Int32(100)})
	if err != nil || slices.ContainsFunc(list.ServiceArns, func(a string) bool { return strings.HasSuffix(a, "/again") }) {
		t.Errorf("ListServices shows a deleted service: %v %v", list, err)
	}
	if _, err := g.ECS().CreateService(ctx, svc.Input(t)); err != nil {
		t.Fatal(err)
	}
	harness.Await(t, "two new tasks", func() bool { x := svc.Describe(t); return *x.Status == "ACTIVE" && x.RunningCount == 2 })
	x := svc.Describe(t)
	if len(x.Deployments) != 1 || x.CreatedAt == nil || !x.CreatedAt.After(*out.Service.CreatedAt) {
		t.Errorf("%+v", x.Deployments)
	}
	for _, e := range x.Events {
		if e.CreatedAt.Before(*x.CreatedAt) {
			t.Errorf("an event of the former service: %s", *e.Message)
		}
	}
	sds, err := g.ECS().ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Service: &svc.Name})
	if err != nil || len(sds.ServiceDeployments) != 1 {
		t.Errorf("%d service deployments, %v", len(sds.ServiceDeployments), err)
	}
	svc.Scale(t, 0)
	if _, err = g.ECS().DeleteService(ctx, &ecs.DeleteServiceInput{Service: &svc.Name}); err != nil {
		t.Error(err)
	}
}

// answering counts the tasks whose program listens. RUNNING says only that it was
// started: a signal that comes before it handles signals ends it.
func answering(t *testing.T, svc *harness.Service) (n int) {
	for _, x := range svc.Details(t) {
		if *x.LastStatus != "RUNNING" {
			continue
		}
		resp, err := http.Get("http://" + harness.Detail(x, "privateIPv4Address") + ":8080/")
		if err != nil {
			continue
		}
		resp.Body.Close()
		n++
	}
	return n
}

// TestTasksDie: by themselves, or with their supervisor; each is replaced.
func TestTasksDie(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewService(t, "mortal", g.Guest(t, "v1", ""), 2)
	for _, c := range []struct {
		name string
		kill func(task types.Task)
		exit int32
	}{
		{"the container exits", func(task types.Task) {
			resp, err := http.Get("http://" + harness.Detail(task, "privateIPv4Address") + ":8080/die")
			if err == nil {
				resp.Body.Close()
			}
		}, 4},
		{"the shim is killed", func(task types.Task) {
			n := 0
			for _, pid := range shims(g, *task.TaskArn) {
				n++
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
			if n != 1 {
				t.Errorf("%d shims of the task", n)
			}
		}, -1},
	} {
		before := svc.Details(t)
		victim := before[0]
		c.kill(victim)
		var x types.Task
		harness.Await(t, c.name+": the task is STOPPED", func() bool {
			out, err := g.ECS().DescribeTasks(context.Background(), &ecs.DescribeTasksInput{Tasks: []string{*victim.TaskArn}})
			if err != nil {
				t.Fatal(err)
			}
			x = out.Tasks[0]
			return *x.LastStatus == "STOPPED"
		})
		if x.StopCode == "" || aws.ToString(x.StoppedReason) == "" || c.exit >= 0 && (x.Containers[0].ExitCode == nil || *x.Containers[0].ExitCode != c.exit) {
			t.Errorf("%s: %s %q, container %+v", c.name, x.StopCode, aws.ToString(x.StoppedReason), x.Containers[0])
		}
		svc.Wait(t)
		harness.Await(t, c.name+": two healthy targets", func() bool { return healthy(t, g, svc.TargetGroup) == 2 })
		if now := svc.Tasks(t); len(now) != 2 || slices.Contains(now, *victim.TaskArn) {
			t.Errorf("%s: tasks %v", c.name, now)
		}
		load := harness.StartLoad(t, svc.URL)
		harness.Await(t, "answers", func() bool { return load.Seen("v1") > 50 })
		load.StopAndExpectNoFailures(t)
	}
}

// shims finds the shims of a task: those that hold a file of it open.
func shims(g *harness.Grue, task string) (pids []int) {
	id := task[strings.LastIndexByte(task, '/')+1:]
	for _, pid := range g.PIDs("shim") {
		fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if slices.ContainsFunc(fds, func(fd string) bool {
			to, _ := os.Readlink(fd)
			return strings.Contains(to, id)
		}) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func healthy(t testing.TB, g *harness.Grue, group string) (n int) {
	t.Helper()
	out, err := g.ELB().DescribeTargetHealth(context.Background(), &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range out.TargetHealthDescriptions {
		if h.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			n++
		}
	}
	return n
}

// TestGracePeriod: a version that becomes healthy late is given the time that
// healthCheckGracePeriodSeconds says.
func TestGracePeriod(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "grace", Image: g.Guest(t, "v1", ""), Count: 1, Create: func(in *ecs.CreateServiceInput) {
		in.HealthCheckGracePeriodSeconds = aws.Int32(60)
	}})
	load := harness.StartLoad(t, svc.URL)
	svc.Update(t, g.Guest(t, "v2", "late"))
	if got := svc.Wait(t); got != successful {
		t.Error(got)
	}
	if n := strings.Count(svc.Story(t), "has started 1 tasks"); n != 2 {
		t.Errorf("%d launches, want 2\n%s", n, svc.Story(t))
	}
	load.StopAndExpectNoFailures(t)
}

// bridged is a service in bridge mode behind a target group of type instance.
func bridged(name, image string, count int32) harness.ServiceSpec {
	return harness.ServiceSpec{
		Name: name, Image: image, Count: count,
		Group: func(in *elb.CreateTargetGroupInput) { in.TargetType = elbtypes.TargetTypeEnumInstance },
		Define: func(in *ecs.RegisterTaskDefinitionInput) {
			in.NetworkMode, in.RequiresCompatibilities = types.NetworkModeBridge, []types.Compatibility{types.CompatibilityEc2}
		},
		Create: func(in *ecs.CreateServiceInput) { in.LaunchType, in.NetworkConfiguration = types.LaunchTypeEc2, nil },
	}
}

// TestBridgeService: dynamic host ports behind a target group of type instance.
func TestBridgeService(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	svc := g.NewServiceOf(t, bridged("bridged", g.Guest(t, "v1", ""), 2))
	load := harness.StartLoad(t, svc.URL)
	w := svc.Watch(t)
	for _, v := range []string{"v2", "v3"} {
		svc.Update(t, g.Guest(t, v, "slow"))
		if got := svc.Wait(t); got != successful {
			t.Errorf("%s\n%s", got, svc.Story(t))
		}
		harness.Await(t, "answers of "+v, func() bool { return load.Seen(v) > 50 })
	}
	load.StopAndExpectNoFailures(t)
	w.Stop(t)
	if w.LeastHealthy < 2 {
		t.Errorf("%d healthy targets at least", w.LeastHealthy)
	}
}

// TestEvents: task state changes in order of their version, and the three
// deployment events, also of a rollback.
func TestEvents(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	rec := g.Events(t)
	steady := func(times int) {
		t.Helper()
		harness.Await(t, fmt.Sprintf("event %d of a steady state", times), func() bool {
			n := 0
			for _, e := range rec.Of(":service/default/told") {
				if e.Detail["eventName"] == "SERVICE_STEADY_STATE" {
					n++
				}
			}
			return n >= times
		})
	}
	svc := g.NewService(t, "told", g.Guest(t, "v1", ""), 1)
	steady(1)
	first := *svc.Describe(t).Deployments[0].Id
	svc.Update(t, g.Guest(t, "v2", ""))
	svc.Wait(t)
	steady(2)
	second := *svc.Describe(t).Deployments[0].Id
	svc.Update(t, g.Guest(t, "v3", "exit"))
	third := *svc.Describe(t).Deployments[0].Id
	if got := svc.Wait(t); got != rolledBack {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	want := fmt.Sprint([]string{
		"IN_PROGRESS " + first, "COMPLETED " + first, "IN_PROGRESS " + second, "COMPLETED " + second,
		"IN_PROGRESS " + third, "FAILED " + third, "IN_PROGRESS " + second, "COMPLETED " + second,
	})
	var got []string
	if harness.Eventually(func() bool {
		got = nil
		for _, e := range rec.Of(":service/default/told") {
			if e.DetailType == "ECS Deployment State Change" {
				got = append(got, strings.TrimPrefix(e.Detail["eventName"].(string), "SERVICE_DEPLOYMENT_")+" "+e.Detail["deploymentId"].(string))
			}
		}
		return fmt.Sprint(got) == want
	}) != nil {
		t.Errorf("deployment events\n%v, want\n%v", got, want)
	}
	steady(3)
	for _, e := range rec.Of(":service/default/told") {
		if e.Version != "0" || e.ID == "" || e.Source != "aws.ecs" || e.Account != "000000000000" || e.Region != "us-east-1" || e.Time.IsZero() {
			t.Errorf("envelope %+v", e)
		}
	}
	versions, last := map[string]float64{}, map[string]string{}
	for _, e := range rec.Of(":task/default/") {
		if e.Detail["group"] != "service:told" {
			continue
		}
		arn, v, s := e.Detail["taskArn"].(string), e.Detail["version"].(float64), e.Detail["lastStatus"].(string)
		if v <= versions[arn] {
			t.Errorf("%s: version %v after %v", arn, v, versions[arn])
		}
		if rank(s) < rank(last[arn]) {
			t.Errorf("%s: %s after %s", arn, s, last[arn])
		}
		versions[arn], last[arn] = v, s
	}
	if len(versions) < 5 {
		t.Errorf("events of %d tasks", len(versions))
	}
}

func rank(status string) int {
	return slices.Index([]string{"", "PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"}, status)
}

// TestFixedHostPort: a new task waits for the port that the old one holds; that
// is no failure of the new version.
func TestFixedHostPort(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	port := freePort(t)
	for _, c := range []struct {
		name  string
		least int32
		most  int32
	}{{"port-stop-first", 0, 100}, {"port-beside", 100, 200}} {
		svc := g.NewServiceOf(t, harness.ServiceSpec{
			Name: c.name, Image: g.Guest(t, "v1", "stubborn"), Count: 1, NoBalancer: true, NoWait: true,
			Define: func(in *ecs.RegisterTaskDefinitionInput) {
				in.NetworkMode, in.RequiresCompatibilities = types.NetworkModeBridge, []types.Compatibility{types.CompatibilityEc2}
				in.ContainerDefinitions[0].PortMappings[0].HostPort = &port
				in.ContainerDefinitions[0].StopTimeout = aws.Int32(3)
				in.ContainerDefinitions[0] = checked(in.ContainerDefinitions[0], "CMD", "/guest", "probe", "http://localhost:8080/healthz")
			},
			Create: func(in *ecs.CreateServiceInput) {
				in.LaunchType, in.NetworkConfiguration = types.LaunchTypeEc2, nil
				in.DeploymentConfiguration.MinimumHealthyPercent, in.DeploymentConfiguration.MaximumPercent = &c.least, &c.most
			},
		})
		answers := func(want string) func() bool {
			return func() bool {
				resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", port))
				if err != nil {
					return false
				}
				defer resp.Body.Close()
				b, _ := io.ReadAll(resp.Body)
				return string(b) == want
			}
		}
		svc.Wait(t)
		harness.Await(t, "v1 answers on its host port", answers("v1"))
		svc.Update(t, g.Guest(t, "v2", ""))
		if c.least == 0 {
			harness.Await(t, "v2 answers on the same host port", answers("v2"))
		} else {
			harness.Await(t, "the event", func() bool {
				return strings.Contains(svc.Story(t), "was unable to place a task because no container instance met all of its requirements.")
			})
		}
		if d := svc.Describe(t).Deployments[0]; d.FailedTasks > 0 || d.RolloutState == "FAILED" {
			t.Errorf("%s: %d failed tasks, %s\n%s", c.name, d.FailedTasks, d.RolloutState, svc.Story(t))
		}
		svc.Scale(t, 0)
		harness.Await(t, "no task", func() bool { return svc.Describe(t).RunningCount == 0 })
	}
}
