package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// Item is something to deliver.
type Item struct {
	ID      string
	Lane    string // of which receiver
	Body    json.RawMessage
	Created time.Time
	Due     time.Time
	Tries   int    // so far
	Error   string // of the last try
}

// ErrFull tells that MaxLane items wait for a receiver.
var ErrFull = errors.New("outbox: too many items wait for the receiver")

// Options of New. Store, Table, Deliver, Retry and GivenUp are required.
type Options struct {
	Store *store.Store
	Table store.Table[Item]
	// Deliver tries once. The function that it may return runs with the deletion
	// of the item; its error counts as that of the try.
	Deliver func(context.Context, *Item) (commit func(*store.Tx) error, err error)
	// Retry tells when an item is due again that failed Tries times; ok is false
	// when it is given up. Errors made by Final are not asked for.
	Retry func(*Item) (wait time.Duration, ok bool)
	// GivenUp hears of items that will not be delivered, after they are deleted.
	GivenUp func(*Item, error)
	// Bury says what happens in the transaction that deletes an item which is given
	// up: it may be kept elsewhere. Nil, or a function that is nil, is nothing.
	Bury func(*Item, error) func(*store.Tx) error
	// InOrder lets an item that failed hold up the later ones of its lane, so that
	// they arrive in the order of Put.
	InOrder  bool
	Parallel int // deliveries at once; 0 = 64
	// MaxLane is how many items may wait for one receiver; 0 = 50,000. Those of a
	// transaction that is not yet on disk do not count.
	MaxLane int
	Now     func() time.Time
	Log     *slog.Logger
}

// Box is a durable queue. Use New, then Run once.
type Box struct {
	opts  Options
	next  atomic.Uint64
	slots chan struct{}
	done  chan string // ids of items that were delivered

	mu    sync.Mutex
	lanes map[string]*lane
	ctx   context.Context // nil before Run and after its end
	wg    sync.WaitGroup
}

// New returns a Box with what an earlier process left.
func New(o Options) *Box {
	if o.Parallel == 0 {
		o.Parallel = 64
	}
	if o.MaxLane == 0 {
		o.MaxLane = 50_000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	b := &Box{opts: o, slots: make(chan struct{}, o.Parallel), done: make(chan string, maxBatch), lanes: map[string]*lane{}}
	o.Store.View(func(tx *store.Tx) {
		for id, it := range o.Table.All(tx) {
			b.lane(it.Lane).add(waiting{id: id, due: it.Due})
		}
	})
	return b
}

// Put promises to deliver v to the receiver of a lane. It fails with ErrFull
// when too much waits for that receiver.
func (b *Box) Put(tx *store.Tx, lane string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	if b.Waiting(lane) >= b.opts.MaxLane {
		return ErrFull
	}
	now := b.opts.Now()
	// The ids of one process grow, and those of a later process are larger.
	it := &Item{
		ID:   fmt.Sprintf("%016x-%016x", b.opts.Store.Epoch(), b.next.Add(1)),
		Lane: lane, Body: body, Created: now, Due: now,
	}
	b.opts.Table.Put(tx, it.ID, it)
	tx.AfterCommit(func() { b.arrived(waiting{id: it.ID, due: it.Due}, lane) })
	return nil
}

// Waiting counts the items of a lane.
func (b *Box) Waiting(lane string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l := b.lanes[lane]; l != nil {
		return l.count()
	}
	return 0
}

// Run delivers until ctx ends, and waits for the deliveries that it began.
func (b *Box) Run(ctx context.Context) error {
	var removing sync.WaitGroup
	removing.Go(b.sweep)
	defer removing.Wait()
	defer close(b.done)
	b.mu.Lock()
	b.ctx = ctx
	for _, l := range b.lanes {
		b.start(l)
	}
	b.mu.Unlock()
	<-ctx.Done()
	b.mu.Lock()
	b.ctx = nil
	b.mu.Unlock()
	b.wg.Wait()
	return nil
}

// maxBatch is how many items are deleted in one transaction.
const maxBatch = 256

// sweep deletes what was delivered, many items in one flush: a receiver need not
// wait for the disk between two items.
func (b *Box) sweep() {
	for id := range b.done {
		batch := []string{id}
	more:
		for len(batch) < maxBatch {
			select {
			case id, ok := <-b.done:
				if !ok {
					break more
				}
				batch = append(batch, id)
			default:
				break more
			}
		}
		if err := b.opts.Store.Update(func(tx *store.Tx) error {
			for _, id := range batch {
				b.opts.Table.Delete(tx, id)
			}
			return nil
		}); err != nil {
			b.opts.Log.Error("items of an outbox not removed; they are delivered again after the next start", "items", len(batch), "err", err)
		}
	}
}

// lane returns a lane, made where it is missing. It needs mu once Run runs.
func (b *Box) lane(name string) *lane {
	l := b.lanes[name]
	if l == nil {
		l = &lane{name: name, inOrder: b.opts.InOrder, wake: make(chan struct{}, 1)}
		b.lanes[name] = l
	}
	return l
}

func (b *Box) arrived(w waiting, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lane(name)
	l.add(w)
	if l.running {
		l.poke()
		return
	}
	b.start(l)
}

// start gives a lane its goroutine; it ends when the lane is empty.
func (b *Box) start(l *lane) {
	if b.ctx == nil || l.running || l.count() == 0 {
		return
	}
	ctx := b.ctx
	l.running = true
	b.wg.Go(func() { b.serve(ctx, l) })
}

// finalError is an error that no further try can mend.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// Final marks an error of Deliver as one that no further try can mend.
func Final(err error) error { return finalError{err} }

// IsFinal tells whether Final marked an error.
func IsFinal(err error) bool {
	var f finalError
	return errors.As(err, &f)
}
