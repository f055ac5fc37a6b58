package web

import (
	"math"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// rateMeter turns the Balancer's totals into rates: the difference to the look of
// some seconds before, so that proxies' reports of once a second do not flicker.
type rateMeter struct {
	looks []totalsLook // oldest first
}

// totalsLook is what was counted at a moment.
type totalsLook struct {
	at time.Time
	of map[rateKey]*route.Traffic
}

// rateKey is a load balancer ("app/name/id") and a group; "" = all of them.
type rateKey struct{ lb, group string }

// rateSpan is the span over which rates are measured.
const rateSpan = 5 * time.Second

// rateTable holds the newest look and the one before it.
type rateTable struct{ before, now totalsLook }

// look reads the totals.
func (m *rateMeter) look(s *Site, at time.Time) rateTable {
	now := totalsLook{at: at, of: map[rateKey]*route.Traffic{}}
	if s.opts.Balancer != nil {
		totals := s.opts.Balancer.Totals()
		for i := range totals {
			t := &totals[i]
			if t.LB == "" {
				continue
			}
			now.of[rateKey{t.LB, t.Group}] = t
			all := now.of[rateKey{t.LB, ""}]
			if t.Group == "" {
				continue
			}
			if all == nil {
				all = &route.Traffic{LB: t.LB}
				now.of[rateKey{t.LB, ""}] = all
			}
			all.Add(t)
		}
	}
	for len(m.looks) > 1 && at.Sub(m.looks[1].at) >= rateSpan {
		m.looks = m.looks[1:]
	}
	m.looks = append(m.looks, now)
	return rateTable{m.looks[0], now}
}

// of is the rate of a load balancer or of one of its groups; nil = there was never
// anything, or this is the first look.
func (r rateTable) of(lb, group string) *BalancerRate {
	now, before := r.now.of[rateKey{lb, group}], r.before.of[rateKey{lb, group}]
	if now == nil {
		return nil
	}
	if before == nil {
		before = &route.Traffic{}
	}
	span := r.now.at.Sub(r.before.at).Seconds()
	if span <= 0 {
		return nil
	}
	out := &BalancerRate{Total: requestsOf(now)}
	per := func(of func(*route.Traffic) uint64) float64 {
		return math.Round(100*float64(of(now)-min(of(before), of(now)))/span) / 100
	}
	out.Requests = per(requestsOf)
	out.Errors4xx = per(func(t *route.Traffic) uint64 { return t.Target4xx + t.ELB4xx })
	out.Errors5xx = per(func(t *route.Traffic) uint64 { return t.Target5xx + t.ELB5xx })
	out.P50, out.P99 = quantile(now, before, 0.5), quantile(now, before, 0.99)
	return out
}

// requestsOf counts requests, or the flows of a network load balancer.
func requestsOf(t *route.Traffic) uint64 {
	n := t.Requests
	for _, f := range t.Flows {
		n += f.New
	}
	return n
}

// quantile is a quantile of the latencies that came since before, in milliseconds.
func quantile(now, before *route.Traffic, q float64) *float64 {
	total := uint32(0)
	for i := range now.Latency {
		total += now.Latency[i] - min(before.Latency[i], now.Latency[i])
	}
	if total == 0 {
		return nil
	}
	left := uint32(math.Ceil(q * float64(total)))
	for i := range now.Latency {
		n := now.Latency[i] - min(before.Latency[i], now.Latency[i])
		if n >= left {
			ms := math.Round(float64(route.LatencyBound(i))/float64(time.Millisecond)*100) / 100
			return &ms
		}
		left -= n
	}
	return nil
}
