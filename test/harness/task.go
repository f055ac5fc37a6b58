package harness

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// TaskSpec is a task to run by hand.
type TaskSpec struct {
	Family     string
	Containers []types.ContainerDefinition
	Define     func(*ecs.RegisterTaskDefinitionInput) // nil = Fargate, awsvpc, 256/512
	Run        func(*ecs.RunTaskInput)
}

// Task is a task that a test runs.
type Task struct {
	ARN string
	g   *Grue
}

// RunTask registers a task definition and runs one task of it. The task is
// stopped when the test ends.
func (g *Grue) RunTask(t testing.TB, spec TaskSpec) *Task {
	t.Helper()
	ctx := context.Background()
	must(g.ECS().CreateCluster(ctx, &ecs.CreateClusterInput{}))(t)
	def := &ecs.RegisterTaskDefinitionInput{
		Family: &spec.Family, NetworkMode: types.NetworkModeAwsvpc, Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: spec.Containers, ExecutionRoleArn: aws.String("arn:aws:iam::000000000000:role/exec"),
	}
	if spec.Define != nil {
		spec.Define(def)
	}
	in := &ecs.RunTaskInput{TaskDefinition: must(g.ECS().RegisterTaskDefinition(ctx, def))(t).TaskDefinition.TaskDefinitionArn}
	if def.NetworkMode == types.NetworkModeAwsvpc {
		in.NetworkConfiguration = &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: g.Subnets(t)[:1]}}
	}
	if spec.Run != nil {
		spec.Run(in)
	}
	out := must(g.ECS().RunTask(ctx, in))(t)
	if len(out.Tasks) != 1 {
		t.Fatalf("RunTask answered %d tasks, %+v", len(out.Tasks), out.Failures)
	}
	x := &Task{ARN: *out.Tasks[0].TaskArn, g: g}
	t.Cleanup(func() {
		_, _ = g.ECS().StopTask(context.Background(), &ecs.StopTaskInput{Task: &x.ARN})
		if t.Failed() {
			t.Log(x.Story(t))
		}
	})
	return x
}

// ID is the last part of the ARN.
func (x *Task) ID() string { return x.ARN[strings.LastIndexByte(x.ARN, '/')+1:] }

// Describe is the task as the API shows it.
func (x *Task) Describe(t testing.TB) types.Task {
	t.Helper()
	out := must(x.g.ECS().DescribeTasks(context.Background(), &ecs.DescribeTasksInput{Tasks: []string{x.ARN}}))(t)
	if len(out.Tasks) != 1 {
		t.Fatalf("DescribeTasks answered %d tasks: %+v", len(out.Tasks), out.Failures)
	}
	return out.Tasks[0]
}

// Await waits until the task looks as cond wants it.
func (x *Task) Await(t testing.TB, what string, cond func(types.Task) bool) types.Task {
	t.Helper()
	var now types.Task
	if awaitFor(longest, func() bool { now = x.Describe(t); return cond(now) }) != nil {
		t.Fatalf("never: %s\n%s", what, x.Story(t))
	}
	return now
}

// Running waits for lastStatus RUNNING.
func (x *Task) Running(t testing.TB) types.Task {
	t.Helper()
	now := x.Await(t, "task is RUNNING", func(now types.Task) bool { return *now.LastStatus == "RUNNING" || *now.LastStatus == "STOPPED" })
	if *now.LastStatus != "RUNNING" {
		t.Fatalf("the task stopped before it was seen running\n%s", x.Story(t))
	}
	return now
}

// Stopped waits for lastStatus STOPPED.
func (x *Task) Stopped(t testing.TB) types.Task {
	t.Helper()
	return x.Await(t, "task is STOPPED", func(now types.Task) bool { return *now.LastStatus == "STOPPED" })
}

// Stop calls StopTask.
func (x *Task) Stop(t testing.TB, reason string) {
	t.Helper()
	in := &ecs.StopTaskInput{Task: &x.ARN}
	if reason != "" {
		in.Reason = &reason
	}
	must(x.g.ECS().StopTask(context.Background(), in))(t)
}

// Story is what a person would look at first.
func (x *Task) Story(t testing.TB) string {
	t.Helper()
	now := x.Describe(t)
	var b strings.Builder
	fmt.Fprintf(&b, "task %s %s→%s health %s stopCode %q stoppedReason %q\n", x.ID(), aws.ToString(now.LastStatus), aws.ToString(now.DesiredStatus),
		now.HealthStatus, now.StopCode, aws.ToString(now.StoppedReason))
	for _, c := range now.Containers {
		exit := "none"
		if c.ExitCode != nil {
			exit = fmt.Sprint(*c.ExitCode)
		}
		fmt.Fprintf(&b, "  %s %s exit %s health %s reason %q\n", *c.Name, aws.ToString(c.LastStatus), exit, c.HealthStatus, aws.ToString(c.Reason))
	}
	return b.String()
}

// Container finds a container by name.
func Container(t testing.TB, x types.Task, name string) types.Container {
	t.Helper()
	for _, c := range x.Containers {
		if *c.Name == name {
			return c
		}
	}
	t.Fatalf("the task has no container %s", name)
	return types.Container{}
}

// Detail is a member of the task's network interface attachment.
func Detail(x types.Task, name string) string {
	for _, a := range x.Attachments {
		for _, d := range a.Details {
			if aws.ToString(d.Name) == name {
				return aws.ToString(d.Value)
			}
		}
	}
	return ""
}
