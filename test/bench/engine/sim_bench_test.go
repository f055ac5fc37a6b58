package engine_test

import (
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/sim"
	"github.com/grue-ecs/grue/test/bench/rig"
)

// BenchmarkSimulator plays generated worlds, one after another on one core. A
// world has at least one deployment; each update in it begins one more.
func BenchmarkSimulator(b *testing.B) {
	const worlds = 10_000
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // a world is small and soon over: at 100 % it is mostly collected
	all, sums := &sum{}, map[deploy.Strategy]*sum{}
	for _, s := range strategies {
		sums[s] = &sum{}
	}
	began := time.Now()
	for seed := range worlds {
		before := processorTime()
		sc := sim.Generate(uint64(seed))
		r := sim.Run(sc, nil, nil)
		cpu := processorTime() - before
		if r.Err != nil {
			b.Errorf("seed %d: %v", seed, r.Err)
		}
		n := updates(sc)
		for _, x := range []*sum{all, sums[sc.Strategy]} {
			x.worlds++
			x.steps += r.Steps
			x.cpu += cpu
			x.deployments += n
		}
	}
	took := time.Since(began)
	t := rig.NewTable("Simulated deployments on one core", "strategy", "worlds", "deployments", "steps", "worlds/s", "deployments/s", "target")
	for _, s := range strategies {
		sums[s].row(t, string(s), "")
	}
	all.row(t, "all", "≥ 1,000 deployments/s")
	t.Note("Per second of processor time; %.1f s on the clock, with a second pass that counts; GOGC=400. Seeds 0 to %d, with faults; every invariant is judged after every step.", took.Seconds(), worlds-1)
	t.Print()
	b.ReportMetric(float64(all.deployments)/all.cpu.Seconds(), "deployments/s")
	b.ReportMetric(0, "ns/op")
}

var strategies = []deploy.Strategy{deploy.Rolling, deploy.BlueGreen, deploy.Canary, deploy.Linear}

// sum is what came of many worlds.
type sum struct {
	worlds, deployments, steps int
	cpu                        time.Duration
}

func (x *sum) row(t *rig.Table, name, target string) {
	t.Row(name, x.worlds, x.deployments, x.steps, float64(x.worlds)/x.cpu.Seconds(), float64(x.deployments)/x.cpu.Seconds(), target)
}

// updates counts the deployments that a world begins.
func updates(sc sim.Scenario) (n int) {
	sim.Run(sc, nil, func(s string) {
		if strings.Contains(s, "— update ") {
			n++
		}
	})
	return n
}

// processorTime is what this process has used so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
