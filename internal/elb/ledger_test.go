package elb

import (
	"math"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

func TestLedger(t *testing.T) {
	l := NewLedger()
	green := Served{Cluster: "c", Service: "s", Revision: "2"}
	start := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	bucket := route.LatencyBucket(10 * time.Millisecond)
	for i := 1; i <= 10; i++ { // reports lie between seconds
		r := &route.Traffic{Requests: 100, Target5xx: 10, Target4xx: 5, ConnectErrors: 1}
		r.Latency[bucket] = 100
		l.Add(green, r, start.Add(time.Duration(i)*time.Second+400*time.Millisecond))
	}
	all, ok := l.Total(green)
	if !ok || math.Round(all.Requests) != 1000 || math.Round(all.Errors5xx) != 110 || math.Round(all.Errors4xx) != 50 {
		t.Errorf("total: %+v", all)
	}
	for i, s := range l.Seconds(green, start.Add(10*time.Second), 8) {
		if math.Abs(s.Requests-100) > 0.01 || s.P50 < 7 || s.P99 < s.P50 || s.P99 > 15 {
			t.Errorf("second %d: %+v", i, s)
		}
	}
	service := Served{Cluster: "c", Service: "s"}
	l.Add(service, &route.Traffic{Requests: 7}, start.Add(12*time.Second))
	if all, _ := l.Total(service); math.Round(all.Requests) != 1007 {
		t.Errorf("service: %+v", all)
	}
	if all, _ := l.Total(Served{Cluster: "c", Service: "s", Revision: Mixed}); math.Round(all.Requests) != 7 {
		t.Errorf("mixed: %+v", all)
	}
	late := start.Add(time.Hour)
	if s := l.Seconds(green, late, LedgerSeconds); s[0].Requests != 0 || s[LedgerSeconds-1].Requests != 0 {
		t.Errorf("after an hour: %+v", s)
	}
	l.Add(service, &route.Traffic{Requests: 1}, late)
	if _, ok := l.Total(green); ok {
		t.Error("a revision without traffic is kept")
	}
}
