package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/engine"
	rt "github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/fake"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/test/bench/rig"
)

const tasksEach = 10

var scope = arn.Scope{Account: "000000000000", Region: "us-east-1"}

// Each number of services is measured in turns, for the machine is never quiet.
const rounds = 3

// BenchmarkDeployAll deploys every service once, all at the same time.
func BenchmarkDeployAll(b *testing.B) {
	sizes := []int{250, 500, 1000}
	seconds, cpu, heap := map[int][]float64{}, map[int][]float64{}, map[int][]float64{}
	for range rounds {
		for _, n := range sizes {
			m := measure(b, n)
			seconds[n] = append(seconds[n], m.took.Seconds())
			cpu[n] = append(cpu[n], m.cpu.Seconds())
			heap[n] = append(heap[n], m.heap)
		}
	}
	t := rig.NewTable("One deployment of every service at once, 10 tasks each, fake runtime, one core",
		"services", "s", "CPU, s", "CPU, ms/service", "live heap, MiB", "KiB/service")
	for _, n := range sizes {
		t.Row(n, rig.Median(seconds[n]), rig.Median(cpu[n]), rig.Median(cpu[n])*1000/float64(n), rig.Median(heap[n]), rig.Median(heap[n])*1024/float64(n))
	}
	t.Note("Linear is when the figures for one service do not grow.")
	t.Print()
	b.ReportMetric(rig.Median(seconds[1000]), "s/1000")
	b.ReportMetric(rig.Median(heap[1000]), "MiB/1000")
	b.ReportMetric(0, "ns/op")
}

// figures of one measurement.
type figures struct {
	took, cpu time.Duration
	heap      float64 // MiB
}

func measure(b *testing.B, services int) (m figures) {
	b.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	st, err := store.Open(filepath.Join(b.TempDir(), "state.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	d := fake.New(fake.Options{Script: func(rt.Spec) fake.Script { return fake.Script{Health: rt.HealthHealthy} }})
	defer d.Close()
	e, err := engine.New(engine.Options{Store: st, Driver: d, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}()
	deployAll(b, st, services, 1)
	start, before := time.Now(), rig.CPU(os.Getpid())
	deployAll(b, st, services, 2)
	return figures{time.Since(start), rig.CPU(os.Getpid()) - before, heapMiB()}
}

func heapMiB() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// deployAll writes what CreateService or UpdateService write, for every service,
// and waits until the last deployment has ended well.
func deployAll(b *testing.B, st *store.Store, services, version int) {
	b.Helper()
	left, stop := ends(b, st, services)
	defer stop()
	td := define(b, st, version)
	if err := st.Update(func(tx *store.Tx) error {
		for i := range services {
			begin(tx, fmt.Sprintf("s%04d", i), td)
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	for range services {
		<-left
	}
}

// ends tells of every deployment that ended; one that did not end well fails the
// benchmark.
func ends(b *testing.B, st *store.Store, services int) (left <-chan struct{}, stop func()) {
	b.Helper()
	over := make(chan struct{}, services)
	return over, st.Watch(func(c store.Commit) {
		for _, ch := range c.Changes {
			d, old := state.Deployments.Of(ch)
			if d == nil || !d.Machine.Status.Terminal() && d.Halted == "" || old != nil && old.Machine.Status.Terminal() {
				continue
			}
			if d.Machine.Status != deploy.Successful {
				b.Errorf("deployment of %s: %s %s %s", d.Service, d.Machine.Status, d.Machine.StatusReason, d.Halted)
			}
			over <- struct{}{}
		}
	})
}

func define(b *testing.B, st *store.Store, version int) string {
	td := &state.TaskDefinition{Scope: scope, Family: "web", Revision: version}
	td.Def.V = ecs.TaskDefinition{
		Family: aws.String("web"), Revision: int32(version), NetworkMode: ecs.NetworkModeAwsvpc,
		TaskDefinitionArn: aws.String(scope.TaskDefinition("web", version)),
		ContainerDefinitions: []ecs.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("web"), Essential: aws.Bool(true),
			HealthCheck: &ecs.HealthCheck{Command: []string{"CMD", "true"}},
		}},
	}
	if err := st.Update(func(tx *store.Tx) error { state.TaskDefinitions.Put(tx, td.Key(), td); return nil }); err != nil {
		b.Fatal(err)
	}
	return *td.Def.V.TaskDefinitionArn
}

func begin(tx *store.Tx, name, td string) {
	n, id, now := arn.NewRevision(), arn.NewDeploymentID(), time.Now()
	s := &state.Service{Scope: scope, Cluster: "c", Name: name, Created: now, Status: "ACTIVE"}
	if old, ok := state.Services.Get(tx, s.Key()); ok {
		c := *old
		s = &c
	}
	var sources []deploy.Rev
	for _, r := range s.Listed {
		sources = append(sources, deploy.Rev(r))
	}
	rev := &state.Revision{Scope: scope, Cluster: "c", Service: name, N: n, Created: now}
	rev.Body.V.TaskDefinition = aws.String(td)
	d := &state.Deployment{Scope: scope, Cluster: "c", Service: name, ID: id, Created: now}
	d.Machine = *deploy.New(deploy.Request{ID: id, Service: name, Target: deploy.Rev(n), Sources: sources, RollbackTo: deploy.Rev(s.Live), Desired: tasksEach}, now)
	s.Desired, s.Primary, s.Deployment = tasksEach, n, id
	s.Listed = append([]string{n}, s.Listed...)
	state.Services.Put(tx, s.Key(), s)
	state.Revisions.Put(tx, rev.Key(), rev)
	state.Deployments.Put(tx, d.Key(), d)
}
