package engine_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/engine"
	"github.com/grue-ecs/grue/internal/link"
	rt "github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/fake"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/test/bench/rig"
)

// BenchmarkCanaries begins a canary deployment of every service at once and asks
// how late what was planned happened: step bakes, final bakes and wake-ups. A bake
// takes a minute of 60 s. A deadline is met when what follows from it is on disk.
func BenchmarkCanaries(b *testing.B) {
	const services, tasks = 1000, 2
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	w := newShifts(b)
	w.deployAll(b, services, deploy.Rolling, 1, tasks)
	p := &punctuality{late: map[string][]time.Duration{}}
	stop := w.store.Watch(p.committed)
	began, before := time.Now(), rig.CPU(os.Getpid())
	w.deployAll(b, services, deploy.Canary, 2, tasks)
	took, cpu, heap := time.Since(began), rig.CPU(os.Getpid())-before, heapMiB()
	stop()

	t := rig.NewTable(fmt.Sprintf("%d canary deployments at once, %d tasks each, one target group pair each, fake runtime, one core", services, tasks),
		"deadline", "count", "late p50, ms", "late p99, ms", "late max, ms", "target max, ms")
	worst := time.Duration(0)
	for _, what := range []string{stepBake, finalBake, wakeUp} {
		l := p.late[what]
		t.Row(what, len(l), rig.Millis(rig.Median(l)), rig.Millis(rig.Quantile(l, 0.99)), rig.Millis(rig.Quantile(l, 1)), 1000)
		worst = max(worst, rig.Quantile(l, 1))
	}
	t.Note("%.1f s in all, of which two bakes of 60 s and a drain of 1 s are planned; %.1f s of processor time; %.1f MiB of live heap afterwards; %d routing tables. "+
		"The proxy's end of the link is in this process, decodes each table, and finds every target healthy at once.", took.Seconds(), cpu.Seconds(), heap, w.proxy.tables())
	t.Print()
	b.ReportMetric(rig.Millis(worst), "ms/latest")
	b.ReportMetric(took.Seconds(), "s/1000")
	b.ReportMetric(heap, "MiB/1000")
	b.ReportMetric(0, "ns/op")
}

const (
	stepBake  = "end of the step bake"
	finalBake = "end of the final bake"
	wakeUp    = "wake-up of any kind"
)

// punctuality notes how late deadlines were.
type punctuality struct {
	mu   sync.Mutex
	late map[string][]time.Duration
}

func (p *punctuality) committed(c store.Commit) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, ch := range c.Changes {
		d, old := state.Deployments.Of(ch)
		if d == nil || old == nil {
			continue
		}
		m, was := &d.Machine, &old.Machine
		if at := was.Bake.Ends; !at.IsZero() && !at.Equal(m.Bake.Ends) {
			what := finalBake
			if was.Stage == deploy.ProductionShift {
				what = stepBake
			}
			p.late[what] = append(p.late[what], now.Sub(at))
		}
		if at := was.WakeAt; !at.IsZero() && !at.Equal(m.WakeAt) && !now.Before(at) {
			p.late[wakeUp] = append(p.late[wakeUp], now.Sub(at))
		}
	}
}

// shifts is a control plane with load balancers: store, engine, balancer and link
// are real; tasks and proxy are not.
type shifts struct {
	store *store.Store
	proxy *proxy
}

func newShifts(b *testing.B) *shifts {
	b.Helper()
	dir := b.TempDir()
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	w := &shifts{store: st, proxy: &proxy{known: map[string]bool{}}}
	socket := filepath.Join(dir, "proxy.sock")
	if w.proxy.endpoint, err = link.Serve(socket, w.proxy); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { w.proxy.endpoint.Close() })
	client, err := link.Dial(b.Context(), socket)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	d := fake.New(fake.Options{Script: func(rt.Spec) fake.Script { return fake.Script{Health: rt.HealthHealthy} }})
	b.Cleanup(func() { d.Close() })
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	balancer := elb.New(elb.Options{Store: st, Plane: client, Log: log})
	e, err := engine.New(engine.Options{Store: st, Driver: d, Balancer: balancer, Log: log})
	if err != nil {
		b.Fatal(err)
	}
	w.run(b, balancer.Run)
	w.run(b, e.Run)
	return w
}

// run runs f until the benchmark ends.
func (w *shifts) run(b *testing.B, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
}

// deployAll begins a deployment of every service and waits until all ended well.
func (w *shifts) deployAll(b *testing.B, services int, strategy deploy.Strategy, version, tasks int) {
	b.Helper()
	td := define(b, w.store, version)
	left, stop := ends(b, w.store, services)
	defer stop()
	if err := w.store.Update(func(tx *store.Tx) error {
		for i := range services {
			beginShift(tx, i, td, strategy, tasks)
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	for range services {
		<-left
	}
}
