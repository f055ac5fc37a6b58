package web

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// view is an event of a view.
type view struct {
	Items map[string]json.RawMessage `json:"items"`
	Set   map[string]json.RawMessage `json:"set"`
	Gone  []string                   `json:"gone"`
}

func code(n int) *int { return &n }

func TestWhyATaskStopped(t *testing.T) {
	for _, c := range []struct {
		name string
		task state.Task
		want string
	}{
		{"it runs", state.Task{LastStatus: "RUNNING", Healthy: true, Service: "s"}, ""},
		{"a standalone task runs", state.Task{LastStatus: "RUNNING"}, ""},
		{
			"exit code",
			state.Task{LastStatus: "STOPPED", StoppedReason: "Essential container in task exited", Containers: []state.Container{{Name: "app", ExitCode: code(3)}}},
			"Essential container in task exited app ended with exit code 3.",
		},
		{
			"killed",
			state.Task{LastStatus: "STOPPED", StoppedReason: "Essential container in task exited", Containers: []state.Container{{Name: "app", ExitCode: code(137)}}},
			"Essential container in task exited app ended with exit code 137 (SIGKILL: it did not end in time, or was out of memory).",
		},
		{
			"a reason of its own",
			state.Task{LastStatus: "STOPPED", StoppedReason: "Task failed to start", Containers: []state.Container{{Name: "app", Reason: "CannotPullContainerError: no such image"}}},
			"Task failed to start app: CannotPullContainerError: no such image",
		},
		{"stopping", state.Task{LastStatus: "RUNNING", DesiredStatus: "STOPPED", StoppedReason: "Scaling activity"}, "Scaling activity"},
		{"to be replaced", state.Task{LastStatus: "RUNNING", Unhealthy: "Task failed ELB health checks"}, "Task failed ELB health checks"},
		{"pulling", state.Task{LastStatus: "PENDING", PullStarted: time.Now()}, "Its images are being pulled."},
		{"container check", state.Task{LastStatus: "RUNNING", Service: "s", Health: "UNHEALTHY", Containers: []state.Container{{Name: "app", Health: "UNHEALTHY"}}}, "Container app fails its health check."},
		{"target check", state.Task{LastStatus: "RUNNING", Service: "s", Health: "UNKNOWN", Targets: []state.Target{{}}}, "Its target group has not found it healthy yet."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := taskWhy(&c.task); got != c.want {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestTasksView(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	put := func(id, status string) {
		d.update(func(tx *store.Tx) {
			state.PutTask(tx, &state.Task{Scope: d.scope, Cluster: "c", ID: id, LastStatus: status, Service: "web", Containers: []state.Container{{Name: "app", Status: status, ExitCode: code(1)}}})
		})
	}
	d.update(func(tx *store.Tx) {
		c := &state.Cluster{Scope: d.scope, Name: "c"}
		state.Clusters.Put(tx, c.Key(), c)
	})
	put("a", "RUNNING")
	s := d.stream("/ui/live/tasks/c")
	var v view
	if name := s.next(&v); name != "full" || len(v.Items) != 1 {
		t.Fatalf("%s %s", name, v.Items)
	}
	put("b", "PENDING")
	v = view{}
	if name := s.next(&v); name != "delta" || len(v.Set) != 1 || v.Set["task/b"] == nil {
		t.Errorf("%s %s", name, v.Set)
	}
	put("a", "STOPPED")
	v = view{}
	s.next(&v)
	var row TaskRow
	if err := json.Unmarshal(v.Set["task/a"], &row); err != nil || row.Status != "STOPPED" || len(row.Exits) != 1 || *row.Exits[0].Code != 1 {
		t.Errorf("%v %+v", err, row)
	}
	d.update(func(tx *store.Tx) {
		task, _ := state.Tasks.Get(tx, state.TaskKey(d.scope, "c", "a"))
		state.DeleteTask(tx, task)
	})
	v = view{}
	if s.next(&v); len(v.Gone) != 1 || v.Gone[0] != "task/a" {
		t.Errorf("%v", v.Gone)
	}
	var p Problem
	if status := d.get("/ui/api/view/tasks/none", &p); status != 404 || p.Code != "ClusterNotFoundException" {
		t.Errorf("%d %+v", status, p)
	}
	if status := d.get("/ui/api/view/task/c/none", &p); status != 404 || p.Code != "TaskNotFound" || !strings.Contains(p.Message, "hour") {
		t.Errorf("%d %+v", status, p)
	}
}

// A chart gets new points without the old ones again, and old parts go.
func TestTaskUsageParts(t *testing.T) {
	now := time.Unix(1000, 0)
	s := &Site{opts: Options{Now: func() time.Time { return now }}}
	cpu := time.Duration(0)
	s.opts.Stats = func(_ context.Context, _ string) (map[string]runtime.Stats, error) {
		return map[string]runtime.Stats{"app": {At: now, CPU: cpu, MemoryBytes: 7}, "side": {At: now, MemoryBytes: 3}}, nil
	}
	m, task := &taskMeter{task: "t"}, &state.Task{LastStatus: "RUNNING"}
	if out := m.look(s, task); len(out) != 0 {
		t.Errorf("the first look has nothing to compare with: %v", out)
	}
	kept := Items{}
	for range partSize * (maxParts + 3) {
		now, cpu = now.Add(time.Second), cpu+250*time.Millisecond
		for key, doc := range m.look(s, task) {
			if doc == nil {
				delete(kept, key)
			} else {
				kept[key] = doc
			}
		}
	}
	if p := kept["usage/5"].(*TaskUsage).Points; len(p) != partSize || p[0].CPU != 0.25 || p[0].Memory != 10 {
		t.Errorf("%+v", p)
	}
	if len(kept) != maxParts || kept["usage/2"] != nil || kept["usage/3"] == nil {
		t.Errorf("%d parts", len(kept))
	}
	task.LastStatus = "STOPPED"
	if out := m.look(s, task); len(out) != 0 {
		t.Errorf("a task that stopped is measured: %v", out)
	}
}
