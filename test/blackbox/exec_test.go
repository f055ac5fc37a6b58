package blackbox

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// openTask runs a task in which commands may be executed, as a user without rights.
func openTask(t *testing.T, g *harness.Grue, family string, further ...types.ContainerDefinition) *harness.Task {
	t.Helper()
	app := box("app", g.Guest(t, "v1", ""), "obey 0 ; sleep 1h")
	app.User, app.WorkingDirectory = aws.String("1000:1000"), aws.String("/work")
	app.Environment = []types.KeyValuePair{{Name: aws.String("MARK"), Value: aws.String("here")}}
	task := g.RunTask(t, harness.TaskSpec{
		Family: family, Containers: append(boxes(app), further...),
		Run: func(in *ecs.RunTaskInput) { in.EnableExecuteCommand = true },
	})
	task.Running(t)
	return task
}

// grueExec is `grue exec` at an endpoint.
func grueExec(g *harness.Grue, endpoint string, args ...string) *exec.Cmd {
	cmd := exec.Command(g.Bin, append([]string{"exec", "--endpoint", endpoint}, args...)...)
	cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1")
	return cmd
}

// piped runs a command without a terminal.
func piped(cmd *exec.Cmd, stdin []byte) (out, errs string, code int) {
	var o, e bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &o, &e
	_ = cmd.Run() // the code tells
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

// flooded is what the guest's step "flood" writes.
func flooded(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		k := i % (64 << 10)
		b[i] = byte(k ^ k>>8)
	}
	return b
}

func TestExecPipes(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	task := openTask(t, g, "exec-pipes")
	id := task.ID()
	out, errs, code := piped(grueExec(g, g.URL(), id[:10], "--", "/guest", "print", "it's", "out", ";", "err", "oops", ";", "user", ";", "cwd", ";", "env", "MARK", ";", "env", "HOME", ";", "exit", "7"), nil)
	if out != "it's out\n0:0\n/work\nhere\n/root\n" || errs != "oops\n" || code != 7 {
		t.Errorf("%q, %q, %d", out, errs, code)
	}
	agents := task.Describe(t).Containers[0].ManagedAgents
	if len(agents) != 1 || *agents[0].LastStatus != "RUNNING" || agents[0].Name != types.ManagedAgentNameExecuteCommandAgent || agents[0].LastStartedAt == nil {
		t.Errorf("managed agents %+v", agents)
	}
	const size = 10 << 20
	if out, errs, code := piped(grueExec(g, g.URL(), id, "/guest", "flood", fmt.Sprint(size)), nil); out != string(flooded(size)) || code != 0 {
		t.Errorf("%d bytes, %q, %d", len(out), errs, code)
	}
	in := make([]byte, size)
	rand.Read(in)
	if out, errs, code := piped(grueExec(g, g.URL(), id, "/guest", "sum"), in); out != fmt.Sprintf("%d %x\n", size, sha256.Sum256(in)) || code != 0 {
		t.Errorf("%q, %q, %d", out, errs, code)
	}
	for _, c := range []struct {
		args []string
		code int
		text string
	}{
		{[]string{id, "/nope"}, 127, "Unable to start command: "},
		{[]string{id, "--container", "db"}, 1, "The container db was not found"},
		{[]string{"0123456789", "/guest"}, 1, "there is no task 0123456789"},
		{[]string{"--index", "0", id}, 2, "--index counts from 1"},
	} {
		if _, errs, code := piped(grueExec(g, g.URL(), c.args...), nil); code != c.code || !strings.Contains(errs, c.text) {
			t.Errorf("%v: %q, %d", c.args, errs, code)
		}
	}
}

func TestExecTerminal(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	g.Guest(t, "v1", "")
	task := openTask(t, g, "exec-terminal", aside(box("side", g.Guest(t, "v1", ""), "sleep 1h")))
	way := wireTo(t, g.Listen)
	s := atScreen(t, grueExec(g, "http://"+way.Addr().String(), task.ID(), "--container", "side", "--", "/guest", "shell"))
	s.sees("guest$ ")
	s.types("size\r")
	s.sees("80 24")
	s.resize(132, 43)
	s.sees("resized 132 43")
	way.cut()
	s.types("print still there ; env TERM\r")
	s.sees("\nstill there\r\nxterm-256color")
	s.types("exit 3\r")
	s.ends(3)

	s = atScreen(t, grueExec(g, g.URL(), task.ID(), "--container", "app", "--", "/guest", "shell"))
	s.sees("guest$ ")
	task.Stop(t, "enough of it")
	s.sees("enough of it")
	s.ends(137)
	task.Stopped(t)
	out, errs, code := piped(grueExec(g, g.URL(), task.ID(), "/guest"), nil)
	if code != 1 || !strings.Contains(errs, "not running") {
		t.Errorf("%q, %q, %d", out, errs, code)
	}
}

// TestExecService: one of a service's tasks, and the transcript in CloudWatch Logs.
func TestExecService(t *testing.T) {
	t.Parallel()
	g := harness.Shared(t)
	ctx := context.Background()
	logs := cloudwatchlogs.NewFromConfig(g.Config())
	name, group := "execs-"+rand.Text(), "/exec/"+rand.Text() // others in the package may be at it, too
	if _, err := logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &group}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.ECS().CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: &name, Configuration: &types.ClusterConfiguration{
		ExecuteCommandConfiguration: &types.ExecuteCommandConfiguration{
			Logging:          types.ExecuteCommandLoggingOverride,
			LogConfiguration: &types.ExecuteCommandLogConfiguration{CloudWatchLogGroupName: &group},
		},
	}}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.ECS().RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("exec-service"), NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: boxes(box("app", g.Guest(t, "v1", ""), "obey 0 ; sleep 1h")),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.ECS().CreateService(ctx, &ecs.CreateServiceInput{
		Cluster: &name, ServiceName: &name, TaskDefinition: aws.String("exec-service"), DesiredCount: aws.Int32(2), EnableExecuteCommand: true,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: g.Subnets(t)[:1]}},
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = g.ECS().DeleteService(ctx, &ecs.DeleteServiceInput{Cluster: &name, Service: &name, Force: aws.Bool(true)})
	})
	harness.Await(t, "two tasks run", func() bool {
		out, err := g.ECS().DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &name, Services: []string{name}})
		return err == nil && len(out.Services) == 1 && out.Services[0].RunningCount == 2
	})
	first, errs, code := piped(grueExec(g, g.URL(), name, "-c", name, "--", "/guest", "address"), nil)
	second, _, _ := piped(grueExec(g, g.URL(), name, "-c", name, "--index", "2", "--", "/guest", "address"), nil)
	if code != 0 || first == "" || second == "" || first == second {
		t.Errorf("the first task said %q, the second %q; %d %s", first, second, code, errs)
	}
	if _, errs, code := piped(grueExec(g, g.URL(), name, "-c", name, "--index", "3"), nil); code != 2 || !strings.Contains(errs, "between 1 and 2") {
		t.Errorf("%q, %d", errs, code)
	}
	harness.Await(t, "the transcript", func() bool {
		out, err := logs.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, LogStreamNamePrefix: aws.String("ecs-execute-command-")})
		return err == nil && len(out.Events) >= 2
	})
}
