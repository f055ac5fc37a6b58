package queue

import (
	"context"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

const (
	sweepEvery = 2 * time.Second // for messages that are too old
	sweepBatch = 500             // records of one transaction
	// sweepDuplicates is how many sweeps pass before old deduplication ids go.
	sweepDuplicates = 15
)

// sweep removes what is expired, purged or of deleted queues until ctx ends. What
// a dying process leaves is found at the next start.
func (q *Queues) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for n := 1; ; n++ {
		q.collect(ctx)
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		case <-tick.C:
			q.expire()
			if n%sweepDuplicates == 0 {
				q.sweepDuplicates(ctx)
			}
		}
	}
}

// expire forgets messages that are older than their queues keep them.
func (q *Queues) expire() {
	now := q.opts.Now()
	q.opts.Store.View(func(tx *store.Tx) {
		for _, rec := range queues.All(tx) {
			limit := now.Add(-rec.retention())
			q.change(rec.ID, func(l *live, _ time.Time) {
				for n, e := range l.entries {
					if !e.sent.After(limit) {
						l.remove(e)
						q.garbage = append(q.garbage, key(rec.ID, n))
					}
				}
				for id, a := range l.attempts {
					if now.After(a.at.Add(attemptTime)) {
						delete(l.attempts, id)
					}
				}
			})
		}
	})
}

// collect deletes the records of messages that memory has forgotten.
func (q *Queues) collect(ctx context.Context) {
	for ctx.Err() == nil {
		q.mu.Lock()
		some := q.garbage[:min(len(q.garbage), sweepBatch)]
		q.garbage = q.garbage[len(some):]
		q.mu.Unlock()
		if len(some) == 0 {
			return
		}
		if err := q.opts.Store.Update(func(tx *store.Tx) error {
			for _, k := range some {
				drop(tx, k)
			}
			return nil
		}); err != nil {
			q.log.Error("old messages not removed; another try follows", "messages", len(some), "err", err)
			q.mu.Lock()
			q.garbage = append(q.garbage, some...)
			q.mu.Unlock()
			return
		}
	}
}

// sweepDuplicates removes deduplication ids whose time has passed.
func (q *Queues) sweepDuplicates(ctx context.Context) {
	now := q.opts.Now()
	var old []string
	q.opts.Store.View(func(tx *store.Tx) {
		for k, d := range duplicates.All(tx) {
			if now.After(d.At.Add(dedupTime)) {
				old = append(old, k)
			}
		}
	})
	for len(old) > 0 && ctx.Err() == nil {
		some := old[:min(len(old), sweepBatch)]
		old = old[len(some):]
		if err := q.opts.Store.Update(func(tx *store.Tx) error {
			for _, k := range some {
				if d, ok := duplicates.Get(tx, k); ok && now.After(d.At.Add(dedupTime)) {
					duplicates.Delete(tx, k)
				}
			}
			return nil
		}); err != nil {
			q.log.Error("old deduplication ids not removed; another try follows", "err", err)
			return
		}
	}
}
