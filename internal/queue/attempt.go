package queue

import "time"

// attempt is what a receive of a FIFO queue got, so that it can be repeated when
// its answer was lost. Attempts are in memory only: a client whose attempt a dead
// server took gets the messages after their visibility timeout.
type attempt struct {
	at      time.Time
	entries []*entry
	receipt []uint64
}

// attemptTime is how long an attempt can be repeated, in true seconds.
const attemptTime = 5 * time.Minute

// again hands out what an earlier receive with the same attempt id got, and makes
// it invisible anew. It is false if there is none, or if one of the messages was
// deleted, became visible or was changed.
func (t *taking) again(id string) bool {
	a := t.l.attempts[id]
	if a == nil {
		return false
	}
	valid := t.now.Before(a.at.Add(attemptTime))
	for i, e := range a.entries {
		d, ok := deliveries.Get(t.tx, key(t.rec.ID, e.number))
		valid = valid && ok && t.l.entries[e.number] == e && d.Receipt == a.receipt[i] && d.Until.After(t.now)
	}
	if !valid {
		delete(t.l.attempts, id)
		return false
	}
	for _, e := range a.entries {
		k := key(t.rec.ID, e.number)
		m, _ := messages.Get(t.tx, k) // as long as there is a delivery
		d, _ := deliveries.Get(t.tx, k)
		next := *d
		next.Until = t.now.UTC().Add(t.visibility)
		deliveries.Put(t.tx, k, &next)
		t.l.put(e, flying, next.Until)
		t.undo = append(t.undo, func() { t.l.put(e, flying, d.Until) })
		t.got = append(t.got, received(t.rec, e.number, m, &next))
	}
	return true
}

// remember keeps what this receive got.
func (t *taking) remember(id string) {
	if id == "" || !t.l.fifo || len(t.got) == 0 {
		return
	}
	a := &attempt{at: t.now}
	for _, got := range t.got {
		r, _ := parseReceipt(got.Handle) // just made
		a.entries = append(a.entries, t.l.entries[r.number])
		a.receipt = append(a.receipt, r.nonce)
	}
	t.l.attempts[id] = a
	t.undo = append(t.undo, func() { delete(t.l.attempts, id) })
}
