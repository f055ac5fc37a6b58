package tasks_test

import (
	"testing"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

const rounds = 21

// starter starts the image once, answers how long it took to the first HTTP
// answer in milliseconds, and takes away what it started.
type starter struct {
	name  string
	start func(b *testing.B) float64
	times []float64
}

// BenchmarkStart compares the three in turns.
func BenchmarkStart(b *testing.B) {
	rig.NeedRoot(b)
	g := harness.Start(b)
	ref := g.Guest(b, "v1", "")
	api := newAPI(b, g, ref)
	bare := newBare(b, ref)
	all := []*starter{{name: "grue, RunTask", start: api.start}, {name: "runc run, nothing else", start: bare.start}}
	docker, err := newDocker(b, ref)
	if err == nil {
		all = append(all, &starter{name: "Docker Engine " + docker.Version + ", create and start", start: docker.start})
	}
	for round := range rounds + 1 {
		for _, s := range all {
			took := s.start(b)
			if round > 0 { // the first brings pages and layers into memory
				s.times = append(s.times, took)
			}
		}
	}
	t := rig.NewTable("Start of a task to its first HTTP answer", "started by", "median, ms", "p90, ms", "grue ÷ it", "target")
	targets := []string{"", "≤ 1.5 ×", "≤ 0.2 ×"}
	ours := rig.Median(all[0].times)
	for i, s := range all {
		t.Row(s.name, rig.Median(s.times), rig.Quantile(s.times, 0.9), rig.Ratio(ours, rig.Median(s.times)), targets[i])
	}
	t.Note("Within grue's figure: RunTask is answered after %.1f ms, the task's address is known after %.1f ms.", rig.Median(api.answered[1:]), rig.Median(api.addressed[1:]))
	t.Note("The task has 1 vCPU and 2 GiB, Docker's container as many; bare runc has no limit, uses the host's network and no seccomp filter: no API, no address of its own, no logs.")
	if err != nil {
		t.Note("Docker Engine is left out: %v", err)
	}
	t.Print()
	b.ReportMetric(ours, "ms/grue")
	b.ReportMetric(ours/rig.Median(all[1].times), "×runc")
	b.ReportMetric(0, "ns/op")
}
