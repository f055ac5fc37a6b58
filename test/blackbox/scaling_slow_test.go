//go:build slow

package blackbox

import (
	"slices"
	"testing"

	"github.com/grue-ecs/grue/test/harness"
)

// TestSlowScalingLife: a service goes from one task to three under load and back to
// one without, while the server is killed again and again. Each change happens once
// and no request is lost.
func TestSlowScalingLife(t *testing.T) {
	t.Parallel()
	g := harness.Start(t, "--minute", "500ms")
	svc := g.NewShift(t, harness.ShiftSpec{Name: "scaling-life", Image: g.Guest(t, "v1", ""), Count: 1})
	x := scale(t, g, svc, 1)
	load := harness.StartTraffic(t, harness.Lane{URL: svc.URL, Connections: 4})
	quiet := harness.StartTraffic(t, harness.Lane{URL: svc.URL, Connections: 1, Pace: -1})
	harness.Await(t, "three tasks", func() bool { s := svc.Describe(t); return s.DesiredCount == 3 && s.RunningCount == 3 })
	for range 3 {
		g.Kill("server")
		g.Healthy()
	}
	svc.Wait(t)
	load.StopAndExpectNoFailures(t)
	quiet.StopAndExpectNoFailures(t)
	g.Kill("server")
	g.Healthy()
	harness.Await(t, "one task", func() bool { s := svc.Describe(t); return s.DesiredCount == 1 && s.RunningCount == 1 })
	harness.Await(t, "the last activity to end", func() bool {
		all := x.changes(t)
		return all[len(all)-1] == "1 Successful"
	})
	all := x.changes(t)
	if first := slices.Index(all, "3 Successful"); first < 0 || len(all) != first+2 {
		t.Errorf("%q: want one way up to 3, and one step down to 1", all)
	}
}
