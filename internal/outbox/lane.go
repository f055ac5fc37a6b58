package outbox

import (
	"container/heap"
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// waiting is an item that waits for its time.
type waiting struct {
	id    string
	due   time.Time
	order time.Time // due, or zero in a lane that keeps the order
}

// schedule is a heap by order, then by age.
type schedule []waiting

func (s schedule) Len() int      { return len(s) }
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)   { *s = append(*s, x.(waiting)) }
func (s *schedule) Pop() any {
	last := len(*s) - 1
	x := (*s)[last]
	*s = (*s)[:last]
	return x
}

func (s schedule) Less(i, j int) bool {
	if !s[i].order.Equal(s[j].order) {
		return s[i].order.Before(s[j].order)
	}
	return s[i].id < s[j].id
}

// lane is what waits for one receiver. Everything but size is guarded by the
// box's mu.
type lane struct {
	name    string
	inOrder bool
	items   schedule
	running bool
	wake    chan struct{}
	size    atomic.Int64 // waiting or being delivered
}

func (l *lane) add(w waiting) {
	if !l.inOrder {
		w.order = w.due
	}
	heap.Push(&l.items, w)
	l.size.Add(1)
}

func (l *lane) count() int { return int(l.size.Load()) }

func (l *lane) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// serve delivers the items of a lane until it is empty.
func (b *Box) serve(ctx context.Context, l *lane) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		w, wait, empty := b.take(l)
		if empty {
			return
		}
		if wait > 0 {
			timer.Reset(wait)
			select {
			case <-ctx.Done():
				return
			case <-l.wake:
			case <-timer.C:
			}
			continue
		}
		select {
		case b.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		again := b.try(ctx, l, w.id)
		<-b.slots
		b.mu.Lock()
		l.size.Add(-1)
		if !again.IsZero() {
			l.add(waiting{id: w.id, due: again})
		}
		b.mu.Unlock()
		if ctx.Err() != nil {
			return
		}
	}
}

// take removes the next item when it is due, or tells how long to wait. An empty
// lane is forgotten.
func (b *Box) take(l *lane) (w waiting, wait time.Duration, empty bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(l.items) == 0 {
		l.running = false
		delete(b.lanes, l.name)
		return w, 0, true
	}
	if wait := l.items[0].due.Sub(b.opts.Now()); wait > 0 {
		return w, wait, false
	}
	return heap.Pop(&l.items).(waiting), 0, false
}

// try delivers an item once. It returns when to try again; zero = never.
func (b *Box) try(ctx context.Context, l *lane, id string) (again time.Time) {
	var it *Item
	b.opts.Store.View(func(tx *store.Tx) { it, _ = b.opts.Table.Get(tx, id) })
	if it == nil {
		return time.Time{}
	}
	commit, err := b.opts.Deliver(ctx, it)
	if ctx.Err() != nil && err != nil { // stopping: it goes on after the start
		return time.Time{}
	}
	if err == nil && commit == nil {
		b.done <- it.ID
		return time.Time{}
	}
	if err == nil {
		err = b.remove(it, commit)
	}
	if err == nil {
		return time.Time{}
	}
	next := *it
	next.Tries++
	next.Error = err.Error()
	wait, ok := b.opts.Retry(&next)
	if !ok || IsFinal(err) {
		var bury func(*store.Tx) error
		if b.opts.Bury != nil {
			bury = b.opts.Bury(&next, err)
		}
		gone := b.remove(it, bury)
		if gone != nil && bury != nil { // then without
			b.opts.Log.Error("item of an outbox not buried", "lane", l.name, "err", gone)
			gone = b.remove(it, nil)
		}
		if gone != nil {
			b.opts.Log.Error("item of an outbox not removed", "lane", l.name, "err", gone)
		}
		b.opts.GivenUp(&next, err)
		return time.Time{}
	}
	next.Due = b.opts.Now().Add(wait)
	b.opts.Log.Debug("delivery failed", "lane", l.name, "tries", next.Tries, "again", wait, "err", err)
	if err := b.opts.Store.Update(func(tx *store.Tx) error {
		b.opts.Table.Put(tx, next.ID, &next)
		return nil
	}); err != nil {
		b.opts.Log.Error("item of an outbox not kept", "lane", l.name, "err", err)
	}
	return next.Due
}

// remove forgets an item in the transaction of commit. A panic of commit would
// end the server and leave the item: it is an error like any other.
func (b *Box) remove(it *Item, commit func(*store.Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Final(fmt.Errorf("outbox: %v", p))
		}
	}()
	return b.opts.Store.Update(func(tx *store.Tx) error {
		b.opts.Table.Delete(tx, it.ID)
		if commit == nil {
			return nil
		}
		return commit(tx)
	})
}
