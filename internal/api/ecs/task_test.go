package ecs

import (
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// job is a request to run a task on Fargate.
func job(definition string, change ...func(*sdk.RunTaskInput)) *sdk.RunTaskInput {
	in := &sdk.RunTaskInput{
		TaskDefinition: &definition, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}},
	}
	for _, f := range change {
		f(in)
	}
	return in
}

// onEC2 makes it a request for a bridge-mode task.
func onEC2(in *sdk.RunTaskInput) { in.LaunchType, in.NetworkConfiguration = "", nil }

func TestRunTaskRefuses(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	w.define("job")
	w.define("old", bridge)
	type input = sdk.RunTaskInput
	for _, tt := range []struct {
		name          string
		change        func(*input)
		code, message string
	}{
		{"count", func(in *input) { in.Count = ptr[int32](11) }, "InvalidParameterException", "count must be between 1 and 10"},
		{"unknown definition", func(in *input) { in.TaskDefinition = ptr("job:9") }, "ClientException", "TaskDefinition not found."},
		{"no network", func(in *input) { in.NetworkConfiguration = nil }, "InvalidParameterException", "Network Configuration must be provided"},
		{"startedBy", func(in *input) { in.StartedBy = ptr(string(make([]byte, 129))) }, "InvalidParameterException", "startedBy"},
		{"unknown override", func(in *input) {
			in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: ptr("x")}}}
		}, "InvalidParameterException", "Override for container named x is not a container in the TaskDefinition."},
		{"override of cpu", func(in *input) { in.Overrides = &types.TaskOverride{Cpu: ptr("4 vCPU")} }, "ClientException", "No Fargate configuration exists for given values: 4096 CPU, 512 memory."},
		{"propagate from service", func(in *input) { in.PropagateTags = types.PropagateTagsService }, "InvalidParameterException", "SERVICE"},
		{"volumes", func(in *input) { in.VolumeConfigurations = []types.TaskVolumeConfiguration{{}} }, "UnsupportedFeatureException", "volumeConfigurations"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.s.RunTask(w.ctx, job("job", tt.change))
			refused(t, err, tt.code, tt.message)
		})
	}
}

func TestRunTask(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	w.define("job")
	out, err := w.s.RunTask(w.ctx, job("job", func(in *sdk.RunTaskInput) {
		in.Count, in.StartedBy, in.EnableECSManagedTags = ptr[int32](2), ptr("me"), true
		in.Overrides = &types.TaskOverride{
			Cpu: ptr(".5 vCPU"), Memory: ptr("1 GB"),
			ContainerOverrides: []types.ContainerOverride{{Name: ptr("app"), Command: []string{"go"}}},
		}
	}))
	must(w, out, err)
	if len(out.Tasks) != 2 || len(out.Failures) != 0 {
		t.Fatalf("%d tasks, failures %v", len(out.Tasks), out.Failures)
	}
	x := out.Tasks[0]
	if *x.LastStatus != "PROVISIONING" || *x.Group != "family:job" || *x.StartedBy != "me" || *x.Cpu != "512" || *x.Memory != "1024" || *x.PlatformVersion != "1.4.0" {
		t.Errorf("task %+v", x)
	}
	if x.EphemeralStorage.SizeInGiB != 20 || x.Overrides.ContainerOverrides[0].Command[0] != "go" || x.Attachments[0].Details[0].Value == nil || *x.Tags[0].Key != "aws:ecs:clusterName" {
		t.Errorf("task %+v", x)
	}
	if x.ContainerInstanceArn != nil || *x.AvailabilityZone == *out.Tasks[1].AvailabilityZone {
		t.Error("a Fargate task has no container instance, and two tasks lie in two zones")
	}
}

func TestStopTask(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	w.define("job")
	out, err := w.s.RunTask(w.ctx, job("job", func(in *sdk.RunTaskInput) { in.StartedBy = ptr("me") }))
	x := must(w, out, err).Tasks[0]
	stop, err := w.s.StopTask(w.ctx, &sdk.StopTaskInput{Task: x.TaskArn})
	if s := must(w, stop, err).Task; *s.DesiredStatus != "STOPPED" || s.StopCode != "UserInitiated" || *s.StoppedReason != "Task stopped by user" || s.Version != x.Version+1 {
		t.Errorf("stopped task %+v", s)
	}
	again, err := w.s.StopTask(w.ctx, &sdk.StopTaskInput{Task: x.TaskArn, Reason: ptr("other")})
	if s := must(w, again, err).Task; *s.StoppedReason != "Task stopped by user" {
		t.Errorf("the second StopTask changed the reason to %s", *s.StoppedReason)
	}
	_, err = w.s.StopTask(w.ctx, &sdk.StopTaskInput{Task: ptr("nobody")})
	refused(t, err, "InvalidParameterException", "The referenced task was not found.")
	_, err = w.s.ListTasks(w.ctx, &sdk.ListTasksInput{StartedBy: ptr("me"), Family: ptr("job")})
	refused(t, err, "InvalidParameterException", "startedBy")
	_, err = w.s.ExecuteCommand(w.ctx, &sdk.ExecuteCommandInput{Task: x.TaskArn, Command: ptr("sh"), Interactive: true})
	refused(t, err, "InvalidParameterException", "execute command was not enabled")
}

func TestListTasks(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	w.define("job")
	mine, err := w.s.RunTask(w.ctx, job("job", func(in *sdk.RunTaskInput) { in.Count, in.StartedBy = ptr[int32](2), ptr("me") }))
	must(w, mine, err)
	other, err := w.s.RunTask(w.ctx, job("job", func(in *sdk.RunTaskInput) { in.Group = ptr("g") }))
	must(w, other, err)
	list := func(in sdk.ListTasksInput) int {
		l, err := w.s.ListTasks(w.ctx, &in)
		return len(must(w, l, err).TaskArns)
	}
	for name, tt := range map[string]struct {
		in   sdk.ListTasksInput
		want int
	}{
		"all":             {sdk.ListTasksInput{}, 3},
		"startedBy":       {sdk.ListTasksInput{StartedBy: ptr("me")}, 2},
		"family":          {sdk.ListTasksInput{Family: ptr("job")}, 3},
		"other family":    {sdk.ListTasksInput{Family: ptr("jo")}, 0},
		"PENDING":         {sdk.ListTasksInput{DesiredStatus: types.DesiredStatusPending}, 0},
		"STOPPED":         {sdk.ListTasksInput{DesiredStatus: types.DesiredStatusStopped}, 0},
		"EC2":             {sdk.ListTasksInput{LaunchType: types.LaunchTypeEc2}, 0},
		"FARGATE, a page": {sdk.ListTasksInput{LaunchType: types.LaunchTypeFargate, MaxResults: ptr[int32](2)}, 2},
	} {
		if got := list(tt.in); got != tt.want {
			t.Errorf("%s: %d tasks, want %d", name, got, tt.want)
		}
	}
}

func TestRunTaskToken(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	w.define("job")
	token := func(in *sdk.RunTaskInput) { in.ClientToken = ptr("t") }
	first, err := w.s.RunTask(w.ctx, job("job", token))
	must(w, first, err)
	again, err := w.s.RunTask(w.ctx, job("job", token))
	if got := *must(w, again, err).Tasks[0].TaskArn; got != *first.Tasks[0].TaskArn {
		t.Errorf("the token made another task %s", got)
	}
	_, err = w.s.RunTask(w.ctx, job("job", token, func(in *sdk.RunTaskInput) { in.Count = ptr[int32](2) }))
	refused(t, err, "ConflictException", "clientToken")
	if ids, _ := err.(*wire.Error).Fields["resourceIds"].([]string); len(ids) != 1 || ids[0] != *first.Tasks[0].TaskArn {
		t.Errorf("resourceIds %v", ids)
	}
	// Once the task's record is gone, so is the token.
	if err := w.st.Update(func(tx *store.Tx) error {
		for _, x := range state.Tasks.All(tx) {
			state.DeleteTask(tx, x)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	third, err := w.s.RunTask(w.ctx, job("job", token, func(in *sdk.RunTaskInput) { in.Count = ptr[int32](2) }))
	if n := len(must(w, third, err).Tasks); n != 2 {
		t.Errorf("%d tasks", n)
	}
}

func TestNoRoom(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	w.define("big", func(in *sdk.RegisterTaskDefinitionInput) { in.Cpu, in.Memory = ptr("1024"), ptr("8192") })
	w.define("port", bridge, func(in *sdk.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].PortMappings[0].HostPort = ptr[int32](8080)
	})
	out, err := w.s.RunTask(w.ctx, job("big"))
	if must(w, out, err); len(out.Failures) != 1 || *out.Failures[0].Reason != "RESOURCE:MEMORY" || len(out.Tasks) != 0 {
		t.Errorf("got %+v", out.Failures)
	}
	out, err = w.s.RunTask(w.ctx, job("port", onEC2, func(in *sdk.RunTaskInput) { in.Count = ptr[int32](2) }))
	if must(w, out, err); len(out.Tasks) != 1 || len(out.Failures) != 1 || *out.Failures[0].Reason != "RESOURCE:PORTS" {
		t.Errorf("got %d tasks, failures %+v", len(out.Tasks), out.Failures)
	}
	if x := out.Tasks[0]; x.ContainerInstanceArn == nil || x.LaunchType != "EC2" || *x.LastStatus != "PENDING" {
		t.Errorf("task %+v", x)
	}
}

func TestTaskProtection(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.cluster()
	w.define("web")
	w.create(web("web"))
	w.await("web", "stable", stable)
	list, err := w.s.ListTasks(w.ctx, &sdk.ListTasksInput{ServiceName: ptr("web")})
	tasks := must(w, list, err).TaskArns
	out, err := w.s.UpdateTaskProtection(w.ctx, &sdk.UpdateTaskProtectionInput{Cluster: ptr("default"), Tasks: append(tasks[:1:1], "nobody"), ProtectionEnabled: true})
	must(w, out, err)
	if len(out.ProtectedTasks) != 1 || len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" {
		t.Fatalf("got %+v", out)
	}
	if until := time.Until(*out.ProtectedTasks[0].ExpirationDate); until < 119*time.Minute || until > 120*time.Minute {
		t.Errorf("protected for %s", until)
	}
	got, err := w.s.GetTaskProtection(w.ctx, &sdk.GetTaskProtectionInput{Cluster: ptr("default"), Tasks: tasks})
	if p := must(w, got, err).ProtectedTasks; !p[0].ProtectionEnabled || p[1].ProtectionEnabled || p[1].ExpirationDate != nil {
		t.Errorf("got %+v", p)
	}
	off, err := w.s.UpdateTaskProtection(w.ctx, &sdk.UpdateTaskProtectionInput{Cluster: ptr("default"), Tasks: tasks[:1]})
	if must(w, off, err).ProtectedTasks[0].ProtectionEnabled {
		t.Error("still protected")
	}
	w.define("job")
	alone, err := w.s.RunTask(w.ctx, job("job"))
	bad, err2 := w.s.UpdateTaskProtection(w.ctx, &sdk.UpdateTaskProtectionInput{Cluster: ptr("default"), Tasks: []string{*must(w, alone, err).Tasks[0].TaskArn}, ProtectionEnabled: true})
	if must(w, bad, err2); len(bad.Failures) != 1 || *bad.Failures[0].Reason != "TASK_NOT_VALID" {
		t.Errorf("a task that no service started: %+v", bad)
	}
}

func TestBatches(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	_, err := w.s.DescribeServices(w.ctx, &sdk.DescribeServicesInput{})
	refused(t, err, "InvalidParameterException", "Services cannot be empty.")
	_, err = w.s.DescribeServices(w.ctx, &sdk.DescribeServicesInput{Services: make([]string, 11)})
	refused(t, err, "InvalidParameterException", "at most 10")
	_, err = w.s.DescribeTasks(w.ctx, &sdk.DescribeTasksInput{})
	refused(t, err, "InvalidParameterException", "Tasks cannot be empty.")
	_, err = w.s.DescribeTasks(w.ctx, &sdk.DescribeTasksInput{Tasks: make([]string, 101)})
	refused(t, err, "InvalidParameterException", "at most 100")
	_, err = w.s.DescribeServices(w.ctx, &sdk.DescribeServicesInput{Cluster: ptr("nowhere"), Services: []string{"s"}})
	refused(t, err, "ClusterNotFoundException", "Cluster not found.")
	for _, ref := range []string{"nobody", "arn:aws:ecs:us-east-1:000000000000:service/default/nobody", "arn:aws:ecs:us-east-1:000000000000:service/other/web", "arn:aws:ecs:eu-west-1:000000000000:service/default/web"} {
		out, err := w.s.DescribeServices(w.ctx, &sdk.DescribeServicesInput{Services: []string{ref}})
		if must(w, out, err); len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" || (*out.Failures[0].Arn)[:4] != "arn:" {
			t.Errorf("%s: %+v", ref, out)
		}
	}
}
