package shift_test

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

// BenchmarkShare counts what a canary gets: of the first thousand and ten
// thousand requests, on one connection, and of a million on sixteen.
func BenchmarkShare(b *testing.B) {
	const million, sixteen = 1_000_000, 16
	rig.NeedRoot(b)
	g := harness.Start(b)
	s := newStage(b, g, "bench", 1)
	t := rig.NewTable("Share of a canary", "canary, %", "requests", "connections", "expected", "found", "off by", "σ if drawn by lot", "off by, σ", "target")
	worst := 0.0
	for _, percent := range []float64{0.1, 1, 12.5, 33.3} {
		s.canary(b, percent)
		for _, n := range []int{1000, 10_000} {
			worst = max(worst, s.shareRow(b, t, percent, n, 1))
		}
		if percent == 0.1 {
			began := time.Now()
			worst = max(worst, s.shareRow(b, t, percent, million, sixteen))
			t.Note("%.0f requests a second in the run of %d.", million/time.Since(began).Seconds(), million)
		}
		s.StopDeployment(b)
		s.ended(b, wentBack)
	}
	t.Note("Targets: the million within 3 σ; small numbers exact, which is off by less than one request.")
	t.Print()
	b.ReportMetric(worst, "σ-worst")
	b.ReportMetric(0, "ns/op")
}

// canary brings a canary into its step bake.
func (s *stage) canary(b *testing.B, percent float64) {
	b.Helper()
	s.Configure(b, harness.Canary(percent, day))
	s.Update(b, s.g.Guest(b, green, ""))
	s.At(b, shifting)
	want, front := fmt.Sprintf("%g:%g", 100-percent, percent), s.Fronts[0]
	if s.live == 1 {
		want = fmt.Sprintf("%g:%g", percent, 100-percent)
	}
	harness.Await(b, "production is split "+want, func() bool { return front.Split(b, front.Production) == want })
}

// shareRow sends n requests and counts green's; it returns by how many standard
// deviations of a draw by lot they are off.
func (s *stage) shareRow(b *testing.B, t *rig.Table, percent float64, n, conns int) float64 {
	b.Helper()
	found := s.answered(b, n, conns)
	p := percent / 100
	expected, sigma := float64(n)*percent/100, math.Sqrt(float64(n)*p*(1-p))
	off := math.Abs(float64(found) - expected)
	target := "off by < 1"
	if conns > 1 {
		target = "≤ 3 σ"
	}
	t.Row(fmt.Sprintf("%g", percent), n, conns, fmt.Sprintf("%g", expected), found, off, sigma, off/sigma, target)
	return off / sigma
}

// answered counts the answers of green to n requests.
func (s *stage) answered(b *testing.B, n, conns int) (found int) {
	b.Helper()
	var mu sync.Mutex
	var running sync.WaitGroup
	for range conns {
		running.Go(func() {
			conn := &rig.Conn{Address: s.address}
			defer conn.Close()
			mine := 0
			for range n / conns {
				if err := conn.Send([]byte(get)); err != nil {
					b.Error(err)
					return
				}
				if string(conn.Body) == green {
					mine++
				}
			}
			mu.Lock()
			defer mu.Unlock()
			found += mine
		})
	}
	running.Wait()
	return found
}
