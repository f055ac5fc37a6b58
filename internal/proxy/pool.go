package proxy

import "time"

// Idle connections to a target wait in its pool, the last used on top, so that
// those not needed grow old and are closed.

// maxIdle bounds the pool of one target.
const maxIdle = 1024

// peekAfter is how long a connection may lie idle before it is looked at again
// to see whether the target has closed it. One that was in use a moment ago is
// not worth the system call; the retry rule covers it.
const peekAfter = int64(2 * time.Millisecond)

// get takes an idle connection that looks alive, or returns nil. With careful
// it is looked at in any case: the request could not be sent a second time.
func (t *target) get(now int64, careful bool) *backend {
	for {
		t.mu.Lock()
		n := len(t.idle)
		if n == 0 {
			t.mu.Unlock()
			return nil
		}
		b := t.idle[n-1]
		t.idle[n-1] = nil
		t.idle = t.idle[:n-1]
		t.mu.Unlock()
		if (careful || now-b.idleSince > peekAfter) && b.dead() {
			b.close()
			continue
		}
		b.reused = true
		return b
	}
}

// put gives a connection back after a complete exchange.
func (t *target) put(b *backend, now int64) {
	b.idleSince = now
	b.in.release()
	t.mu.Lock()
	keep := !t.draining.Load() && !t.gone.Load() && len(t.idle) < maxIdle
	if keep {
		t.idle = append(t.idle, b)
	}
	t.mu.Unlock()
	if !keep {
		b.close()
	}
}

// prune closes idle connections that were not used since before, and those that
// the target has closed.
func (t *target) prune(before int64) {
	t.mu.Lock()
	var drop []*backend
	kept := t.idle[:0]
	for _, b := range t.idle {
		if b.idleSince < before || b.dead() {
			drop = append(drop, b)
		} else {
			kept = append(kept, b)
		}
	}
	clear(t.idle[len(kept):])
	t.idle = kept
	t.mu.Unlock()
	for _, b := range drop {
		b.close()
	}
}

// closeIdle closes all idle connections.
func (t *target) closeIdle() {
	t.mu.Lock()
	idle := t.idle
	t.idle = nil
	rounds := t.rounds
	t.mu.Unlock()
	for _, b := range idle {
		b.close()
	}
	if c, ok := rounds.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
