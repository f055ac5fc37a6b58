package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/fake"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// registry makes a Cloud Map service with A records that may be kept for ttl
// seconds, and has deploy register tasks there.
func (w *world) registry(ttl int64) (s *cloudmap.Service) {
	w.t.Helper()
	err := w.store.Update(func(tx *store.Tx) error {
		n, err := cloudmap.CreateHTTPNamespace(tx, testScope, "prod", "", nil, time.Now())
		if err != nil {
			return err
		}
		s, err = cloudmap.CreateService(tx, cloudmap.Service{
			Scope: testScope, NamespaceID: n.ID, Name: "api", CustomHealth: true, Records: []cloudmap.Record{{Type: "A", TTL: ttl}},
		})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.registries = []ecs.ServiceRegistry{{RegistryArn: aws.String(s.ARN()), Port: aws.Int32(8080)}}
	return s
}

// instances are those of a Cloud Map service, as "task: health".
func (w *world) instances(s *cloudmap.Service) map[string]string {
	out := map[string]string{}
	w.store.View(func(tx *store.Tx) {
		for id, i := range cloudmap.Instances(tx, s.ID) {
			out[id] = i.Health
		}
	})
	return out
}

// enrolledAlways checks, with every commit, that exactly the running tasks are
// instances. A task that somebody asked to stop may be one until it is noticed.
func (w *world) enrolledAlways(s *cloudmap.Service) (stop func()) {
	return w.store.Watch(func(store.Commit) {
		w.store.View(func(tx *store.Tx) {
			for _, t := range state.Tasks.All(tx) {
				_, is := cloudmap.GetInstance(tx, s.ID, t.ID)
				running := t.LastStatus == Running
				if is && !running || !is && running && t.DesiredStatus == Running {
					w.t.Errorf("task %s is %s, to be %s; instance: %t", t.ID, t.LastStatus, t.DesiredStatus, is)
				}
			}
		})
	})
}

// TestRegistryFollowsTasks: instances come, change and go with the tasks, over
// crashes, deployments and a restart of the engine.
func TestRegistryFollowsTasks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registry(0)
	defer w.enrolledAlways(s)()
	w.script["v1"] = fake.Script{} // its health is told below
	v1 := w.define("api", 1, "v1")
	d := w.deploy("api", v1, 2, deploy.Config{})
	w.await("two instances", func() bool { return len(w.instances(s)) == 2 })
	for id, health := range w.instances(s) {
		if health != cloudmap.Unhealthy {
			t.Errorf("before its first check %s is %s", id, health)
		}
	}
	ids := slices.Sorted(maps.Keys(w.instances(s)))
	w.store.View(func(tx *store.Tx) {
		i, _ := cloudmap.GetInstance(tx, s.ID, ids[0])
		a := i.Attributes
		if a[cloudmap.IPv4] == "" || a[cloudmap.Port] != "8080" || a["ECS_CLUSTER_NAME"] != "c" || a["ECS_SERVICE_NAME"] != "api" || a["ECS_TASK_DEFINITION_FAMILY"] != "api" || a["REGION"] != "us-east-1" {
			t.Errorf("attributes %v", a)
		}
	})
	for _, id := range ids {
		w.driver.SetHealth(id, runtime.HealthHealthy)
	}
	w.ended("api", d, deploy.Successful)
	w.await("both are healthy", func() bool {
		got := w.instances(s)
		return got[ids[0]] == cloudmap.Healthy && got[ids[1]] == cloudmap.Healthy
	})

	w.mu.Lock()
	w.script["v1"] = fake.Script{Health: runtime.HealthHealthy}
	w.mu.Unlock()
	w.driver.Crash(ids[0], 1)
	w.await("the crashed task is replaced", func() bool { got := w.instances(s); return len(got) == 2 && got[ids[0]] == "" })
	w.stop()
	w.driver.Crash(ids[1], 1) // while nobody looks
	w.start()
	w.await("the task that died unseen is replaced", func() bool { got := w.instances(s); return len(got) == 2 && got[ids[1]] == "" })

	d = w.deploy("api", w.define("api", 2, "v2"), 3, deploy.Config{})
	w.ended("api", d, deploy.Successful)
	w.await("three instances of the second version", func() bool {
		got := w.instances(s)
		count := 0
		for _, x := range w.tasks("api") {
			if got[x.ID] != "" && strings.HasSuffix(x.TaskDefinition, ":2") {
				count++
			}
		}
		return count == 3 && len(got) == 3
	})
}

// TestRegistryWait: a task that leaves runs on for those who know it, but not
// for longer than it must.
func TestRegistryWait(t *testing.T) {
	t.Parallel()
	for ttl, most := range map[int64]time.Duration{0: 0, 1: time.Second, 60: longestLookup} {
		w := newWorld(t)
		s := w.registry(ttl)
		w.update(func(tx *store.Tx) {
			x := &state.Task{Scope: testScope, ID: "t", LastStatus: Running, Registry: &state.Registry{Service: s.ARN(), State: TargetRegistered}}
			if err := cloudmap.Register(tx, s, cloudmap.Instance{ID: "t"}); err != nil {
				t.Error(err)
			}
			before, now := *x.Registry, time.Now()
			if err := deregister(tx, x, now); err != nil {
				t.Error(err)
			}
			if got := drainEnd(x).Sub(now); got != most || x.LastStatus != Deactivating || x.Registry.State != TargetDraining {
				t.Errorf("with %d s: waits %s, %s %+v", ttl, got, x.LastStatus, x.Registry)
			}
			if before.State != TargetRegistered {
				t.Error("the former record changed")
			}
		})
		if got := w.instances(s); len(got) != 0 {
			t.Errorf("instances %v", got)
		}
	}
}

// TestRegistryGone: a task that cannot be registered is not healthy, and the
// service says why.
func TestRegistryGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.registry(0)
	w.update(func(tx *store.Tx) {
		if err := cloudmap.DeleteService(tx, s); err != nil {
			t.Error(err)
		}
	})
	w.deploy("api", w.define("api", 1, "v1"), 1, deploy.Config{})
	w.await("an event", func() bool {
		return slices.ContainsFunc(w.events("api"), func(e string) bool {
			return strings.HasPrefix(e, "was unable to register task") && strings.Contains(e, s.ARN())
		})
	})
	if r := w.running("api"); len(r) != 0 {
		t.Error(fmt.Sprint("healthy tasks: ", r))
	}
}
