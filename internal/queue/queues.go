package queue

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/store"
)

// Options of New. Store is required.
type Options struct {
	Store   *store.Store
	Metrics *metric.Store // nil = none
	Now     func() time.Time
	Log     *slog.Logger
}

// Queues of all accounts and regions. Use New, then Run once.
type Queues struct {
	opts Options
	log  *slog.Logger
	last atomic.Uint64 // number of the newest message
	moves

	stopping chan struct{} // closed when long polls shall end
	stop     func()

	mu      sync.Mutex
	lives   map[string]*live // by ID of the queue
	garbage []string         // keys of messages to delete
	wake    chan struct{}    // there is garbage
}

// New returns the queues of a store as an earlier process left them.
func New(o Options) *Queues {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	q := &Queues{opts: o, log: o.Log, lives: map[string]*live{}, wake: make(chan struct{}, 1), stopping: make(chan struct{})}
	q.begun = make(chan struct{}, 1)
	q.stop = sync.OnceFunc(func() { close(q.stopping) })
	// The numbers of one process grow, and those of a later process are larger.
	q.last.Store(o.Store.Epoch() << 40)
	o.Store.View(q.load)
	return q
}

// load fills memory.
func (q *Queues) load(tx *store.Tx) {
	purged := map[string]uint64{}
	for _, rec := range queues.All(tx) {
		q.open(rec)
		purged[rec.ID] = rec.Purged
	}
	now := q.opts.Now()
	for k, m := range messages.All(tx) {
		id, n, ok := parseKey(k)
		l := q.lives[id]
		if !ok || l == nil || n <= purged[id] {
			q.garbage = append(q.garbage, k)
			continue
		}
		d, received := deliveries.Get(tx, k)
		e := &entry{number: n, sent: m.Sent}
		switch {
		case received && d.Until.After(now):
			e.state, e.due = flying, d.Until
		case !received && m.Due.After(now):
			e.state, e.due = delayed, m.Due
		}
		if received {
			e.receipt = d.Receipt
		}
		l.add(e, m.Group)
	}
}

// open makes the memory of a queue. It needs mu once others know the Queues.
func (q *Queues) open(rec *Queue) {
	l := newLive(rec)
	l.timer = time.AfterFunc(time.Hour, func() { q.ring(l) })
	l.timer.Stop()
	q.lives[rec.ID] = l
}

// ring is the timer of a queue: something is due, and somebody waits.
func (q *Queues) ring(l *live) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.opts.Now()
	l.armed = time.Time{}
	l.promote(now)
	l.nudge(now)
}

// Update runs fn in a transaction; when it returns, memory has followed the
// commit: a message sent can be received.
func (q *Queues) Update(fn func(*store.Tx) error) error {
	followed := make(chan struct{})
	err := q.opts.Store.Update(func(tx *store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		tx.AfterCommit(func() { close(followed) })
		return nil
	})
	if err == nil {
		<-followed
	}
	return err
}

// View runs fn on the durable state.
func (q *Queues) View(fn func(*store.Tx) error) (err error) {
	q.opts.Store.View(func(tx *store.Tx) { err = fn(tx) })
	return err
}

// change runs fn on the memory of a queue, if there is one.
func (q *Queues) change(id string, fn func(l *live, now time.Time)) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if l := q.lives[id]; l != nil {
		now := q.opts.Now()
		l.promote(now)
		fn(l, now)
		l.promote(now)
		l.nudge(now)
	}
}

// Counts of a queue.
type Counts struct{ Visible, InFlight, Delayed int }

// Counts counts the messages of a queue.
func (q *Queues) Counts(rec *Queue) (c Counts) {
	q.change(rec.ID, func(l *live, _ time.Time) {
		c = Counts{Visible: l.count[visible], InFlight: l.count[flying], Delayed: l.count[delayed]}
	})
	return c
}

// Stop ends long polls, with what they have: nothing. Receives do not wait any
// more.
func (q *Queues) Stop() { q.stop() }

// Run removes what is expired or purged, moves messages and measures until ctx
// ends.
func (q *Queues) Run(ctx context.Context) error {
	defer q.Stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { q.measure(ctx) })
	wg.Go(func() { q.runMoves(ctx) })
	q.sweep(ctx)
	return nil
}
