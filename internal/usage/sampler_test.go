package usage

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestUtilization(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	scope := arn.Scope{Account: "1", Region: "r"}
	err = st.Update(func(tx *store.Tx) error {
		for _, id := range []string{"a", "b"} {
			state.PutTask(tx, &state.Task{Scope: scope, Cluster: "c", ID: id, Service: "web", LastStatus: "RUNNING", CPU: "512", Memory: "1024"})
		}
		state.PutTask(tx, &state.Task{Scope: scope, Cluster: "c", ID: "alone", LastStatus: "RUNNING", CPU: "512", Memory: "1024"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 12, 0, 1, 0, time.UTC)
	clock := func() time.Time { return now }
	use := map[string]time.Duration{"a": time.Second, "b": time.Second} // of CPU time, in each look
	total := map[string]time.Duration{}
	metrics := metric.New(metric.Options{Now: clock})
	s := New(Options{Store: st, Metrics: metrics, Now: clock, Stats: func(_ context.Context, id string) (map[string]runtime.Stats, error) {
		if id == "alone" {
			t.Error("a task without a service was measured")
		}
		total[id] += use[id]
		return map[string]runtime.Stats{
			"app":  {At: now, CPU: total[id], MemoryBytes: 256 << 20},
			"side": {At: now, MemoryBytes: 256 << 20},
		}, nil
	}})
	s.Sample(t.Context())
	now = now.Add(10 * time.Second)
	use["b"] = 4 * time.Second
	s.Sample(t.Context())
	m := metric.Metric{Scope: scope, Namespace: "AWS/ECS", Name: "CPUUtilization", Dimensions: metric.Dims("ClusterName", "c", "ServiceName", "web")}
	cpu := metrics.Query(m, now.Add(-time.Minute), now.Add(time.Minute), 60)
	m.Name = "MemoryUtilization"
	memory := metrics.Query(m, now.Add(-time.Minute), now.Add(time.Minute), 60)
	// Half a processor each: 1 s and 4 s in 10 s are 20 % and 80 %.
	if len(cpu) != 1 || cpu[0].Minimum != 20 || cpu[0].Maximum != 80 || cpu[0].SampleCount != 2 || cpu[0].Unit != "Percent" {
		t.Errorf("%+v", cpu)
	}
	if len(memory) != 1 || memory[0].Average() != 50 {
		t.Errorf("%+v", memory)
	}
	m.Name, m.Dimensions = "CPUUtilization", metric.Dims("ClusterName", "c")
	if all := metrics.Query(m, now.Add(-time.Minute), now.Add(time.Minute), 60); len(all) != 1 || all[0].Maximum != 80 {
		t.Errorf("of the cluster: %+v", all)
	}
	if p := s.Recent("b"); len(p) != 1 || p[0].CPUs != 0.4 || p[0].Memory != 512<<20 || !p[0].At.Equal(now) {
		t.Errorf("of the task: %+v", p)
	}
	for range 2 * keepPoints {
		now = now.Add(time.Second)
		s.Sample(t.Context())
	}
	if p := s.Recent("a"); len(p) != keepPoints || !p[keepPoints-1].At.Equal(now) {
		t.Errorf("%d points of the task are kept", len(p))
	}
	if list := metrics.List(metric.Filter{Namespace: insightsNamespace}); len(list) != 0 {
		t.Errorf("the cluster has no Container Insights: %v", list)
	}
	err = st.Update(func(tx *store.Tx) error {
		task, _ := state.Tasks.Get(tx, state.TaskKey(scope, "c", "a"))
		next := *task
		next.LastStatus = "STOPPED"
		state.PutTask(tx, &next)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Sample(t.Context()); s.Recent("a") != nil || s.Recent("b") == nil {
		t.Error("a task that stopped is remembered, or one that runs is not")
	}
}

func TestInsights(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	scope := arn.Scope{Account: "1", Region: "r"}
	err = st.Update(func(tx *store.Tx) error {
		c := &state.Cluster{Scope: scope, Name: "c"}
		c.Body.V.Settings = []ecs.ClusterSetting{{Name: ecs.ClusterSettingNameContainerInsights, Value: aws.String("enhanced")}}
		state.Clusters.Put(tx, c.Key(), c)
		svc := &state.Service{Scope: scope, Cluster: "c", Name: "web", Status: "ACTIVE", Desired: 3, Listed: []string{"2", "1"}}
		state.Services.Put(tx, svc.Key(), svc)
		for id, status := range map[string]string{"a": "RUNNING", "b": "RUNNING", "p": "PENDING", "s": "STOPPED"} {
			state.PutTask(tx, &state.Task{Scope: scope, Cluster: "c", ID: id, Service: "web", LastStatus: status, CPU: "512", Memory: "1024"})
		}
		state.PutTask(tx, &state.Task{Scope: scope, Cluster: "c", ID: "alone", LastStatus: "RUNNING"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 12, 0, 1, 0, time.UTC)
	metrics := metric.New(metric.Options{Now: func() time.Time { return now }})
	total := map[string]time.Duration{}
	s := New(Options{Store: st, Metrics: metrics, Now: func() time.Time { return now }, Stats: func(_ context.Context, id string) (map[string]runtime.Stats, error) {
		total[id] += time.Second
		return map[string]runtime.Stats{"app": {At: now, CPU: total[id], MemoryBytes: 256 << 20}}, nil
	}})
	s.Sample(t.Context())
	now = now.Add(10 * time.Second)
	s.Sample(t.Context())
	service, cluster := metric.Dims("ClusterName", "c", "ServiceName", "web"), metric.Dims("ClusterName", "c")
	for _, c := range []struct {
		name string
		dims []metric.Dimension
		want float64 // average
	}{
		{"DesiredTaskCount", service, 3},
		{"RunningTaskCount", service, 2},
		{"PendingTaskCount", service, 1},
		{"DeploymentCount", service, 2},
		{"TaskCount", cluster, 3},
		{"ServiceCount", cluster, 1},
		{"CpuUtilized", service, 102.4},
		{"CpuReserved", cluster, 512},
		{"MemoryUtilized", service, 256},
		{"MemoryReserved", service, 1024},
	} {
		got := metrics.Query(metric.Metric{Scope: scope, Namespace: insightsNamespace, Name: c.name, Dimensions: c.dims}, now.Add(-time.Minute), now.Add(time.Minute), 60)
		if len(got) != 1 || got[0].Average() != c.want {
			t.Errorf("%s: %+v, want %v", c.name, got, c.want)
		}
	}
}
