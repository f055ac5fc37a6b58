package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/fake"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

func TestCreateUpdateDelete(t *testing.T) {
	w := newWorld(t)
	v1, v2 := w.define("web", 1, "web:1"), w.define("web", 2, "web:2")
	w.ended("s", w.deploy("s", v1, 3, deploy.Config{}), deploy.Successful)
	w.ended("s", w.deploy("s", v2, 3, deploy.Config{}), deploy.Successful)
	if got := w.running("s"); !maps.Equal(got, map[string]int{"web:2": 3}) {
		t.Errorf("running %v", got)
	}
	w.await("steady", func() bool { return w.service("s").Steady })
	s := w.service("s")
	if len(s.Listed) != 1 || s.Live != s.Primary || s.Deployment != "" {
		t.Errorf("listed %v live %s primary %s deployment %q", s.Listed, s.Live, s.Primary, s.Deployment)
	}
	tail := w.events("s")
	tail = tail[len(tail)-2:]
	want := []string{"(deployment ecs-svc/" + s.Primary + ") deployment completed.", "has reached a steady state."}
	if !slices.Equal(tail, want) {
		t.Errorf("last events %q, want %q; all:\n%s", tail, want, strings.Join(w.events("s"), "\n"))
	}
	w.change("s", func(s *state.Service) { s.Status, s.Desired = serviceDraining, 0 })
	w.await("INACTIVE", func() bool { return w.service("s").Status == serviceInactive })
}

// TestDeleteEndsProtection: scale-in protection keeps a task from scale-in and
// deployments, not from the end of its service.
func TestDeleteEndsProtection(t *testing.T) {
	w := newWorld(t)
	w.ended("s", w.deploy("s", w.define("web", 1, "web:1"), 2, deploy.Config{}), deploy.Successful)
	w.update(func(tx *store.Tx) {
		s, _ := state.Services.Get(tx, testScope.Key("c", "s"))
		for _, x := range state.TasksOf(tx, s) {
			next := *x
			next.ProtectedUntil = time.Now().Add(time.Hour)
			state.PutTask(tx, &next)
		}
		next := *s
		next.Status, next.Desired = serviceDraining, 0
		state.Services.Put(tx, next.Key(), &next)
	})
	w.await("INACTIVE", func() bool { return w.service("s").Status == serviceInactive })
}

// TestDeletedDefinitionGoes: with the last task of its last revision.
func TestDeletedDefinitionGoes(t *testing.T) {
	w := newWorld(t)
	v1 := w.define("web", 1, "web:1")
	w.ended("s", w.deploy("s", v1, 1, deploy.Config{}), deploy.Successful)
	find := func() (td *state.TaskDefinition, ok bool) {
		w.store.View(func(tx *store.Tx) { td, ok = state.DefinitionByARN(tx, v1) })
		return td, ok
	}
	w.update(func(tx *store.Tx) {
		td, _ := find()
		next := *td
		next.Def.V.Status = ecs.TaskDefinitionStatusDeleteInProgress
		state.TaskDefinitions.Put(tx, next.Key(), &next)
	})
	w.ended("s", w.deploy("s", w.define("web", 2, "web:2"), 1, deploy.Config{}), deploy.Successful)
	w.await("the end of the definition", func() bool { _, ok := find(); return !ok })
}

func TestCapacityNeverFallsBelowMinimum(t *testing.T) {
	w := newWorld(t)
	w.ended("s", w.deploy("s", w.define("web", 1, "web:1"), 4, deploy.Config{}), deploy.Successful)
	low := make(chan int, 1)
	stop := w.store.Watch(func(store.Commit) {
		n := 0
		for _, c := range w.running("s") {
			n += c
		}
		if n < 4 {
			select {
			case low <- n:
			default:
			}
		}
	})
	defer stop()
	w.play("web:2", fake.Script{Start: 20 * time.Millisecond, Health: runtime.HealthHealthy, HealthAfter: 30 * time.Millisecond})
	w.ended("s", w.deploy("s", w.define("web", 2, "web:2"), 4, deploy.Config{}), deploy.Successful)
	select {
	case n := <-low:
		t.Errorf("only %d healthy tasks during the deployment", n)
	default:
	}
}

func TestBreakerRollsBack(t *testing.T) {
	cfg := deploy.Config{Breaker: deploy.BreakerConfig{Enable: true, Rollback: true, ResetOnHealthyTask: true}}
	for name, script := range map[string]fake.Script{
		"image cannot be pulled": {Fail: "CannotPullContainerError: not found"},
		"exits after it started": {Exit: 10 * time.Millisecond, Code: 1},
		"never healthy":          {Health: runtime.HealthUnhealthy, HealthAfter: 10 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.ended("s", w.deploy("s", w.define("web", 1, "web:1"), 2, cfg), deploy.Successful)
			before := w.service("s").Primary
			w.play("web:2", script)
			id := w.deploy("s", w.define("web", 2, "web:2"), 2, cfg)
			w.ended("s", id, deploy.RollbackSuccessful)
			if s := w.service("s"); s.Primary != before || !maps.Equal(w.running("s"), map[string]int{"web:1": 2}) {
				t.Errorf("primary %s, want %s; running %v", s.Primary, before, w.running("s"))
			}
			m := w.deployment("s", id).Machine
			if m.Breaker.Status != deploy.Triggered || m.Breaker.Failures < 3 {
				t.Errorf("breaker %+v", m.Breaker)
			}
			if ev := strings.Join(w.events("s"), "\n"); !strings.Contains(ev, "deployment failed: tasks failed to start.") || !strings.Contains(ev, "rolling back to deployment ecs-svc/"+before+".") {
				t.Errorf("events:\n%s", ev)
			}
		})
	}
}

func TestLostTaskIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.ended("s", w.deploy("s", w.define("web", 1, "web:1"), 2, deploy.Config{}), deploy.Successful)
	w.await("steady", func() bool { return w.service("s").Steady })
	first := w.tasks("s")[0].ID
	w.driver.Crash(first, 137)
	w.await("a replacement", func() bool {
		return w.running("s")["web:1"] == 2 && !slices.ContainsFunc(w.tasks("s"), func(t *state.Task) bool {
			return t.ID == first && t.LastStatus != Stopped
		})
	})
	for _, x := range w.tasks("s") {
		if x.ID == first && (x.StopCode != "EssentialContainerExited" || *x.Containers[0].ExitCode != 137) {
			t.Errorf("stopCode %s exit %v", x.StopCode, x.Containers[0].ExitCode)
		}
	}
}

// TestRestartAnywhere stops the engine at many moments of a deployment: it must
// go on to the same end without starting a task twice.
func TestRestartAnywhere(t *testing.T) {
	w := newWorld(t)
	w.ended("s", w.deploy("s", w.define("web", 1, "web:1"), 3, deploy.Config{}), deploy.Successful)
	for i := range 6 {
		td := w.define("web", i+2, fmt.Sprint("web:", i+2))
		w.play(fmt.Sprint("web:", i+2), fake.Script{Start: 10 * time.Millisecond, Stop: 10 * time.Millisecond, Health: runtime.HealthHealthy, HealthAfter: 10 * time.Millisecond})
		id := w.deploy("s", td, 3, deploy.Config{})
		for range 4 {
			w.stop()
			w.start()
		}
		w.ended("s", id, deploy.Successful)
	}
	w.await("steady", func() bool { return w.service("s").Steady })
	held, err := w.driver.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(held) != 3 {
		t.Errorf("the runtime holds %d tasks, want 3", len(held))
	}
}

func TestNewerUpdateReplacesTheRunningOne(t *testing.T) {
	w := newWorld(t)
	w.ended("s", w.deploy("s", w.define("web", 1, "web:1"), 2, deploy.Config{}), deploy.Successful)
	w.play("web:2", fake.Script{Health: runtime.HealthUnknown}) // never healthy
	stuck := w.deploy("s", w.define("web", 2, "web:2"), 2, deploy.Config{})
	w.await("tasks of the first update", func() bool {
		return slices.ContainsFunc(w.tasks("s"), func(t *state.Task) bool {
			return strings.HasSuffix(t.TaskDefinition, ":2") && t.LastStatus == Running
		})
	})
	next := w.deploy("s", w.define("web", 3, "web:3"), 2, deploy.Config{})
	w.ended("s", stuck, deploy.Stopped)
	w.ended("s", next, deploy.Successful)
	if got := w.running("s"); !maps.Equal(got, map[string]int{"web:3": 2}) {
		t.Errorf("running %v", got)
	}
}

func TestScaleWithoutDeployment(t *testing.T) {
	w := newWorld(t)
	w.ended("s", w.deploy("s", w.define("web", 1, "web:1"), 1, deploy.Config{}), deploy.Successful)
	for _, n := range []int{4, 2, 0, 1} {
		w.change("s", func(s *state.Service) { s.Desired = n })
		w.await(fmt.Sprint(n, " tasks"), func() bool { return w.running("s")["web:1"] == n && w.service("s").Steady })
	}
}

func TestShutdownStopsTasksAndTheNextRunReplacesThem(t *testing.T) {
	w := newWorld(t)
	w.ended("s", w.deploy("s", w.define("web", 1, "web:1"), 2, deploy.Config{}), deploy.Successful)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := w.engine.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	w.stop()
	w.start()
	w.await("replacements", func() bool { return w.running("s")["web:1"] == 2 })
}

// TestUnknownTargetGroup: a task that cannot be registered is told and never
// counts as healthy, so that the deployment does not complete without traffic.
func TestUnknownTargetGroup(t *testing.T) {
	w := newWorld(t)
	w.balancers = []ecs.LoadBalancer{{TargetGroupArn: aws.String("arn:gone"), ContainerName: aws.String("app"), ContainerPort: aws.Int32(80)}}
	id := w.deploy("s", w.define("web", 1, "web:1"), 1, deploy.Config{})
	w.await("the refusal as a service event", func() bool {
		return strings.Contains(strings.Join(w.events("s"), "\n"), "was unable to register a target in (target-group arn:gone)")
	})
	w.await("a running task", func() bool {
		return slices.ContainsFunc(w.tasks("s"), func(t *state.Task) bool { return t.LastStatus == Running })
	})
	if w.running("s")["web:1"] != 0 || w.deployment("s", id).Machine.Status.Terminal() {
		t.Error("a task without its target counts as healthy")
	}
}

// TestCrashLoopIsPaced: a task that exits at once is replaced about once a
// second, and what is kept of it is bounded.
func TestCrashLoopIsPaced(t *testing.T) {
	w := newWorld(t)
	w.play("web:1", fake.Script{Exit: time.Millisecond, Code: 1})
	w.deploy("s", w.define("web", 1, "web:1"), 1, deploy.Config{})
	began := time.Now()
	w.await("three exits", func() bool { return len(w.tasks("s")) > 3 })
	if took := time.Since(began); took < 2*quickExitHold {
		t.Errorf("three restarts in %v", took)
	}
}

func TestSweepBoundsStoppedTasks(t *testing.T) {
	w := newWorld(t)
	w.ended("s", w.deploy("s", w.define("web", 1, "web:1"), 1, deploy.Config{}), deploy.Successful)
	w.update(func(tx *store.Tx) {
		for i := range keptStopped + 7 {
			state.PutTask(tx, &state.Task{
				Scope: testScope, Cluster: "c", ID: fmt.Sprintf("old%04d", i), Service: "s", LastStatus: Stopped, DesiredStatus: Stopped,
				Stopped: time.Now().Add(time.Duration(i) * time.Millisecond), Counted: true,
			})
		}
	})
	if err := w.engine.sweep(time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	left := w.tasks("s")
	if len(left) != keptStopped+1 || slices.ContainsFunc(left, func(t *state.Task) bool { return t.ID < "old0007" && t.LastStatus == Stopped }) {
		t.Errorf("%d tasks left", len(left))
	}
}
