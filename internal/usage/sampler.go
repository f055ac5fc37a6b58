package usage

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Options of New. Store, Metrics and Stats are required.
type Options struct {
	Store   *store.Store
	Metrics *metric.Store
	// Stats reads the resource use of the containers of a running task.
	Stats func(ctx context.Context, taskID string) (map[string]runtime.Stats, error)
	Now   func() time.Time
	Log   *slog.Logger
}

// Sampler measures tasks. Use New, then Run once.
type Sampler struct {
	opts Options
	last map[string]look // by task id
	// mu guards recent: what was measured of each running task, by id.
	mu     sync.Mutex
	recent map[string][]Point
	// insight tells which clusters have Container Insights, by key; of this look.
	insight map[string]bool
}

// look is what was read of a task.
type look struct {
	at  time.Time
	cpu time.Duration
}

// New returns a Sampler.
func New(o Options) *Sampler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Sampler{opts: o, last: map[string]look{}, recent: map[string][]Point{}}
}

// looks is how often a task is looked at in a minute. A look costs some reads of
// files or a call of Docker Engine, so never more than two in a second.
const (
	looks = 4
	pause = 500 * time.Millisecond
)

// Run measures until ctx ends.
func (s *Sampler) Run(ctx context.Context) error {
	tick := time.NewTicker(max(s.opts.Metrics.Minute()/looks, pause))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.Sample(ctx)
		}
	}
}

// subject is a task to measure, with what it reserves.
type subject struct {
	task   *state.Task
	cpus   float64 // processors
	memory float64 // bytes
}

// Sample looks at every running task of a service once.
func (s *Sampler) Sample(ctx context.Context) {
	var all []subject
	s.opts.Store.View(func(tx *store.Tx) {
		for _, t := range state.Tasks.All(tx) {
			if t.Service != "" && t.LastStatus == "RUNNING" {
				all = append(all, reserved(tx, t))
			}
		}
		s.count(tx)
	})
	seen := make(map[string]look, len(all))
	for _, x := range all {
		if ctx.Err() != nil {
			return
		}
		stats, err := s.opts.Stats(ctx, x.task.ID)
		if err != nil || len(stats) == 0 {
			s.opts.Log.Debug("task not measured", "task", x.task.ID, "err", err)
			continue
		}
		seen[x.task.ID] = s.add(&x, stats)
	}
	s.last = seen
	s.forget(seen)
}

// add publishes the use of one task.
func (s *Sampler) add(x *subject, stats map[string]runtime.Stats) look {
	now := look{at: s.opts.Now()}
	var memory uint64
	for _, c := range stats {
		now.cpu += c.CPU
		memory += c.MemoryBytes
		if !c.At.IsZero() {
			now.at = c.At
		}
	}
	before, known := s.last[x.task.ID]
	if !known {
		return now
	}
	if wall := now.at.Sub(before.at); wall > 0 && now.cpu >= before.cpu {
		cpus := (now.cpu - before.cpu).Seconds() / wall.Seconds()
		if x.cpus > 0 {
			s.publish(x.task, "CPUUtilization", 100*cpus/x.cpus)
		}
		s.insights(x, cpus, float64(memory))
		s.remember(x.task.ID, Point{At: now.at, CPUs: cpus, Memory: float64(memory)})
	}
	if x.memory > 0 {
		s.publish(x.task, "MemoryUtilization", 100*float64(memory)/x.memory)
	}
	return now
}

// publish adds a sample of a task to the metrics of its service and its cluster.
func (s *Sampler) publish(t *state.Task, name string, percent float64) {
	for _, dims := range [][]string{{"ClusterName", t.Cluster, "ServiceName", t.Service}, {"ClusterName", t.Cluster}} {
		s.opts.Metrics.Add(metric.Metric{
			Scope: t.Scope, Namespace: "AWS/ECS", Name: name, Unit: "Percent", Dimensions: metric.Dims(dims...),
		}, percent, s.opts.Now())
	}
}

// reserved is a task with what it reserves.
func reserved(tx *store.Tx, t *state.Task) subject {
	cpus, memory := Reserved(tx, t)
	return subject{task: t, cpus: cpus, memory: memory}
}

// Reserved reads what a task reserves, in processors and bytes: its own size, or the
// sum of its containers'; 0 = neither says. 1,024 CPU units are one processor; memory
// is stated in MiB.
func Reserved(tx *store.Tx, t *state.Task) (cpus, memory float64) {
	units, mib := number(t.CPU), number(t.Memory)
	if d, ok := state.DefinitionByARN(tx, t.TaskDefinition); ok && (units == 0 || mib == 0) {
		var cpu, sum float64
		for _, c := range d.Def.V.ContainerDefinitions {
			cpu += float64(c.Cpu)
			soft := aws.ToInt32(c.MemoryReservation)
			if soft == 0 {
				soft = aws.ToInt32(c.Memory)
			}
			sum += float64(soft)
		}
		if units == 0 {
			units = cpu
		}
		if mib == 0 {
			mib = sum
		}
	}
	return units / 1024, mib * (1 << 20)
}

func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return v
}
