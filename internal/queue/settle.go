package queue

import (
	"strconv"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// maxVisibility bounds how long a message is invisible from its receive on.
const maxVisibility = 12 * time.Hour

// Remove deletes the message of a receipt handle. A message that is gone is no
// error. A standard queue ignores the handle of an earlier receive than the newest;
// a FIFO queue refuses it, and one whose visibility timeout has passed.
func (q *Queues) Remove(tx *store.Tx, rec *Queue, handle string) error {
	r, err := receiptOf(rec, handle)
	if err != nil {
		return err
	}
	k := key(rec.ID, r.number)
	if !q.there(tx, rec, r.number) {
		return nil
	}
	d, ok := deliveries.Get(tx, k)
	newest := ok && d.Receipt == r.nonce
	switch {
	case rec.FIFO() && (!newest || !d.Until.After(q.opts.Now())):
		return badValue("ReceiptHandle", handle, "The receipt handle has expired.")
	case !newest:
		return nil
	}
	drop(tx, k)
	tx.AfterCommit(func() {
		q.change(rec.ID, func(l *live, _ time.Time) {
			if e := l.entries[r.number]; e != nil {
				l.remove(e)
			}
			l.tally.deleted++
		})
	})
	return nil
}

// there tells whether a queue has a message: it was neither purged nor is it older
// than the queue keeps messages, although its record may still be there.
func (q *Queues) there(tx *store.Tx, rec *Queue, number uint64) bool {
	m, ok := messages.Get(tx, key(rec.ID, number))
	return ok && number > rec.Purged && !rec.expired(m, q.opts.Now())
}

// ChangeVisibility makes a message in flight invisible for so many seconds from
// now; 0 makes it visible.
func (q *Queues) ChangeVisibility(tx *store.Tx, rec *Queue, handle string, seconds int) error {
	if bound := numbers["VisibilityTimeout"]; seconds < bound.low || seconds > bound.high {
		return badValue("VisibilityTimeout", strconv.Itoa(seconds), "VisibilityTimeout must be >= 0 and <= 43200.")
	}
	r, err := receiptOf(rec, handle)
	if err != nil {
		return err
	}
	k := key(rec.ID, r.number)
	d, ok := deliveries.Get(tx, k)
	if !ok || !q.there(tx, rec, r.number) {
		return badValue("ReceiptHandle", handle, "Message does not exist or is not available for visibility timeout change.")
	}
	now := q.opts.Now().UTC()
	until := now.Add(time.Duration(seconds) * time.Second)
	switch {
	case d.Receipt != r.nonce || !d.Until.After(now):
		return refuse(ErrNotInFlight, "The specified message isn't in flight: its visibility timeout has passed.")
	case until.After(d.At.Add(maxVisibility)):
		return badValue("VisibilityTimeout", strconv.Itoa(seconds), "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
	}
	next := *d
	next.Until = until
	deliveries.Put(tx, k, &next)
	tx.AfterCommit(func() {
		q.change(rec.ID, func(l *live, _ time.Time) {
			if e := l.entries[r.number]; e != nil && e.receipt == r.nonce && e.state == flying {
				l.put(e, flying, until)
			}
		})
	})
	return nil
}
