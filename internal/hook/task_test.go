package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

func (w *world) tasks() (out []*state.Task) {
	w.st.View(func(tx *store.Tx) {
		for _, t := range state.Tasks.All(tx) {
			out = append(out, t)
		}
	})
	return out
}

func (w *world) runs() (n int) {
	w.st.View(func(tx *store.Tx) { n = runs.Len(tx) })
	return n
}

// begin makes a call and returns its task and where its answer arrives.
func (w *world) begin(ctx context.Context, c Call) (*state.Task, chan Answer) {
	w.t.Helper()
	done := make(chan Answer, 1)
	go func() { done <- w.h.Call(ctx, c) }()
	await(w.t, "the task is made", func() bool { return len(w.tasks()) == 1 })
	return w.tasks()[0], done
}

// to moves the only task as the engine does.
func (w *world) to(change func(t *state.Task)) {
	w.t.Helper()
	t := w.tasks()[0]
	w.update(func(tx *store.Tx) {
		next := *t
		next.Containers = slices.Clone(t.Containers)
		change(&next)
		state.PutTask(tx, &next)
	})
}

// exits is what the engine records when a container ends the task.
func exits(container string, code int) func(t *state.Task) {
	return func(t *state.Task) {
		t.LastStatus, t.DesiredStatus = stopped, stopped
		t.StopCode, t.StoppedReason = "EssentialContainerExited", "Essential container in task exited"
		for i := range t.Containers {
			t.Containers[i].Status = stopped
			if t.Containers[i].Name == container {
				t.Containers[i].ExitCode = &code
			}
		}
	}
}

func TestTask(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Zone = func(_ arn.Scope, subnet string) string { return "zone-of-" + subnet }
	})
	c := w.enter("", `{"grue:task":{"command":["./migrate","up"],"environment":[{"name":"A","value":"1"}]}}`, nil)
	task, done := w.begin(t.Context(), c)
	event, err := Event(&c)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{
		"definition": task.TaskDefinition, "group": task.Group, "by": task.StartedBy, "service": task.Service, "type": task.LaunchType,
		"az": task.AZ, "subnet": task.Subnet, "status": task.LastStatus, "desired": task.DesiredStatus, "tags": len(task.Tags),
	}
	want := map[string]any{
		"definition": scope.TaskDefinition("app", 7), "group": "hook:s", "by": "Dep1", "service": "", "type": "FARGATE",
		"az": "zone-of-subnet-1", "subnet": "subnet-1", "status": "PROVISIONING", "desired": "RUNNING", "tags": 3,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	o := task.Overrides.V.ContainerOverrides[0]
	if *o.Name != "main" || strings.Join(o.Command, " ") != "./migrate up" || len(task.Overrides.V.ContainerOverrides) != 1 {
		t.Errorf("overrides %+v", o)
	}
	if len(o.Environment) != 2 || *o.Environment[0].Name != "GRUE_HOOK_EVENT" || *o.Environment[0].Value != string(event) || *o.Environment[1].Value != "1" {
		t.Errorf("environment %+v", o.Environment)
	}
	if task.Network.V.AwsvpcConfiguration == nil {
		t.Error("no network configuration")
	}
	for _, status := range []string{"PENDING", "ACTIVATING", "RUNNING", "DEPROVISIONING"} {
		w.to(func(t *state.Task) { t.LastStatus = status })
	}
	select {
	case a := <-done:
		t.Errorf("answered %+v before the task was STOPPED", a)
	default:
	}
	w.to(exits("main", 0))
	if a := <-done; a.Status != deploy.HookSucceeded || a.Error != "" {
		t.Errorf("%+v", a)
	}
}

func TestTaskFails(t *testing.T) {
	for name, tt := range map[string]struct {
		details string
		end     func(t *state.Task)
		err     string // a part; TASK is the task's id
	}{
		"exit code": {`true`, exits("main", 3), "Lifecycle hook target task failed. Container main of task TASK exited with code 3."},
		"killed": {`{"command":["./smoke"]}`, func(t *state.Task) {
			exits("main", 137)(t)
			t.Containers[1].Reason = "OutOfMemoryError: Container killed due to memory usage"
		}, "Lifecycle hook target task:./smoke failed. Container main of task TASK exited with code 137. OutOfMemoryError: Container killed due to memory usage"},
		"no image": {`true`, func(t *state.Task) {
			t.LastStatus, t.DesiredStatus, t.StopCode, t.StoppedReason = stopped, stopped, "TaskFailedToStart", "CannotPullContainerError: no such image"
		}, "Container main of task TASK did not run to its end. CannotPullContainerError: no such image"},
		"another container": {`{"container":"side"}`, exits("main", 0), "Container side of task TASK did not run to its end."},
		"stopped by a person": {`true`, func(t *state.Task) {
			exits("main", 0)(t)
			t.StopCode, t.StoppedReason = "UserInitiated", "Task stopped by user"
		}, "Task TASK was stopped before it was done. Task stopped by user"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			task, done := w.begin(t.Context(), w.enter("", `{"grue:task":`+tt.details+`}`, nil))
			w.to(tt.end)
			a := <-done
			if want := strings.ReplaceAll(tt.err, "TASK", task.ID); a.Status != deploy.HookFailed || !strings.HasSuffix(a.Error, want) {
				t.Errorf("%+v, want %s", a, want)
			}
		})
	}
}

// A container that is not essential does not end its task; the hook does.
func TestTaskOfASideContainer(t *testing.T) {
	w := newWorld(t, nil)
	_, done := w.begin(t.Context(), w.enter("", `{"grue:task":{"container":"side"}}`, nil))
	w.to(func(t *state.Task) { t.LastStatus = "RUNNING" })
	w.to(func(t *state.Task) { t.Containers[0].Status, t.Containers[0].ExitCode = stopped, new(int) })
	if a := <-done; a.Status != deploy.HookSucceeded {
		t.Errorf("%+v", a)
	}
	if task := w.tasks()[0]; task.DesiredStatus != stopped || task.StopCode != "ServiceSchedulerInitiated" {
		t.Errorf("the task goes on: %s %s", task.DesiredStatus, task.StoppedReason)
	}
}

func TestTaskCannotBeMade(t *testing.T) {
	for name, tt := range map[string]struct {
		details string
		change  func(*deploy.InvokeHook)
		err     string
	}{
		"container":  {`{"container":"x"}`, nil, `has no container "x"`},
		"definition": {`{"taskDefinition":"nothing"}`, nil, "the task definition nothing does not exist"},
		"revision":   {`{"taskDefinition":"app:8"}`, nil, "the task definition app:8 does not exist"},
		"no number":  {`{"taskDefinition":"app:x"}`, nil, "the task definition app:x does not exist"},
		"other account": {
			`{"taskDefinition":"arn:aws:ecs:eu-west-1:999999999999:task-definition/app:7"}`, nil, "another account or Region",
		},
		"unknown target": {`true`, func(in *deploy.InvokeHook) { in.Target = "9" }, "the service revision 9 no longer exists"},
		"expired":        {`true`, func(in *deploy.InvokeHook) { in.Hook.ExpiresAt = time.Now() }, "no longer waits"},
		"answered":       {`true`, func(in *deploy.InvokeHook) { in.Hook.Status = deploy.HookTimedOut }, "no longer waits"},
	} {
		w := newWorld(t, nil)
		a := w.h.Call(t.Context(), w.enter("", `{"grue:task":`+tt.details+`}`, tt.change))
		if a.Status != deploy.HookFailed || !strings.Contains(a.Error, tt.err) || len(w.tasks()) != 0 || w.runs() != 0 {
			t.Errorf("%s: %+v", name, a)
		}
	}
	w := newWorld(t, nil)
	c := w.enter("", fmt.Sprintf(`{"grue:task":true,"x":%q}`, strings.Repeat("x", maxEvent)), nil)
	if a := w.h.Call(t.Context(), c); !strings.Contains(a.Error, "an event larger than") {
		t.Errorf("large event: %+v", a)
	}
}

func TestTaskOfAnotherDefinition(t *testing.T) {
	for _, ref := range []string{"migrations", "migrations:7", scope.TaskDefinition("migrations", 7)} {
		w := newWorld(t, nil)
		task, done := w.begin(t.Context(), w.enter("", fmt.Sprintf(`{"grue:task":{"taskDefinition":%q}}`, ref), nil))
		if task.TaskDefinition != scope.TaskDefinition("migrations", 7) {
			t.Errorf("%s: %s", ref, task.TaskDefinition)
		}
		w.to(exits("main", 0))
		<-done
	}
}

// Going back starts no task of the revision that failed.
func TestTaskNotRunInARollback(t *testing.T) {
	w := newWorld(t, nil)
	c := w.enter("", `{"grue:task":true}`, func(in *deploy.InvokeHook) { in.Hook.Undo, in.Hook.Stage = true, deploy.ProductionShift })
	if a := w.h.Call(t.Context(), c); a.Status != deploy.HookSucceeded || len(w.tasks()) != 0 {
		t.Errorf("%+v, %d tasks", a, len(w.tasks()))
	}
}

// The call made again after the server stopped finds the task, as long as it runs
// and after it stopped.
func TestTaskCalledAgain(t *testing.T) {
	w := newWorld(t, nil)
	c := w.enter("", `{"grue:task":true}`, nil)
	ctx, cancel := context.WithCancel(t.Context())
	task, done := w.begin(ctx, c)
	cancel()
	if a := <-done; a.Status == deploy.HookSucceeded {
		t.Errorf("%+v", a)
	}
	if w.tasks()[0].DesiredStatus == stopped {
		t.Fatal("the task was stopped with the server, although the deployment waits for it")
	}
	w.close()
	w.open()
	again, done := w.begin(t.Context(), c)
	if again.ID != task.ID {
		t.Errorf("a second task")
	}
	w.to(exits("main", 4))
	first := <-done
	if first.Status != deploy.HookFailed {
		t.Errorf("%+v", first)
	}
	w.update(func(tx *store.Tx) { state.DeleteTask(tx, again) }) // as the engine's janitor does
	w.close()
	w.open()
	if a := w.h.Call(t.Context(), c); !cmp.Equal(a, first) || len(w.tasks()) != 0 {
		t.Errorf("the third time: %+v, %d tasks", a, len(w.tasks()))
	}
}

// A task whose end nobody saw is not run again.
func TestTaskForgotten(t *testing.T) {
	w := newWorld(t, nil)
	c := w.enter("", `{"grue:task":true}`, nil)
	ctx, cancel := context.WithCancel(t.Context())
	task, done := w.begin(ctx, c)
	cancel()
	<-done
	w.update(func(tx *store.Tx) { state.DeleteTask(tx, task) })
	if a := w.h.Call(t.Context(), c); !strings.Contains(a.Error, "It is not run a second time.") || len(w.tasks()) != 0 {
		t.Errorf("%+v, %d tasks", a, len(w.tasks()))
	}
}

// A task that nobody waits for is stopped, whether or not its call is told.
func TestTaskNoLongerWanted(t *testing.T) {
	for name, end := range map[string]func(*deploy.Deployment){
		"timed out":   func(d *deploy.Deployment) { d.Hooks[0].Status = deploy.HookTimedOut },
		"rolled back": func(d *deploy.Deployment) { d.Status, d.Hooks = deploy.RollbackInProgress, nil },
		"over":        func(d *deploy.Deployment) { d.Status, d.Hooks = deploy.Stopped, nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			_, done := w.begin(t.Context(), w.enter("", `{"grue:task":true}`, nil))
			w.machine(end)
			if a := <-done; a.Status != deploy.HookFailed {
				t.Errorf("%+v", a)
			}
			await(t, "the task is stopped", func() bool { return w.tasks()[0].DesiredStatus == stopped })
			w.machine(func(d *deploy.Deployment) { d.Status, d.Hooks = deploy.Stopped, nil })
			await(t, "the run is forgotten", func() bool { return w.runs() == 0 })
		})
	}
}

// The same, when it happened while no server ran.
func TestTaskNoLongerWantedAfterAStart(t *testing.T) {
	w := newWorld(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	_, done := w.begin(ctx, w.enter("", `{"grue:task":true}`, nil))
	cancel()
	<-done
	w.h.unwatch() // as if the server had died
	w.machine(func(d *deploy.Deployment) { d.Hooks = nil })
	w.close()
	w.open()
	if task := w.tasks()[0]; task.DesiredStatus != stopped || task.StoppedReason == "" {
		t.Errorf("%s %s", task.DesiredStatus, task.StoppedReason)
	}
}

// The same, when the hook's time is over and the deployment does not know yet.
func TestTaskTimesOut(t *testing.T) {
	w := newWorld(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	_, done := w.begin(ctx, w.enter("", `{"grue:task":true}`, nil))
	w.update(func(tx *store.Tx) {
		for key, r := range runs.All(tx) {
			next := *r
			next.ExpiresAt = time.Now()
			runs.Put(tx, key, &next)
		}
	})
	cancel()
	<-done
	if w.tasks()[0].DesiredStatus != stopped {
		t.Error("the task goes on")
	}
}

func TestTaskEvents(t *testing.T) {
	w := newWorld(t, nil)
	_, done := w.begin(t.Context(), w.enter("", `{"grue:task":true}`, nil))
	w.machine(func(d *deploy.Deployment) { d.Hooks = nil })
	<-done
	await(t, "the task is stopped", func() bool { return w.tasks()[0].DesiredStatus == stopped })
	events, err := w.st.Events(0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range events {
		var detail struct{ DesiredStatus string }
		if err := json.Unmarshal(e.Detail, &detail); err != nil || e.DetailType != "ECS Task State Change" {
			t.Errorf("%s: %v", e.DetailType, err)
		}
		told = append(told, detail.DesiredStatus)
	}
	if strings.Join(told, " ") != "RUNNING STOPPED" {
		t.Errorf("told %v", told)
	}
}

func TestTaskWithoutNetwork(t *testing.T) {
	w := newWorld(t, nil)
	c := w.enter("", `{"grue:task":true}`, nil)
	w.update(func(tx *store.Tx) {
		rev, _ := state.Revisions.Get(tx, state.RevisionKey(scope, "c", "s", "222"))
		next := *rev
		next.Body.V.NetworkConfiguration, next.Body.V.CapacityProviderStrategy = nil, []ecs.CapacityProviderStrategyItem{{CapacityProvider: aws.String("FARGATE_SPOT")}}
		state.Revisions.Put(tx, next.Key(), &next)
	})
	if a := w.h.Call(t.Context(), c); !strings.Contains(a.Error, "needs a networkConfiguration") {
		t.Errorf("%+v", a)
	}
}
