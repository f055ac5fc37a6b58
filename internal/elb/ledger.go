package elb

import (
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

const (
	// LedgerSeconds is how far back a Ledger knows each second.
	LedgerSeconds = 300
	// openSeconds is how long reports may still add to a second.
	openSeconds = 4
	// ledgerLife is how long a revision without traffic stays.
	ledgerLife = 15 * time.Minute
	// maxRings bounds the memory: 9 KB for each revision that had traffic lately.
	maxRings = 2000
)

// Ledger keeps what the tasks of each service and revision answered, by the
// second, for people who watch a deployment. It holds the last five minutes and
// the sum since the process started. All methods are safe for concurrent use; a nil Ledger
// takes nothing.
type Ledger struct {
	mu    sync.Mutex
	of    map[Served]*account
	swept time.Time
}

// Answered counts answers.
type Answered struct {
	Requests  float64 // or new flows, of network load balancers
	Errors4xx float64
	Errors5xx float64 // with targets that refused the connection, or reset the flow
}

// Second is what was answered in one second.
type Second struct {
	Answered
	P50, P99 float32 // milliseconds; 0 = nothing was answered over HTTP
}

type account struct {
	total Answered
	last  time.Time // newest report
	ring  [LedgerSeconds]Second
	of    [LedgerSeconds]int64 // Unix time of each second in the ring
	times [openSeconds]histogram
}

// histogram has the response times of one second, by route.LatencyBound.
type histogram struct {
	at int64
	n  [route.LatencyBuckets]float32
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger { return &Ledger{of: map[Served]*account{}} }

// Add takes a report that came at a moment. It tells what happened since the
// report before, so it is spread over that time.
func (l *Ledger) Add(o Served, t *route.Traffic, at time.Time) {
	sum := total(t.Flows)
	x := Answered{
		Requests: float64(t.Requests + sum.New), Errors4xx: float64(t.Target4xx),
		Errors5xx: float64(t.Target5xx + t.ConnectErrors + sum.TargetResets),
	}
	if l == nil || x == (Answered{}) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(at)
	l.add(o, x, t, at)
	if o.Revision != "" {
		o.Revision = ""
		l.add(o, x, t, at)
		return
	}
	o.Revision = Mixed
	l.add(o, x, t, at)
}

// Mixed is the revision under which a Ledger counts what cannot be told apart: while
// a target group holds tasks of several revisions. Revision "" is their sum.
const Mixed = "mixed"

func (l *Ledger) add(o Served, x Answered, t *route.Traffic, at time.Time) {
	a := l.of[o]
	if a == nil {
		if len(l.of) >= maxRings {
			return
		}
		a = &account{}
		l.of[o] = a
	}
	span := at.Sub(a.last)
	if span <= 0 { // more of the same report
		span = time.Millisecond
	}
	span = min(span, time.Second)
	a.last = at
	a.total.more(x, 1)
	for from := at.Add(-span); from.Before(at); {
		second := from.Truncate(time.Second)
		to := second.Add(time.Second)
		if to.After(at) {
			to = at
		}
		part := float64(to.Sub(from)) / float64(span)
		a.second(second.Unix()).more(x, part)
		a.latencies(second.Unix(), t, part)
		from = to
	}
}

func (t *Answered) more(x Answered, part float64) {
	t.Requests += x.Requests * part
	t.Errors4xx += x.Errors4xx * part
	t.Errors5xx += x.Errors5xx * part
}

// second is the place of a second in the ring.
func (a *account) second(unix int64) *Answered {
	i := unix % LedgerSeconds
	if a.of[i] != unix {
		a.of[i], a.ring[i] = unix, Second{}
	}
	return &a.ring[i].Answered
}

func (a *account) latencies(unix int64, t *route.Traffic, part float64) {
	h := &a.times[unix%openSeconds]
	if h.at != unix {
		*h = histogram{at: unix}
	}
	any := false
	for i, n := range t.Latency {
		if n > 0 {
			h.n[i] += float32(float64(n) * part)
			any = true
		}
	}
	if any {
		s := &a.ring[unix%LedgerSeconds]
		s.P50, s.P99 = h.percentile(0.50), h.percentile(0.99)
	}
}

// percentile is in milliseconds; within a bucket values lie evenly.
func (h *histogram) percentile(p float32) float32 {
	var sum float32
	for _, n := range h.n {
		sum += n
	}
	rest := sum * p
	for i, n := range h.n {
		if n == 0 || rest > n {
			rest -= n
			continue
		}
		low := float32(0)
		if i > 0 {
			low = float32(route.LatencyBound(i - 1).Seconds())
		}
		high := float32(route.LatencyBound(i).Seconds())
		return 1000 * (low + (high-low)*max(rest, 0)/n)
	}
	return 0
}

// sweep forgets those without traffic for long, once a minute.
func (l *Ledger) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for o, a := range l.of {
		if now.Sub(a.last) > ledgerLife {
			delete(l.of, o)
		}
	}
}

// Total is what was answered since the process started, or since the last fifteen
// minutes without traffic. A sum that is smaller than before began anew.
func (l *Ledger) Total(o Served) (Answered, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.of[o]
	if a == nil {
		return Answered{}, false
	}
	return a.total, true
}

// Seconds are n seconds up to and without the one that begins at end, oldest
// first. n is at most LedgerSeconds.
func (l *Ledger) Seconds(o Served, end time.Time, n int) []Second {
	out := make([]Second, n)
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.of[o]
	if a == nil {
		return out
	}
	for i := range out {
		unix := end.Unix() - int64(n-i)
		if at := unix % LedgerSeconds; a.of[at] == unix {
			out[i] = a.ring[at]
		}
	}
	return out
}

// Busy are those that had traffic since a moment, in no order.
func (l *Ledger) Busy(since time.Time) (out []Served) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for o, a := range l.of {
		if !a.last.Before(since) {
			out = append(out, o)
		}
	}
	return out
}
