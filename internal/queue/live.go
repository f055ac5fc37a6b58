package queue

import (
	"container/heap"
	"time"

	"github.com/google/btree"

	"github.com/grue-ecs/grue/internal/arn"
)

// state of a message in its queue.
type state uint8

const (
	visible state = iota
	delayed       // not yet visible for the first time
	flying        // received, and invisible until its time ends
)

// entry is a message, as memory knows it.
type entry struct {
	number uint64
	group  *group // of FIFO queues
	sent   time.Time
	state  state
	due    time.Time // end of delayed or flying
	at     int       // in the clock; -1 = not there
	// receipt of the newest receive: a change by an older one comes too late.
	receipt uint64
}

// live is what memory knows of a queue. Queues.mu guards it.
type live struct {
	scope arn.Scope
	name  string
	fifo  bool

	entries map[uint64]*entry
	// ready are the visible entries of a standard queue, or the first entry of
	// each group of a FIFO queue that can be received from.
	ready   *btree.BTreeG[*entry]
	groups  map[string]*group
	waiting clock
	count   [3]int // entries by state

	polls []*poll // long polls, first come first
	timer *time.Timer
	armed time.Time // when the timer wakes polls; zero = never

	tally    tally
	attempts map[string]*attempt // of FIFO queues, by ReceiveRequestAttemptId
}

func newLive(q *Queue) *live {
	return &live{
		scope: q.Scope, name: q.Name, fifo: q.FIFO(),
		entries: map[uint64]*entry{}, ready: newOrder(), groups: map[string]*group{},
		attempts: map[string]*attempt{},
	}
}

// add makes a message known; one that is known stays as it is.
func (l *live) add(e *entry, groupID string) {
	if l.entries[e.number] != nil {
		return
	}
	e.at = -1
	l.entries[e.number] = e
	if l.fifo {
		e.group = l.groupOf(groupID)
		e.group.order.ReplaceOrInsert(e)
	}
	l.enter(e)
}

// enter puts an entry where its state belongs.
func (l *live) enter(e *entry) {
	l.count[e.state]++
	if e.state != visible {
		heap.Push(&l.waiting, e)
	}
	switch {
	case l.fifo:
		if e.state == flying {
			e.group.flying++
		}
		l.offer(e.group)
	case e.state == visible:
		l.ready.ReplaceOrInsert(e)
	}
}

// leave is the opposite of enter.
func (l *live) leave(e *entry) {
	l.count[e.state]--
	if e.at >= 0 {
		heap.Remove(&l.waiting, e.at)
	}
	switch {
	case l.fifo && e.state == flying:
		e.group.flying--
	case !l.fifo && e.state == visible:
		l.ready.Delete(e)
	}
}

// put changes the state of an entry.
func (l *live) put(e *entry, s state, due time.Time) {
	l.leave(e)
	e.state, e.due = s, due
	l.enter(e)
}

// remove forgets an entry.
func (l *live) remove(e *entry) {
	if l.entries[e.number] != e {
		return
	}
	l.leave(e)
	delete(l.entries, e.number)
	if l.fifo {
		e.group.order.Delete(e)
		l.offer(e.group)
	}
}

// promote makes visible what is due.
func (l *live) promote(now time.Time) {
	for {
		due, ok := l.waiting.next()
		if !ok || due.After(now) {
			return
		}
		l.put(l.waiting[0], visible, time.Time{})
	}
}

// available tells whether a receive would find a message.
func (l *live) available() bool { return l.ready.Len() > 0 }

// candidates are up to limit entries that can be received now, in the order in
// which they should be.
func (l *live) candidates(limit int) (out []*entry) {
	l.ready.Ascend(func(e *entry) bool {
		if l.fifo {
			out = append(out, e.group.run(limit-len(out))...)
		} else {
			out = append(out, e)
		}
		return len(out) < limit
	})
	return out
}

// oldest is when the oldest message was sent; ok is false for an empty queue.
func (l *live) oldest() (at time.Time, ok bool) {
	for _, e := range l.entries {
		if !ok || e.sent.Before(at) {
			at, ok = e.sent, true
		}
	}
	return at, ok
}
