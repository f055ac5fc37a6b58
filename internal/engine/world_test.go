package engine

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/fake"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var testScope = arn.Scope{Account: "000000000000", Region: "us-east-1"}

func newTestTask() *state.Task { return &state.Task{Scope: testScope, ENI: "eni-1"} }

// world is an engine over a real store and a scripted runtime.
type world struct {
	t      *testing.T
	store  *store.Store
	driver *fake.Driver
	engine *Engine
	stop   func()
	log    *slog.Logger

	mu     sync.Mutex
	script map[string]fake.Script // by image

	registries []ecs.ServiceRegistry // of what deploy makes
	balancers  []ecs.LoadBalancer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: st, script: map[string]fake.Script{}, log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	w.driver = fake.New(fake.Options{Script: func(s runtime.Spec) fake.Script {
		w.mu.Lock()
		defer w.mu.Unlock()
		if sc, ok := w.script[s.Containers[0].Image]; ok {
			return sc
		}
		return fake.Script{Health: runtime.HealthHealthy}
	}})
	w.start()
	t.Cleanup(func() {
		w.stop()
		w.driver.Close()
		st.Close()
	})
	return w
}

// start runs an engine, as after a restart of the server.
func (w *world) start() {
	w.t.Helper()
	e, err := New(Options{Store: w.store, Driver: w.driver, Log: w.log, Minute: 3 * time.Second, MinRunning: time.Millisecond})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	w.engine = e
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	})
}

func (w *world) update(fn func(tx *store.Tx)) {
	w.t.Helper()
	if err := w.store.Update(func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		w.t.Fatal(err)
	}
}

// define registers a one-container task definition; checked gives it a health check.
func (w *world) define(family string, rev int, image string) string {
	def := ecs.TaskDefinition{
		Family: aws.String(family), Revision: int32(rev), NetworkMode: ecs.NetworkModeAwsvpc,
		TaskDefinitionArn: aws.String(testScope.TaskDefinition(family, rev)),
		ContainerDefinitions: []ecs.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(image), Essential: aws.Bool(true),
			HealthCheck: &ecs.HealthCheck{Command: []string{"CMD", "true"}},
		}},
	}
	td := &state.TaskDefinition{Scope: testScope, Family: family, Revision: rev}
	td.Def.V = def
	w.update(func(tx *store.Tx) { state.TaskDefinitions.Put(tx, td.Key(), td) })
	return *def.TaskDefinitionArn
}

// deploy does to the records what CreateService and UpdateService do.
func (w *world) deploy(name, taskDefinition string, desired int, cfg deploy.Config) (deployment string) {
	n, id, now := arn.NewRevision(), arn.NewDeploymentID(), time.Now()
	w.update(func(tx *store.Tx) {
		key := testScope.Key("c", name)
		s := &state.Service{Scope: testScope, Cluster: "c", Name: name, Created: now, Status: "ACTIVE"}
		s.Body.V.DeploymentConfiguration = &ecs.DeploymentConfiguration{MinimumHealthyPercent: aws.Int32(100), MaximumPercent: aws.Int32(200)}
		if old, ok := state.Services.Get(tx, key); ok {
			c := *old
			s = &c
		}
		var sources []deploy.Rev
		for _, r := range s.Listed {
			sources = append(sources, deploy.Rev(r))
		}
		s.Desired, s.Primary, s.Deployment = desired, n, id
		s.Listed = append([]string{n}, s.Listed...)
		rev := &state.Revision{Scope: testScope, Cluster: "c", Service: name, N: n, Created: now, Rollout: deploy.RolloutInProgress}
		rev.Body.V.TaskDefinition = aws.String(taskDefinition)
		rev.Body.V.ServiceRegistries, rev.Body.V.LoadBalancers = w.registries, w.balancers
		d := &state.Deployment{Scope: testScope, Cluster: "c", Service: name, ID: id, Created: now}
		cfg.Minute = 3 * time.Second
		d.Machine = *deploy.New(deploy.Request{
			ID: id, Service: name, Config: cfg, Target: deploy.Rev(n),
			Sources: sources, RollbackTo: deploy.Rev(s.Live), Desired: desired,
		}, now)
		state.Services.Put(tx, key, s)
		state.Revisions.Put(tx, rev.Key(), rev)
		state.Deployments.Put(tx, d.Key(), d)
	})
	return id
}

// play has the tasks of an image follow a script.
func (w *world) play(image string, script fake.Script) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.script[image] = script
}

// change changes a service; the engine may do so at the same moment.
func (w *world) change(name string, change func(s *state.Service)) {
	w.t.Helper()
	w.update(func(tx *store.Tx) {
		s, ok := state.Services.Get(tx, testScope.Key("c", name))
		if !ok {
			w.t.Errorf("no service %s", name)
			return
		}
		next := *s
		change(&next)
		state.Services.Put(tx, next.Key(), &next)
	})
}

func (w *world) service(name string) (s *state.Service) {
	w.store.View(func(tx *store.Tx) { s, _ = state.Services.Get(tx, testScope.Key("c", name)) })
	return s
}

func (w *world) deployment(name, id string) (d *state.Deployment) {
	w.store.View(func(tx *store.Tx) { d, _ = state.Deployments.Get(tx, testScope.Key("c", name, id)) })
	return d
}

// running lists the healthy running tasks of a service by task definition revision.
func (w *world) running(name string) map[string]int {
	out := map[string]int{}
	w.store.View(func(tx *store.Tx) {
		s, ok := state.Services.Get(tx, testScope.Key("c", name))
		if !ok {
			return
		}
		for _, t := range state.TasksOf(tx, s) {
			if t.LastStatus == Running && t.DesiredStatus == Running && t.Healthy {
				out[t.TaskDefinition[strings.LastIndexByte(t.TaskDefinition, '/')+1:]]++
			}
		}
	})
	return out
}

func (w *world) tasks(name string) (list []*state.Task) {
	w.store.View(func(tx *store.Tx) {
		if s, ok := state.Services.Get(tx, testScope.Key("c", name)); ok {
			list = state.TasksOf(tx, s)
		}
	})
	return list
}

// await waits for a condition and tells what it saw last when it never came.
func (w *world) await(what string, cond func() bool) {
	w.t.Helper()
	deadline := time.After(5 * time.Minute)
	for !cond() {
		select {
		case <-deadline:
			w.dump()
			w.t.Fatalf("never: %s", what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (w *world) dump() {
	w.store.View(func(tx *store.Tx) {
		for _, s := range state.Services.All(tx) {
			w.t.Logf("service %s %s desired %d goals %v listed %v deployment %s running %v", s.Name, s.Status, s.Desired, s.Goals, s.Listed, s.Deployment, s.Running)
			for _, ev := range slices.Backward(s.Events) {
				w.t.Log("  ", ev.Created.Format("05.000"), ev.Message)
			}
		}
		for _, d := range state.Deployments.All(tx) {
			w.t.Logf("deployment %s %s %s halted %q counts %v", d.ID, d.Machine.Status, d.Machine.Stage, d.Halted, d.Machine.Counts)
		}
		for _, t := range state.Tasks.All(tx) {
			w.t.Logf("task %s rev %s %s/%s healthy %v %s %s", t.ID[:6], t.Revision, t.LastStatus, t.DesiredStatus, t.Healthy, t.StopCode, t.StoppedReason)
		}
	})
}

func (w *world) ended(name, id string, want deploy.Status) {
	w.t.Helper()
	w.await(fmt.Sprintf("deployment %s", want), func() bool {
		d := w.deployment(name, id)
		return d != nil && d.Machine.Status.Terminal()
	})
	if got := w.deployment(name, id).Machine.Status; got != want {
		w.dump()
		w.t.Fatalf("deployment ended %s, want %s", got, want)
	}
}

// events lists the service events, oldest first, without their prefix.
func (w *world) events(name string) (out []string) {
	for _, ev := range slices.Backward(w.service(name).Events) {
		out = append(out, strings.TrimPrefix(ev.Message, "(service "+name+") "))
	}
	return out
}
