package queue

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// Sent is what the sender of a message learns.
type Sent struct {
	ID       string
	Sequence string // of FIFO queues
}

// dedupTime is how long a FIFO queue knows a deduplication id, in true seconds.
const dedupTime = 5 * time.Minute

// Send keeps a message for a queue as part of a transaction; it can be received
// after the commit. A FIFO queue answers a duplicate with what it answered the
// first time, and keeps nothing.
func (q *Queues) Send(tx *store.Tx, to *Queue, m *Outgoing) (Sent, error) {
	if err := m.check(to); err != nil {
		return Sent{}, err
	}
	now := q.opts.Now().UTC()
	msg := &Message{
		ID: store.NewUUID(), Body: m.Body, Attributes: m.Attributes, Trace: m.Trace, Sender: m.Sender,
		Group: m.Group, Dedup: m.Dedup, Sent: now.Truncate(time.Millisecond), Due: now,
	}
	delay := to.number("DelaySeconds")
	if m.Delay != nil && !to.FIFO() {
		delay = int(*m.Delay)
	}
	msg.Due = now.Add(time.Duration(delay) * time.Second)
	n := q.last.Add(1)
	if to.FIFO() {
		if msg.Dedup == "" {
			sum := sha256.Sum256([]byte(m.Body))
			msg.Dedup = hex.EncodeToString(sum[:])
		}
		if first, ok := duplicateOf(tx, to, msg, now); ok {
			return Sent{first.Message, sequence(first.Number)}, nil
		}
		duplicates.Put(tx, dedupKey(to, msg), &duplicate{Message: msg.ID, Number: n, At: now})
	}
	q.keep(tx, to, n, msg)
	size := m.Size()
	tx.AfterCommit(func() {
		q.change(to.ID, func(l *live, _ time.Time) { l.tally.send(size) })
	})
	out := Sent{ID: msg.ID}
	if to.FIFO() {
		out.Sequence = sequence(n)
	}
	return out, nil
}

// SendTo sends to the queue of an ARN.
func (q *Queues) SendTo(tx *store.Tx, queueARN string, m *Outgoing) error {
	to, err := FindARN(tx, queueARN)
	if err != nil {
		return fmt.Errorf("%s: %w", queueARN, err)
	}
	_, err = q.Send(tx, to, m)
	return err
}

// keep writes a message and tells memory after the commit.
func (q *Queues) keep(tx *store.Tx, to *Queue, n uint64, m *Message) {
	messages.Put(tx, key(to.ID, n), m)
	tx.AfterCommit(func() {
		q.change(to.ID, func(l *live, now time.Time) {
			e := &entry{number: n, sent: m.Sent}
			if m.Due.After(now) {
				e.state, e.due = delayed, m.Due
			}
			l.add(e, m.Group)
		})
	})
}

// sequence is the SequenceNumber of a message: 20 digits that grow.
func sequence(n uint64) string { return fmt.Sprintf("%020d", n) }

// dedupKey is where a queue remembers a deduplication id: for itself, or for each
// group.
func dedupKey(q *Queue, m *Message) string {
	text := m.Dedup
	if q.is("DeduplicationScope=messageGroup") {
		text = m.Group + " " + m.Dedup // neither holds a space
	}
	sum := sha256.Sum256([]byte(text))
	return q.ID + "/" + hex.EncodeToString(sum[:16])
}

// duplicateOf finds the message that m repeats.
func duplicateOf(tx *store.Tx, q *Queue, m *Message, now time.Time) (*duplicate, bool) {
	d, ok := duplicates.Get(tx, dedupKey(q, m))
	return d, ok && now.Before(d.At.Add(dedupTime))
}
