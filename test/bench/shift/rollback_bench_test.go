package shift_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

const (
	rollbacks = 25 // of each cause, half of them canaries, half linear
	alarmName = "bench-rollback"
)

// cause is something that calls a deployment back.
type cause struct {
	name   string
	config func(c *types.DeploymentConfiguration)
	// ready prepares, once green serves half; happen then does it.
	ready func(b *testing.B) (happen func())
	after func(b *testing.B)

	whole, decided, followed []time.Duration
}

// BenchmarkRollback measures from the cause to the last request that green
// answered, requests included that were on their way. A cause is a call: its
// time counts from before it is sent. A hook's is before its answer is sent.
func BenchmarkRollback(b *testing.B) {
	rig.NeedRoot(b)
	g := harness.Start(b)
	s := newStage(b, g, "bench", 1)
	l := startLoad(b, s.address)
	causes := []*cause{s.byAlarm(b), s.byHook(b), s.byStop()}
	var fsync []time.Duration
	for n := range rollbacks {
		for _, c := range causes {
			c.measure(b, s, l, n)
			fsync = append(fsync, disk(b, g.Data, 4)...)
		}
	}
	l.end()
	sent, failed, first := l.failures()
	t := rig.NewTable("From a cause to the last request answered by green, green at 50 %, 1,000 requests a second in flight",
		"cause", "rollbacks", "p50, ms", "p99, ms", "max, ms", "target p99, ms", "median: until decided + until green is silent, ms")
	var all []time.Duration
	for _, c := range causes {
		row := append([]any{c.name, len(c.whole)}, spread(c.whole)...)
		t.Row(append(row, 50, parts(c.decided, c.followed))...)
		all = append(all, c.whole...)
	}
	t.Row(append(append([]any{"all", len(all)}, spread(all)...), 50, "")...)
	t.Row(append(append([]any{"fsync of 4 KiB on this disk, to compare", len(fsync)}, spread(fsync)...), "", "")...)
	t.Note("%d requests, %d failed. Decided: startedAt of the rollback. ECS itself was seen to take 17 s.", sent, failed)
	if first != nil {
		t.Note("The first failed with: %v", first)
	}
	t.Print()
	b.ReportMetric(rig.Millis(rig.Quantile(all, 0.99)), "ms/p99")
	b.ReportMetric(float64(failed), "failed")
	b.ReportMetric(0, "ns/op")
}

func (c *cause) measure(b *testing.B, s *stage, l *load, n int) {
	b.Helper()
	config := harness.Canary(50, day)
	if n%2 == 1 {
		config = harness.Linear(50, day)
	}
	c.config(config)
	s.halfway(b, l, config)
	happen := c.ready(b)
	began := time.Now()
	happen()
	l.quiet(b, began)
	d := s.ended(b, wentBack)
	last := l.last(green, began) // once more: it must not have come back
	if last.IsZero() {
		last = began
	}
	c.whole = append(c.whole, last.Sub(began))
	c.decided = append(c.decided, max(d.Rollback.StartedAt.Sub(began), 0))
	c.followed = append(c.followed, max(last.Sub(*d.Rollback.StartedAt), 0))
	if c.after != nil {
		c.after(b)
	}
}

func (s *stage) byAlarm(b *testing.B) *cause {
	s.g.NewAlarm(b, alarmName)
	return &cause{
		name:   "SetAlarmState ALARM",
		config: func(c *types.DeploymentConfiguration) { harness.Watched(c, alarmName) },
		ready: func(b *testing.B) func() {
			return func() { s.g.SetAlarm(b, alarmName, cwtypes.StateValueAlarm) }
		},
		after: func(b *testing.B) { s.g.SetAlarm(b, alarmName, cwtypes.StateValueOk) },
	}
}

func (s *stage) byStop() *cause {
	return &cause{
		name:   "StopServiceDeployment",
		config: unwatched,
		ready: func(b *testing.B) func() {
			in := &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: s.Newest(b).ServiceDeploymentArn, StopType: types.StopServiceDeploymentStopTypeRollback}
			return func() {
				if _, err := s.g.ECS().StopServiceDeployment(context.Background(), in); err != nil {
					b.Fatal(err)
				}
			}
		},
	}
}

// byHook calls a URL after the shift to 50 %. Its answer waits for the
// benchmark; those to the calls of the way back do not.
func (s *stage) byHook(b *testing.B) *cause {
	var hold atomic.Bool
	called, answer := make(chan struct{}), make(chan string)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		status := "SUCCEEDED"
		if hold.CompareAndSwap(true, false) {
			called <- struct{}{}
			status = <-answer
		}
		fmt.Fprintf(w, `{"hookStatus":%q}`, status)
	}))
	b.Cleanup(srv.Close)
	return &cause{
		name: "hook (URL) answers FAILED",
		config: func(c *types.DeploymentConfiguration) {
			unwatched(c)
			hold.Store(true)
			c.LifecycleHooks = []types.DeploymentLifecycleHook{{
				TargetType:      types.DeploymentLifecycleHookTargetTypeAwsLambda,
				LifecycleStages: []types.DeploymentLifecycleHookStage{types.DeploymentLifecycleHookStageProductionTrafficShift},
				HookDetails:     document.NewLazyDocument(map[string]any{"grue:url": srv.URL}),
			}}
		},
		ready: func(*testing.B) func() {
			<-called
			return func() { answer <- "FAILED" }
		},
	}
}

// unwatched takes the alarms off, which a service would keep.
func unwatched(c *types.DeploymentConfiguration) {
	c.Alarms = &types.DeploymentAlarms{AlarmNames: []string{}}
}
