package proxy

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// relay is a connection of a client that is joined with one to a target by two
// goroutines.
type relay struct {
	proxy                *Proxy
	id                   uint32
	kind                 flowKind
	alpn                 string
	client, server       net.Conn // with their TLS, if they have it
	rawClient, rawServer *net.TCPConn
	target               *target
	idle                 time.Duration
	moved                atomic.Int64 // when a byte moved last, coarse
	ended                atomic.Bool  // cut, or reset by one side
	count                *flowCounters
}

// relays holds every relay that has a target.
type relays struct {
	mu  sync.Mutex
	all map[*relay]struct{}
}

func (rs *relays) add(r *relay) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.all == nil {
		rs.all = make(map[*relay]struct{})
	}
	rs.all[r] = struct{}{}
}

func (rs *relays) remove(r *relay) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	delete(rs.all, r)
}

// cut resets the relays that which chooses.
func (rs *relays) cut(which func(*relay) bool) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	for r := range rs.all {
		if which(r) && r.end() {
			r.count.elbResets.Add(1)
		}
	}
}

// run moves bytes until both directions have ended.
func (r *relay) run(pick *flowPick) {
	r.target, r.idle = pick.target, pick.ref.idleOf(pick.front)
	m := pick.meter(r.kind)
	r.count = m.shard(r.id)
	r.count.opened.Add(1)
	m.active.Add(1)
	r.moved.Store(r.proxy.watch.now.Load())
	r.proxy.relays.add(r)
	defer func() {
		r.proxy.relays.remove(r)
		r.client.Close()
		r.server.Close()
		m.active.Add(-1)
		r.target.release()
	}()
	if r.target.gone.Load() {
		r.end() // it was cut off before this relay could be found
	}
	var back sync.WaitGroup
	back.Go(func() { r.pump(r.client, r.server, &r.count.targetResets, &r.count.clientResets) })
	r.pump(r.server, r.client, &r.count.clientResets, &r.count.targetResets)
	back.Wait()
}

// end resets both sides; it is false when that has happened already.
func (r *relay) end() bool {
	if r.ended.Swap(true) {
		return false
	}
	reset(r.rawClient)
	reset(r.rawServer)
	return true
}

var relayBuffers = sync.Pool{New: func() any { b := make([]byte, 32<<10); return &b }}

// pump copies until the source ends, and ends its direction only. A reset is
// handed on; it counts for the side that it came from.
func (r *relay) pump(to, from net.Conn, fromResets, toResets *atomic.Uint64) {
	buf := relayBuffers.Get().(*[]byte)
	defer relayBuffers.Put(buf)
	for {
		n, err := from.Read(*buf)
		if n > 0 {
			r.moved.Store(r.proxy.watch.now.Load())
			r.count.bytes.Add(uint64(n))
			if _, werr := to.Write((*buf)[:n]); werr != nil {
				if r.end() {
					toResets.Add(1)
				}
				return
			}
		}
		switch {
		case err == nil:
		case isEnd(err):
			closeWrite(to)
			return
		default:
			if r.end() {
				fromResets.Add(1)
			}
			return
		}
	}
}

// isEnd reports the end of a direction. Many clients end TLS without saying so.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// expire ends relays on which nothing moved for too long.
func (rs *relays) expire(now time.Time) {
	rs.cut(func(r *relay) bool { return now.UnixNano()-r.moved.Load() > int64(r.idle) })
}

// resetFlows ends the established connections of a target with RST.
func (p *Proxy) resetFlows(t *target) {
	p.relays.cut(func(r *relay) bool { return r.target == t })
	p.loops.cut(t)
}
