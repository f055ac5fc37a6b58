package rolling_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

const (
	rounds = 5
	tasks  = 10
	limit  = 2 * time.Minute
)

// BenchmarkUpdate updates grue's and Swarm's service in turns.
func BenchmarkUpdate(b *testing.B) {
	rig.NeedRoot(b)
	g := harness.Start(b)
	refs := []string{g.Guest(b, "v1", ""), g.Guest(b, "v2", "")}
	ours := newGrue(b, g, refs)
	theirs, err := newSwarm(b, refs)
	for round := range rounds {
		ours.update(b, refs[(round+1)%2])
		if err == nil {
			theirs.update(b, refs[(round+1)%2])
		}
	}
	t := rig.NewTable("Rolling update of 10 tasks under load", "by", "median, s", "slowest, s", "requests", "failed", "target")
	t.Row("grue, UpdateService", rig.Median(ours.seconds), rig.Quantile(ours.seconds, 1), ours.sent, ours.failed, "≤ 5 s, 0 failed")
	if err == nil {
		t.Row("Docker Swarm "+theirs.Version+", service update", rig.Median(theirs.seconds), rig.Quantile(theirs.seconds, 1), "–", "–", "")
		t.Row("grue ÷ Swarm", rig.Ratio(rig.Median(ours.seconds), rig.Median(theirs.seconds)), "", "", "", "")
		t.Note("%s", theirs.how())
	} else {
		t.Note("Docker Swarm is left out: %v", err)
	}
	t.Print()
	b.ReportMetric(rig.Median(ours.seconds), "s/update")
	b.ReportMetric(float64(ours.failed), "failed")
	b.ReportMetric(0, "ns/op")
}

// updates are the figures of one of the two.
type updates struct {
	seconds      []float64
	sent, failed int
}

func (u *updates) count(l *harness.Load) {
	l.Stop()
	sent, failed := l.Requests()
	u.sent, u.failed = u.sent+sent, u.failed+failed
}

type grue struct {
	updates
	service *harness.Service
}

func newGrue(b *testing.B, g *harness.Grue, refs []string) *grue {
	b.Helper()
	return &grue{service: g.NewService(b, "bench", refs[0], tasks)}
}

func (x *grue) update(b *testing.B, ref string) {
	b.Helper()
	load := harness.StartLoad(b, x.service.URL)
	began := time.Now()
	x.service.Update(b, ref)
	status := x.service.Wait(b)
	x.seconds = append(x.seconds, time.Since(began).Seconds())
	x.count(load)
	if status != types.ServiceDeploymentStatusSuccessful {
		b.Fatalf("the deployment ended %s:\n%s", status, x.service.Story(b))
	}
}
