package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// Outlier detection of Service Connect: a target that fails too often within an
// interval gets no requests for a while. A failure is a connection that could not
// be made or that broke, an answer that did not come in time, a status of 5xx, or
// a status of gRPC that stands for one. The while grows with each ejection in a
// row. When every target of a group is ejected all of them are used: the group's
// pool fails open.

// outlier is one target's record.
type outlier struct {
	ejected atomic.Bool

	mu       sync.Mutex
	failures []time.Time // within the interval, oldest first
	times    int         // ejections in a row
	back     time.Time   // end of the last one
	timer    *time.Timer
}

// failed notes a failure of the target, which may eject it.
func (t *target) failed() {
	r := t.group.resilience.Load()
	if r == nil || r.Failures <= 0 || t.outlier.ejected.Load() {
		return
	}
	if !t.outlier.note(r, time.Now(), t.readmit) {
		return
	}
	t.group.proxy.log.Info("target ejected: it failed too often", "group", t.group.arn, "target", t.address)
	t.group.refresh()
}

// note adds a failure and reports whether the target is ejected now; back is
// called when that is over.
func (o *outlier) note(r *route.Resilience, now time.Time, back func()) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	old := 0
	for old < len(o.failures) && now.Sub(o.failures[old]) > r.Interval {
		old++
	}
	o.failures = append(o.failures[old:], now)
	if len(o.failures) < r.Failures || o.ejected.Load() {
		return false
	}
	o.failures = nil
	if r.Eject > 0 { // time without an ejection makes up for earlier ones
		o.times = max(o.times-int(now.Sub(o.back)/r.Eject), 0)
	}
	o.times++
	away := r.Eject * time.Duration(o.times)
	if r.MaxEject > 0 {
		away = min(away, r.MaxEject)
	}
	o.back = now.Add(away)
	o.ejected.Store(true)
	o.timer = time.AfterFunc(away, back)
	return true
}

// readmit ends an ejection.
func (t *target) readmit() {
	t.outlier.ejected.Store(false)
	t.group.proxy.log.Info("target is used again", "group", t.group.arn, "target", t.address)
	t.group.refresh()
}

// stop ends the record with its target.
func (o *outlier) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.timer != nil {
		o.timer.Stop()
	}
}

// refresh makes the pool anew.
func (g *group) refresh() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rebuild()
}

// grpcFailure tells whether a status of gRPC counts as a failure of the target:
// it stands for a 5xx of HTTP.
func grpcFailure(status string) bool {
	switch status {
	case "2", "4", "12", "13", "14", "15": // UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS
		return true
	}
	return false
}

// meshConnectTimeout is how long a connection to a target of Service Connect may
// take, so that there is time to try another one.
const meshConnectTimeout = 5 * time.Second

func (g *group) connectTimeout() time.Duration {
	if g.resilience.Load() != nil {
		return meshConnectTimeout
	}
	return connectTimeout
}
