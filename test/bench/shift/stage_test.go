package shift_test

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

const (
	day          = 1440 // minutes: a bake that does not end here
	green        = "green"
	shifting     = types.ServiceDeploymentLifecycleStageProductionTrafficShift
	successful   = types.ServiceDeploymentStatusSuccessful
	wentBack     = types.ServiceDeploymentStatusRollbackSuccessful
	onceAnswered = 50 // answers of green before a cause
)

// stage is a service whose live tasks answer "blue".
type stage struct {
	*harness.Shift
	g       *harness.Grue
	address string // of production
	live    int    // which of the two target groups "blue" is in
}

func newStage(b *testing.B, g *harness.Grue, name string, count int32) *stage {
	b.Helper()
	s := &stage{g: g, Shift: g.NewShift(b, harness.ShiftSpec{Name: name, Image: g.Guest(b, "blue", ""), Count: count})}
	u, err := url.Parse(s.URL)
	if err != nil {
		b.Fatal(err)
	}
	s.address, s.live = net.JoinHostPort(u.Hostname(), u.Port()), s.Fronts[0].Live(b)
	return s
}

// halfway deploys green and waits until half of the load is green's.
func (s *stage) halfway(b *testing.B, l *load, c *types.DeploymentConfiguration) {
	b.Helper()
	s.Configure(b, c)
	began := time.Now()
	s.Update(b, s.g.Guest(b, green, ""))
	s.At(b, shifting)
	harness.Await(b, "green answers", func() bool { return l.count(green, began) >= onceAnswered })
	if split := s.Fronts[0].Split(b, s.Fronts[0].Production); split != "50:50" {
		b.Fatalf("production is split %s, not 50:50", split)
	}
}

// quiet waits until green has not answered for a quarter of a second, and
// returns when it answered last.
func (l *load) quiet(b *testing.B, since time.Time) time.Time {
	b.Helper()
	const silence = 250 * time.Millisecond
	harness.Await(b, "green answers no more", func() bool {
		at := l.last(green, since.Add(-silence))
		return time.Since(since) > silence && time.Since(at) > silence
	})
	return l.last(green, since)
}

// ended waits for the end of a deployment and demands a status.
func (s *stage) ended(b *testing.B, want types.ServiceDeploymentStatus) types.ServiceDeployment {
	b.Helper()
	d := s.Ended(b)
	if d.Status != want {
		b.Fatalf("the deployment ended %s, want %s\n%s", d.Status, want, s.Story(b))
	}
	return d
}

// disk times a bare fsync of 4 KiB beside the state, to compare with.
func disk(b *testing.B, dir string, n int) (times []time.Duration) {
	b.Helper()
	f, err := os.CreateTemp(dir, "fsync-")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	defer os.Remove(f.Name())
	for i := range n {
		began := time.Now()
		if _, err := f.WriteAt(make([]byte, 4096), int64(i)*4096); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(began))
	}
	return times
}

// spread writes p50, p99 and the longest, in milliseconds.
func spread(times []time.Duration) []any {
	return []any{rig.Millis(rig.Median(times)), rig.Millis(rig.Quantile(times, 0.99)), rig.Millis(rig.Quantile(times, 1))}
}

// parts writes two medians in milliseconds: "3.1 + 4.2".
func parts(a, b []time.Duration) string {
	return fmt.Sprintf("%.1f + %.1f", rig.Millis(rig.Median(a)), rig.Millis(rig.Median(b)))
}
