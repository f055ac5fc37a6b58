package watch

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/store"
)

// Options of New. Store and Metrics are required.
type Options struct {
	Store   *store.Store
	Metrics *metric.Store // its Minute is the alarms', too
	Actions Actions       // nil: every action fails, and the history says so
	// Scale lets a scaling policy, the action of an alarm, act in the transaction that
	// gives the alarm its state; nil: that action fails.
	Scale func(tx *store.Tx, policyARN string, a *Alarm) error
	Now   func() time.Time
	Log   *slog.Logger
}

// Watcher keeps alarms up to date. Use New, then Run once.
type Watcher struct {
	opts    Options
	started time.Time
	items   atomic.Uint64 // history items written
}

// New returns a Watcher.
func New(o Options) *Watcher {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Watcher{opts: o, started: o.Now()}
}

// Run evaluates the alarms until ctx ends, at the marks of their clocks.
func (w *Watcher) Run(ctx context.Context) error {
	c := clock{minute: w.opts.Metrics.Minute()}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		now := w.opts.Now()
		if err := w.look(&c, now); err != nil {
			w.opts.Log.Error("alarms not evaluated", "err", err)
		}
		now = w.opts.Now()
		timer.Reset(c.next(now).Sub(now))
	}
}

// finding is a state that an alarm should have.
type finding struct {
	seen   *Alarm // as it was evaluated
	result alarm.Result
}

// Evaluate looks at every alarm once. It writes only what changes.
func (w *Watcher) Evaluate() error {
	return w.look(&clock{minute: w.opts.Metrics.Minute()}, w.opts.Now())
}

// look evaluates the alarms that are due.
func (w *Watcher) look(c *clock, now time.Time) error {
	faultLook.Hit()
	var found []finding
	due := false
	c.begin(now)
	w.opts.Store.View(func(tx *store.Tx) {
		for _, a := range Alarms.All(tx) {
			if a.Composite != nil {
				due = due || w.compositeDue(tx, a, now)
				continue
			}
			if !c.due(shortest(&a.Metric.V)) || now.Before(a.SetUntil) {
				continue
			}
			if r, ok := w.evaluate(a, now); ok && r.State != a.State {
				found = append(found, finding{a, r})
			}
		}
	})
	if len(found) == 0 && !due {
		return nil
	}
	faultFound.Hit()
	defer faultChanged.Hit()
	return w.opts.Store.Update(func(tx *store.Tx) error {
		for _, f := range found {
			// A request may have changed the alarm since: then the next look decides.
			if a, ok := Alarms.Get(tx, f.seen.Key()); ok && a == f.seen {
				w.change(tx, a, f.result, now)
			}
		}
		for _, a := range Alarms.All(tx) {
			if a.Composite == nil {
				continue
			}
			if a, ok := Alarms.Get(tx, a.Key()); ok && w.compositeDue(tx, a, now) {
				w.settleComposite(tx, a, now)
			}
		}
		return nil
	})
}
