package proxy

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// watch looks at all client connections ten times a second: it ends those that
// are silent for too long and notices clients that have gone. One clock for all
// of them is far cheaper than a timer for each read.
type watch struct {
	now    atomic.Int64 // coarse clock, nanoseconds since 1970
	count  atomic.Int64
	shards [16]watchShard
}

type watchShard struct {
	mu    sync.Mutex
	conns map[*clientConn]struct{}
}

const watchTick = 100 * time.Millisecond

func (w *watch) add(c *clientConn) {
	s := &w.shards[c.id%uint32(len(w.shards))]
	s.mu.Lock()
	if s.conns == nil {
		s.conns = make(map[*clientConn]struct{})
	}
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	w.count.Add(1)
}

func (w *watch) remove(c *clientConn) {
	s := &w.shards[c.id%uint32(len(w.shards))]
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	w.count.Add(-1)
}

// each calls f for every connection.
func (w *watch) each(f func(*clientConn)) {
	for i := range w.shards {
		s := &w.shards[i]
		s.mu.Lock()
		for c := range s.conns {
			f(c)
		}
		s.mu.Unlock()
	}
}

func (w *watch) run(ctx context.Context) {
	tick := time.NewTicker(watchTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case at := <-tick.C:
			now := at.UnixNano()
			w.now.Store(now)
			w.each(func(c *clientConn) { c.check(now) })
		}
	}
}

// phase is what a client connection is doing, as far as time is concerned.
type phase int32

const (
	phaseIdle   phase = iota // between requests
	phaseHead                // a request has begun to arrive
	phaseWait                // the target owes the response's head
	phaseStream              // bodies flow
	phaseTunnel              // both sides talk as they like
)

// enter starts a phase; it may last until the idle timeout passes without touch.
func (c *clientConn) enter(p phase) {
	now := c.proxy.watch.now.Load()
	c.since.Store(now)
	c.phase.Store(int32(p))
	c.deadline.Store(now + int64(c.idleTimeout))
}

// touch notes that a byte has moved.
func (c *clientConn) touch() {
	c.deadline.Store(c.proxy.watch.now.Load() + int64(c.idleTimeout))
}

// check is one look at the connection.
func (c *clientConn) check(now int64) {
	p := phase(c.phase.Load())
	if limit := c.limit.Load(); now > c.deadline.Load() || limit != 0 && now > limit {
		c.expire(p)
		return
	}
	if (p == phaseWait || p == phaseStream) && now-c.since.Load() > int64(watchTick) && c.raw != nil && peerClosed(c.raw) {
		c.gone.Store(true)
		c.interruptBackend()
	}
	if c.proxy.closing.Load() && p == phaseIdle && now-c.since.Load() > int64(c.proxy.idleGrace()) {
		_ = c.conn.SetReadDeadline(past)
	}
}

// expire ends what has taken too long. While a response is awaited only the
// target is interrupted, so that the client can be told 504.
func (c *clientConn) expire(p phase) {
	c.expired.Store(true)
	c.interruptBackend()
	switch {
	case p <= phaseHead, p == phaseWait && c.uploading.Load():
		_ = c.conn.SetReadDeadline(past) // there is still an answer to write
	case p > phaseWait:
		_ = c.conn.SetDeadline(past)
	}
}

func (c *clientConn) interruptBackend() {
	c.backendMu.Lock()
	defer c.backendMu.Unlock()
	if c.backend != nil {
		c.backend.interrupt()
	}
}

// attach says which connection to interrupt; nil for none.
func (c *clientConn) attach(b *backend) {
	c.backendMu.Lock()
	c.backend = b
	c.backendMu.Unlock()
}
