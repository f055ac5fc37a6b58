package web

import (
	"math"
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
)

const (
	// settled is how old a second must be until every report about it came.
	settled = 2 * time.Second
	// rateSeconds is over how many seconds a rate is taken.
	rateSeconds = 5
)

// rate is the traffic of a service or revision over the last seconds; nil = none was
// ever measured.
func (b *Build) rate(o elb.Served) *Rate {
	if b.opts.Ledger == nil {
		return nil
	}
	if _, ok := b.opts.Ledger.Total(o); !ok {
		return nil
	}
	out := &Rate{}
	for _, s := range b.opts.Ledger.Seconds(o, b.lastSecond(), rateSeconds) {
		out.Requests += s.Requests / rateSeconds
		out.Errors += s.Errors5xx / rateSeconds
		if s.P99 > 0 { // of the newest second that has any
			out.P50, out.P99 = digits(float64(s.P50)), digits(float64(s.P99))
		}
	}
	out.Requests, out.Errors = digits(out.Requests), digits(out.Errors)
	return out
}

// lastSecond is the end of what is measured completely.
func (b *Build) lastSecond() time.Time { return b.Now.Add(-settled).Truncate(time.Second) }

// digits rounds to three significant digits: more is noise, and every change of it
// would be sent to every browser.
func digits(v float64) float64 {
	if math.Abs(v) < 1e-6 {
		return 0
	}
	scale := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// trafficItem is what a revision answered in the last minutes.
func (b *Build) trafficItem(d *state.Deployment, revision string, total *state.ServedNote) *TrafficItem {
	n := elb.LedgerSeconds
	end := b.lastSecond()
	o := elb.Served{Scope: d.Scope, Cluster: d.Cluster, Service: d.Service, Revision: revision}
	seconds := b.opts.Ledger.Seconds(o, end, n)
	if !slices.ContainsFunc(seconds, func(s elb.Second) bool { return s != elb.Second{} }) {
		end = end.Truncate(time.Minute) // nothing moves, so nothing need be sent each second
	}
	out := &TrafficItem{
		Revision: revision, From: At(end.Add(-time.Duration(n) * time.Second)), Step: 1,
		Requests: make([]float64, n), Errors4xx: make([]float64, n), Errors5xx: make([]float64, n),
		P50: make([]*float64, n), P99: make([]*float64, n),
	}
	for i, s := range seconds {
		out.Requests[i], out.Errors4xx[i], out.Errors5xx[i] = digits(s.Requests), digits(s.Errors4xx), digits(s.Errors5xx)
		if s.P99 > 0 {
			p50, p99 := digits(float64(s.P50)), digits(float64(s.P99))
			out.P50[i], out.P99[i] = &p50, &p99
		}
	}
	if total != nil {
		out.Total = TrafficTotal{total.Requests, total.Errors4xx, total.Errors5xx}
	}
	return out
}
