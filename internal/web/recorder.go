package web

import (
	"math"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

const (
	// saveEvery is how often the counts of a running deployment are written.
	saveEvery = 10 * time.Second
	// lateReports is how long after its end a deployment still counts: proxies report
	// every second.
	lateReports = 3 * time.Second
)

// recorder counts what the target of each running deployment answers, and keeps it
// with the deployment's chronicle when it ends.
type recorder struct {
	site *Site
	mu   sync.Mutex
	of   map[string]*seen // by key of the deployment
}

// seen are the counts of one deployment.
type seen struct {
	served  elb.Served
	last    elb.Answered // of the ledger
	mixed   float64      // of the ledger, when it began
	sum     elb.Answered
	told    bool // the ledger knows the target
	shared  bool // requests came that no revision can be told of
	written state.ServedNote
	saved   time.Time
	over    time.Time // since when it is terminal; zero = it is not
}

// note is the count so far; nil = it was not measured, or not completely.
func (x *seen) note() *state.ServedNote {
	if !x.told || x.shared {
		return nil
	}
	return &state.ServedNote{Requests: whole(x.sum.Requests), Errors4xx: whole(x.sum.Errors4xx), Errors5xx: whole(x.sum.Errors5xx)}
}

func whole(v float64) uint64 { return uint64(math.Round(v)) }

// run counts once a second until the hub closes.
func (c *recorder) run(closed <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.look(c.site.opts.Now(), false)
		case <-closed:
			c.look(c.site.opts.Now(), true)
			return
		}
	}
}

// look reads the ledger once more, and writes what is due; last writes all.
func (c *recorder) look(now time.Time, last bool) {
	due := map[string]*state.ServedNote{}
	c.mu.Lock()
	c.site.opts.Store.View(func(tx *store.Tx) { c.find(tx, now) })
	for key, x := range c.of {
		c.count(x)
		n, ended := x.note(), !x.over.IsZero() && now.Sub(x.over) >= lateReports
		if n != nil && *n != x.written && (ended || last || now.Sub(x.saved) >= saveEvery) {
			due[key], x.written, x.saved = n, *n, now
		}
		if ended {
			delete(c.of, key)
		}
	}
	c.mu.Unlock()
	if len(due) == 0 {
		return
	}
	err := c.site.opts.Store.Update(func(tx *store.Tx) error {
		for key, n := range due {
			if _, ok := state.Deployments.Get(tx, key); !ok {
				continue
			}
			next := state.Chronicle{}
			if old, ok := state.Chronicles.Get(tx, key); ok {
				next = *old
			}
			next.Served = n
			state.Chronicles.Put(tx, key, &next)
		}
		return nil
	})
	if err != nil {
		c.site.log.Warn("the requests that deployments saw were not written", "err", err)
	}
}

// find learns which deployments run.
func (c *recorder) find(tx *store.Tx, now time.Time) {
	for _, svc := range state.Services.All(tx) {
		for _, id := range svc.Running {
			key := svc.Key() + "/" + id
			d, ok := state.Deployments.Get(tx, key)
			if !ok || c.of[key] != nil || d.Machine.Status.Terminal() {
				continue
			}
			x := &seen{served: elb.Served{Scope: d.Scope, Cluster: d.Cluster, Service: d.Service, Revision: string(d.Machine.Target)}, saved: now}
			mixed := x.served
			mixed.Revision = elb.Mixed
			total, _ := c.site.opts.Ledger.Total(mixed)
			x.mixed = total.Requests
			if old, ok := state.Chronicles.Get(tx, key); ok && old.Served != nil { // counted before a restart
				x.written, x.told = *old.Served, true
				x.sum = elb.Answered{Requests: float64(old.Served.Requests), Errors4xx: float64(old.Served.Errors4xx), Errors5xx: float64(old.Served.Errors5xx)}
			}
			c.of[key] = x
		}
	}
	for key, x := range c.of {
		d, ok := state.Deployments.Get(tx, key)
		if x.over.IsZero() && (!ok || d.Machine.Status.Terminal()) {
			x.over = now
		}
	}
}

// count adds what the ledger has more than before.
func (c *recorder) count(x *seen) {
	mixed := x.served
	mixed.Revision = elb.Mixed
	if total, _ := c.site.opts.Ledger.Total(mixed); total.Requests > x.mixed {
		x.shared = true
	}
	now, ok := c.site.opts.Ledger.Total(x.served)
	if !ok {
		return
	}
	x.told = true
	if now.Requests < x.last.Requests {
		x.last = elb.Answered{} // it began anew
	}
	x.sum.Requests += now.Requests - x.last.Requests
	x.sum.Errors4xx += now.Errors4xx - x.last.Errors4xx
	x.sum.Errors5xx += now.Errors5xx - x.last.Errors5xx
	x.last = now
}

// served is what the target of a deployment answered; nil = not measured.
func (b *Build) served(key string) *state.ServedNote {
	b.recorder.mu.Lock()
	x := b.recorder.of[key]
	var n *state.ServedNote
	if x != nil {
		n = x.note()
	}
	b.recorder.mu.Unlock()
	if x != nil {
		return n
	}
	if c, ok := state.Chronicles.Get(b.Tx, key); ok {
		return c.Served
	}
	return nil
}
