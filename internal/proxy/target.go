package proxy

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// errTargetGone is a target that left between the choice and the connection.
var errTargetGone = errors.New("proxy: target has left")

// targetKey is the identity of a registration: the same address registered
// again is a new target.
type targetKey struct {
	id         string
	port       int
	registered int64
}

func keyOf(t *route.Target) targetKey { return targetKey{t.ID, t.Port, t.Registered.UnixNano()} }

func (t *target) key() targetKey { return targetKey{t.id, t.port, t.registered.UnixNano()} }

// target is one registered target at run time.
type target struct {
	group      *group
	id         string
	port       int
	registered time.Time
	address    string
	tls        bool
	layer4     bool           // it gets flows, not requests
	to         netip.AddrPort // the address; invalid when it is a name
	hash       uint64         // of its identity

	load     atomic.Int64 // requests in flight
	draining atomic.Bool
	gone     atomic.Bool // no connection may live any more

	connecting context.Context // done when it is useless to wait for a connection
	giveUp     context.CancelFunc

	mu     sync.Mutex
	idle   []*backend // the last one was used last
	conns  map[*backend]struct{}
	owned  map[*ownedConn]struct{}
	cuts   map[int]func() // ends of tunnels and HTTP/2 exchanges
	cutID  int
	rounds http.RoundTripper // HTTP/2 clients, and targets that speak HTTP/2
	cutAt  *time.Timer

	drainUntil time.Time // guarded by group.mu, as are leastDrain and health
	leastDrain time.Time // it drains until then at least
	health     health
	outlier    outlier
}

func newTarget(g *group, spec *route.Target) *target {
	t := &target{
		group: g, id: spec.ID, port: spec.Port, registered: spec.Registered,
		address: spec.Address, tls: overTLS(g.spec),
		conns: make(map[*backend]struct{}),
	}
	t.layer4 = route.Layer4(g.spec.Protocol)
	t.to, _ = netip.ParseAddrPort(spec.Address)
	t.hash = hashString(spec.Address + "|" + spec.ID)
	t.connecting, t.giveUp = context.WithCancel(context.Background())
	t.health.reset()
	return t
}

// claim counts a request in. It fails when the target has begun to drain: the
// count is up before the check, so that who sees it at 0 after the target began
// to drain knows that no more will come.
func (t *target) claim() bool {
	t.load.Add(1)
	if t.draining.Load() {
		t.release()
		return false
	}
	return true
}

// release counts a request out.
func (t *target) release() {
	if t.load.Add(-1) != 0 || !t.draining.Load() {
		return
	}
	if t.layer4 { // an event loop must not wait, as for the disk
		t.group.proxy.running.Go(func() { t.group.proxy.healthChanged(t) })
		return
	}
	t.group.proxy.healthChanged(t)
}

// track adds a new connection; it fails when the target is gone.
func (t *target) track(b *backend) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone.Load() {
		return false
	}
	t.conns[b] = struct{}{}
	return true
}

func (t *target) forget(b *backend) {
	t.mu.Lock()
	delete(t.conns, b)
	t.mu.Unlock()
}

// onCut registers what ends an exchange when the target is cut off. It is false
// when that has already happened.
func (t *target) onCut(f func()) (undo func(), ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone.Load() {
		return nil, false
	}
	if t.cuts == nil {
		t.cuts = make(map[int]func())
	}
	t.cutID++
	id := t.cutID
	t.cuts[id] = f
	return func() {
		t.mu.Lock()
		delete(t.cuts, id)
		t.mu.Unlock()
	}, true
}

// gaveUp reports whether it is useless to wait for a connection.
func (t *target) gaveUp() bool { return t.connecting.Err() != nil }
