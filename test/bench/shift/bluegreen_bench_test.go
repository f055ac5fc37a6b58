package shift_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

// BenchmarkBlueGreen deploys four tasks beside four, without a bake; the target
// groups drain for a second.
func BenchmarkBlueGreen(b *testing.B) {
	const rounds, tasks = 10, 4
	rig.NeedRoot(b)
	g := harness.Start(b)
	s := newStage(b, g, "bench", tasks)
	s.Configure(b, harness.BlueGreen(0))
	l := startLoad(b, s.address)
	var seconds []float64
	for n := range rounds {
		image := g.Guest(b, fmt.Sprint("v", n), "")
		began := time.Now()
		s.Update(b, image)
		s.Deployment(b, "SUCCESSFUL", isSuccessful)
		seconds = append(seconds, time.Since(began).Seconds())
		s.ended(b, successful)
	}
	l.end()
	sent, failed, first := l.failures()
	t := rig.NewTable("Blue/green deployment of 4 tasks, no bake, 1 s drain, from UpdateService to SUCCESSFUL, 1,000 requests a second",
		"by", "deployments", "median, s", "slowest, s", "requests", "failed", "target")
	t.Row("grue", rounds, rig.Median(seconds), rig.Quantile(seconds, 1), sent, failed, "≤ 5 s, 0 failed")
	t.Note("ECS's own acceptance test takes 301 s. Of the time here 1 s is the drain, and 1 s is how long a new task must run before a check can make it healthy.")
	if first != nil {
		t.Note("The first failed with: %v", first)
	}
	t.Print()
	b.ReportMetric(rig.Median(seconds), "s/deployment")
	b.ReportMetric(float64(failed), "failed")
	b.ReportMetric(0, "ns/op")
}
