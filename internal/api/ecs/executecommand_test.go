package ecs

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/console"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// runOne runs a task and puts its containers into a state.
func (w *world) runOne(definition, status string, exec bool) *state.Task {
	w.Helper()
	out, err := w.s.RunTask(w.ctx, &sdk.RunTaskInput{
		TaskDefinition: &definition, EnableExecuteCommand: exec, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	})
	must(w, out, err)
	var task *state.Task
	if err := w.st.Update(func(tx *store.Tx) error {
		for _, t := range state.Tasks.All(tx) {
			if t.ARN() != aws.ToString(out.Tasks[0].TaskArn) {
				continue
			}
			next := *t
			next.LastStatus, next.Containers = status, slices.Clone(t.Containers)
			for i := range next.Containers {
				next.Containers[i].Status, next.Containers[i].LogGroup = status, "/own"
			}
			state.PutTask(tx, &next)
			task = &next
		}
		return nil
	}); err != nil {
		w.Fatal(err)
	}
	return task
}

func TestExecuteCommand(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	var asked []console.Request
	var fail error
	w.s.o.Session = func(r console.Request) (string, string, error) {
		asked = append(asked, r)
		return "ecs-execute-command-0123456789abcdef0", "secret", fail
	}
	c := wire.CallerFrom(w.ctx)
	c.Endpoint = "https://grue.example:4566"
	w.ctx = wire.WithCaller(w.ctx, c)
	one, two := w.define("one"), w.define("two", func(in *sdk.RegisterTaskDefinitionInput) {
		side := in.ContainerDefinitions[0]
		side.Name, side.PortMappings = ptr("side"), nil
		in.ContainerDefinitions = append(in.ContainerDefinitions, side)
	})
	open, closed, pending, over, pair := w.runOne(one, "RUNNING", true), w.runOne(one, "RUNNING", false), w.runOne(one, "PENDING", true),
		w.runOne(one, "STOPPED", true), w.runOne(two, "RUNNING", true)

	refusals := []struct {
		name string
		in   sdk.ExecuteCommandInput
		err  error
		code string
		text string
	}{
		{"no cluster", sdk.ExecuteCommandInput{Cluster: ptr("nope"), Task: &open.ID, Command: ptr("sh"), Interactive: true}, nil, "ClusterNotFoundException", "Cluster not found."},
		{"no task", sdk.ExecuteCommandInput{Command: ptr("sh"), Interactive: true}, nil, "InvalidParameterException", "Task can not be blank."},
		{"unknown task", sdk.ExecuteCommandInput{Task: ptr("0123"), Command: ptr("sh"), Interactive: true}, nil, "InvalidParameterException", "The referenced task was not found."},
		{"no command", sdk.ExecuteCommandInput{Task: &open.ID, Interactive: true}, nil, "InvalidParameterException", "Command can not be blank."},
		{"blank command", sdk.ExecuteCommandInput{Task: &open.ID, Command: ptr("  "), Interactive: true}, nil, "InvalidParameterException", "Command can not be blank."},
		{"open quote", sdk.ExecuteCommandInput{Task: &open.ID, Command: ptr("sh -c 'x"), Interactive: true}, nil, "InvalidParameterException", "without an end"},
		{"not interactive", sdk.ExecuteCommandInput{Task: &open.ID, Command: ptr("sh")}, nil, "InvalidParameterException", "Interactive is the only mode supported currently."},
		{"not enabled", sdk.ExecuteCommandInput{Task: &closed.ID, Command: ptr("sh"), Interactive: true}, nil, "InvalidParameterException", "execute command was not enabled when the task was run"},
		{"not running yet", sdk.ExecuteCommandInput{Task: &pending.ID, Command: ptr("sh"), Interactive: true}, nil, "InvalidParameterException", "Wait and try again"},
		{"stopped", sdk.ExecuteCommandInput{Task: &over.ID, Command: ptr("sh"), Interactive: true}, nil, "InvalidParameterException", "last status is STOPPED"},
		{"which container", sdk.ExecuteCommandInput{Task: &pair.ID, Command: ptr("sh"), Interactive: true}, nil, "InvalidParameterException", "name one of app, side"},
		{"no such container", sdk.ExecuteCommandInput{Task: &open.ID, Container: ptr("db"), Command: ptr("sh"), Interactive: true}, nil, "InvalidParameterException", "The container db was not found"},
		{"too many", sdk.ExecuteCommandInput{Task: &open.ID, Command: ptr("sh"), Interactive: true}, console.ErrTooMany, "ClientException", "too many sessions"},
		{"no log group", sdk.ExecuteCommandInput{Task: &open.ID, Command: ptr("sh"), Interactive: true}, fmt.Errorf("%w: x", console.ErrNoLogGroup), "InvalidParameterException", "Create it and try again"},
	}
	for _, c := range refusals {
		fail = c.err
		_, err := w.s.ExecuteCommand(w.ctx, &c.in)
		t.Log(c.name)
		refused(t, err, c.code, c.text)
	}
	fail, asked = nil, nil
	out, err := w.s.ExecuteCommand(w.ctx, &sdk.ExecuteCommandInput{Task: ptr(pair.ARN()), Container: ptr("side"), Command: ptr(`sh -c "echo 'a b'"`), Interactive: true})
	must(w, out, err)
	if r := asked[0]; r.Task != pair.ID || r.Container != "side" || r.Cluster != "default" || r.LogGroup != "/own" || !slices.Equal(r.Command, []string{"sh", "-c", "echo 'a b'"}) {
		t.Errorf("%+v", r)
	}
	if *out.TaskArn != pair.ARN() || *out.ContainerName != "side" || !out.Interactive || *out.Session.TokenValue != "secret" ||
		*out.Session.StreamUrl != "wss://grue.example:4566/v1/data-channel/ecs-execute-command-0123456789abcdef0?role=publish_subscribe" {
		t.Errorf("%+v, %+v", out, out.Session)
	}
	w.s.o.Session = nil
	_, err = w.s.ExecuteCommand(w.ctx, &sdk.ExecuteCommandInput{Task: &open.ID, Command: ptr("sh"), Interactive: true})
	refused(t, err, "TargetNotConnectedException", "Try again later.")
}

func TestManagedAgents(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	definition := w.define("one")
	for status, want := range map[string]string{"PENDING": "PENDING", "RUNNING": "RUNNING", "STOPPED": "STOPPED"} {
		out, err := w.s.DescribeTasks(w.ctx, &sdk.DescribeTasksInput{Tasks: []string{w.runOne(definition, status, true).ID}})
		must(w, out, err)
		a := out.Tasks[0].Containers[0].ManagedAgents
		if len(a) != 1 || a[0].Name != types.ManagedAgentNameExecuteCommandAgent || *a[0].LastStatus != want {
			t.Errorf("%s: %+v", status, a)
		}
	}
	out, err := w.s.DescribeTasks(w.ctx, &sdk.DescribeTasksInput{Tasks: []string{w.runOne(definition, "RUNNING", false).ID}})
	if must(w, out, err); len(out.Tasks[0].Containers[0].ManagedAgents) != 0 {
		t.Errorf("%+v", out.Tasks[0].Containers[0].ManagedAgents)
	}
}

func TestExecuteCommandConfiguration(t *testing.T) {
	w := newWorld(t)
	set := func(c *types.ExecuteCommandConfiguration) error {
		_, err := w.s.UpdateCluster(w.ctx, &sdk.UpdateClusterInput{Cluster: ptr("default"), Configuration: &types.ClusterConfiguration{ExecuteCommandConfiguration: c}})
		return err
	}
	w.cluster()
	to := &types.ExecuteCommandLogConfiguration{CloudWatchLogGroupName: ptr("/exec"), S3BucketName: ptr("recorded")}
	refused(t, set(&types.ExecuteCommandConfiguration{Logging: "SOME"}), "InvalidParameterException", "NONE, DEFAULT, OVERRIDE")
	refused(t, set(&types.ExecuteCommandConfiguration{Logging: types.ExecuteCommandLoggingOverride}), "InvalidParameterException", "must be specified")
	refused(t, set(&types.ExecuteCommandConfiguration{Logging: types.ExecuteCommandLoggingNone, LogConfiguration: to}), "InvalidParameterException", "only when logging is OVERRIDE")
	_, err := w.s.CreateCluster(w.ctx, &sdk.CreateClusterInput{ClusterName: ptr("bad"), Configuration: &types.ClusterConfiguration{
		ExecuteCommandConfiguration: &types.ExecuteCommandConfiguration{Logging: types.ExecuteCommandLoggingOverride},
	}})
	refused(t, err, "InvalidParameterException", "must be specified")

	var got string
	w.s.o.Session = func(r console.Request) (string, string, error) { got = r.LogGroup; return "id", "token", nil }
	task := w.runOne(w.define("one"), "RUNNING", true)
	for _, c := range []struct {
		conf *types.ExecuteCommandConfiguration
		want string
	}{
		{nil, "/own"},
		{&types.ExecuteCommandConfiguration{Logging: types.ExecuteCommandLoggingDefault}, "/own"},
		{&types.ExecuteCommandConfiguration{Logging: types.ExecuteCommandLoggingNone}, ""},
		{&types.ExecuteCommandConfiguration{Logging: types.ExecuteCommandLoggingOverride, LogConfiguration: to}, "/exec"},
		{&types.ExecuteCommandConfiguration{Logging: types.ExecuteCommandLoggingOverride, LogConfiguration: &types.ExecuteCommandLogConfiguration{S3BucketName: ptr("b")}}, ""},
	} {
		if c.conf != nil {
			refused(t, set(c.conf), "", "")
		}
		out, err := w.s.ExecuteCommand(w.ctx, &sdk.ExecuteCommandInput{Task: &task.ID, Command: ptr("sh"), Interactive: true})
		must(w, out, err)
		if got != c.want {
			t.Errorf("%+v: %q, want %q", c.conf, got, c.want)
		}
	}
}
