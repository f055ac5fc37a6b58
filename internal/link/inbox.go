package link

import (
	"sync"

	"github.com/grue-ecs/grue/internal/route"
)

// inbox hands what the proxy says to whoever asked for it. What came before
// somebody asked is kept, so that it does not matter when receivers are set.
// Receivers are called one at a time.
type inbox struct {
	mu          sync.Mutex
	identity    *Identity
	failures    []BindFailure
	hasFailures bool
	known       map[healthKey]route.Health
	waiting     func() // counts that nobody has taken yet

	onConnected func(Identity)
	onFailures  func([]BindFailure)
	onHealth    func([]route.Health)
	onTraffic   func([]route.Traffic)
}

// maxKnown bounds what is kept for a receiver that may yet come.
const maxKnown = 100_000

// healthKey is one registration of a target.
type healthKey struct {
	group, id  string
	port       int
	registered int64
}

// OnHealth sets the receiver of health: everything known at once and after each
// connect, then changes.
func (c *Client) OnHealth(f func([]route.Health)) {
	b := &c.inbox
	b.mu.Lock()
	defer b.mu.Unlock()
	b.onHealth = f
	if len(b.known) > 0 && f != nil {
		all := make([]route.Health, 0, len(b.known))
		for _, h := range b.known {
			all = append(all, h)
		}
		f(all)
	}
}

// OnTraffic sets the receiver of counts. What it was given is not sent again.
func (c *Client) OnTraffic(f func([]route.Traffic)) {
	b := &c.inbox
	b.mu.Lock()
	defer b.mu.Unlock()
	b.onTraffic = f
	if b.waiting != nil && f != nil {
		b.waiting()
		b.waiting = nil
	}
}

// OnBindFailures sets the receiver of addresses that cannot be listened on. It
// gets all of them after each acknowledged version, mostly none.
func (c *Client) OnBindFailures(f func([]BindFailure)) {
	b := &c.inbox
	b.mu.Lock()
	defer b.mu.Unlock()
	b.onFailures = f
	if b.hasFailures && f != nil {
		f(b.failures)
	}
}

// OnConnected sets the receiver of the proxy's identity, after each connect.
func (c *Client) OnConnected(f func(Identity)) {
	b := &c.inbox
	b.mu.Lock()
	defer b.mu.Unlock()
	b.onConnected = f
	if b.identity != nil && f != nil {
		f(*b.identity)
	}
}

func (b *inbox) hello(id *Identity) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.identity, b.waiting = id, nil // an earlier connection's counts come again
	if b.onConnected != nil && id != nil {
		b.onConnected(*id)
	}
}

func (b *inbox) bound(failures []BindFailure) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures, b.hasFailures = failures, true
	if b.onFailures != nil {
		b.onFailures(failures)
	}
}

func (b *inbox) health(changes []route.Health, full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if full || b.known == nil {
		b.known = make(map[healthKey]route.Health)
	}
	if len(b.known) >= maxKnown {
		clear(b.known) // registrations that have left; a receiver has them anyway
	}
	for _, h := range changes {
		b.known[healthKey{h.Group, h.ID, h.Port, h.Registered.UnixNano()}] = h
	}
	if b.onHealth != nil {
		b.onHealth(changes)
	}
}

func (b *inbox) traffic(sequence uint64, counted []route.Traffic, taken func(uint64)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	deliver := func() {
		b.onTraffic(counted)
		taken(sequence)
	}
	if b.onTraffic == nil {
		b.waiting = deliver
		return
	}
	deliver()
}
