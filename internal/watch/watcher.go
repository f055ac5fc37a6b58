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
	Now     func() time.Time
	Log     *slog.Logger
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

// looks is how often in a minute alarms are evaluated: late datapoints and
// alarms just made are seen soon, and a period of 10 s has its own evaluation.
const looks = 6

// Run evaluates the alarms until ctx ends.
func (w *Watcher) Run(ctx context.Context) error {
	tick := time.NewTicker(max(w.opts.Metrics.Minute()/looks, 20*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := w.Evaluate(); err != nil {
				w.opts.Log.Error("alarms not evaluated", "err", err)
			}
		}
	}
}

// finding is a state that an alarm should have.
type finding struct {
	seen   *Alarm // as it was evaluated
	result alarm.Result
}

// Evaluate looks at every alarm once. It writes only what changes.
func (w *Watcher) Evaluate() error {
	now := w.opts.Now()
	var found []finding
	due := false
	w.opts.Store.View(func(tx *store.Tx) {
		for _, a := range Alarms.All(tx) {
			if a.Composite != nil {
				due = due || w.compositeDue(tx, a, now)
				continue
			}
			if now.Before(a.SetUntil) {
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
