package queue

import (
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Limits of AWS: messages in flight of a queue, and of one receive.
const (
	maxFlying = 120_000
	// maxMoved bounds what one receive moves to a dead-letter queue, so that its
	// transaction is short.
	maxMoved = 100
)

// taking is one receive inside of its transaction, which runs with Queues.mu.
type taking struct {
	q   *Queues
	tx  *store.Tx
	rec *Queue
	l   *live
	now time.Time

	visibility time.Duration
	policy     redrivePolicy
	dead       *Queue          // where policy leads; nil = nowhere
	blocked    map[*group]bool // groups of which nothing may be taken now
	moved      int
	got        []*Received
	undo       []func() // what memory did ahead of the commit
}

// take receives what is visible now.
func (q *Queues) take(s arn.Scope, name, id string, a Ask) ([]*Received, error) {
	q.mu.Lock()
	l := q.lives[id]
	worth := false
	if l != nil {
		l.promote(q.opts.Now())
		worth = l.available() || l.attempts[a.Attempt] != nil
	}
	q.mu.Unlock()
	if l == nil {
		return nil, ErrNoQueue
	}
	if !worth {
		return nil, nil
	}
	t := &taking{q: q, l: l, blocked: map[*group]bool{}}
	// Update, and not the store's, waits until a dead-letter queue has what was moved.
	err := q.Update(func(tx *store.Tx) (err error) {
		t.tx = tx
		if t.rec, err = Find(tx, s, name); err == nil && t.rec.ID != id {
			err = ErrNoQueue
		}
		if err != nil {
			return err
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		return t.run(a)
	})
	if err != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		for i := len(t.undo) - 1; i >= 0; i-- {
			t.undo[i]()
		}
		return nil, err
	}
	return t.got, nil
}

func (t *taking) run(a Ask) error {
	t.now = t.q.opts.Now()
	t.l.promote(t.now)
	t.visibility = time.Duration(t.rec.number("VisibilityTimeout")) * time.Second
	if a.Visibility != nil {
		t.visibility = *a.Visibility
	}
	if p, ok := t.rec.redrive(); ok {
		if dead, err := FindARN(t.tx, p.Target); err == nil && dead.FIFO() == t.rec.FIFO() && dead.ID != t.rec.ID {
			t.policy, t.dead = p, dead
		}
	}
	if t.again(a.Attempt) {
		return nil
	}
	if t.l.count[flying] >= maxFlying {
		return refuse(ErrOverLimit, "The number of messages in flight has reached %d: delete messages after they were processed.", maxFlying)
	}
	for len(t.got) < a.Max && t.moved < maxMoved {
		some := t.candidates(a.Max - len(t.got))
		if len(some) == 0 {
			break
		}
		for _, e := range some {
			t.consider(e)
		}
	}
	t.remember(a.Attempt)
	t.l.tally.received += len(t.got)
	t.l.nudge(t.now)
	return nil
}

// candidates leaves out groups that turned out to be blocked.
func (t *taking) candidates(limit int) (out []*entry) {
	for _, e := range t.l.candidates(limit) {
		if !t.blocked[e.group] {
			out = append(out, e)
		}
	}
	return out
}

// consider hands out an entry, or finds out why not. Whatever it does, the entry
// is not visible any more.
func (t *taking) consider(e *entry) {
	if e.group != nil && t.blocked[e.group] {
		return
	}
	k := key(t.rec.ID, e.number)
	m, ok := messages.Get(t.tx, k)
	if !ok { // deleted by a transaction that memory has yet to follow
		t.forget(e, "")
		return
	}
	d, ok := deliveries.Get(t.tx, k)
	if !ok {
		d = &delivery{}
	}
	switch {
	case d.Until.After(t.now): // likewise made invisible
		t.blocked[e.group] = e.group != nil
		t.l.put(e, flying, d.Until)
		e.receipt = d.Receipt
	case t.rec.expired(m, t.now):
		t.drop(k)
		t.forget(e, m.Group)
	case t.dead != nil && d.Receives >= t.policy.Max:
		t.bury(e, k, m, d)
	default:
		t.hand(e, k, m, d)
	}
}

// expired tells whether a message is older than its queue keeps messages.
func (q *Queue) expired(m *Message, now time.Time) bool {
	return !now.Before(m.Sent.Add(q.retention()))
}

func (q *Queue) retention() time.Duration {
	return time.Duration(q.number("MessageRetentionPeriod")) * time.Second
}

// hand gives a message to the receiver and makes it invisible.
func (t *taking) hand(e *entry, k string, m *Message, d *delivery) {
	next := delivery{Receives: d.Receives + 1, First: d.First, At: t.now.UTC(), Until: t.now.UTC().Add(t.visibility), Receipt: newNonce()}
	if next.First.IsZero() {
		next.First = next.At
	}
	deliveries.Put(t.tx, k, &next)
	before := e.receipt
	t.l.put(e, flying, next.Until)
	e.receipt = next.Receipt
	t.undo = append(t.undo, func() {
		if t.l.entries[e.number] == e && e.receipt == next.Receipt {
			e.receipt = before
			t.l.put(e, visible, time.Time{})
		}
	})
	t.got = append(t.got, received(t.rec, e.number, m, &next))
}

func received(rec *Queue, n uint64, m *Message, d *delivery) *Received {
	r := &Received{
		Message: m, Handle: receipt{rec.ID, n, d.Receipt}.handle(), Receives: m.Before + d.Receives, First: d.First,
	}
	if !m.First.IsZero() {
		r.First = m.First
	}
	if rec.FIFO() {
		r.Sequence = sequence(n)
	}
	return r
}

// bury moves a message to the dead-letter queue. A standard queue counts its age
// from when it was first sent, a FIFO queue anew, as in AWS.
func (t *taking) bury(e *entry, k string, m *Message, d *delivery) {
	next := *m
	next.Source, next.Before, next.First, next.Due = t.rec.ARN(), m.Before+d.Receives, d.First, t.now.UTC()
	if !m.First.IsZero() {
		next.First = m.First
	}
	if t.rec.FIFO() {
		next.Sent = t.now.UTC().Truncate(time.Millisecond)
	}
	t.drop(k)
	t.forget(e, m.Group)
	t.q.keep(t.tx, t.dead, t.q.last.Add(1), &next)
	t.moved++
}

// drop deletes the records of a message.
func (t *taking) drop(k string) { drop(t.tx, k) }

func drop(tx *store.Tx, k string) {
	messages.Delete(tx, k)
	if _, ok := deliveries.Get(tx, k); ok {
		deliveries.Delete(tx, k)
	}
}

// forget removes an entry from memory ahead of the commit.
func (t *taking) forget(e *entry, groupID string) {
	if e.group != nil {
		groupID = e.group.id
	}
	t.l.remove(e)
	t.undo = append(t.undo, func() { t.l.add(e, groupID) })
}
