package network

import (
	"net/netip"
	"time"
)

// ring hands out the addresses of one subnet, each as late as possible after
// its last use: next fit, and a rest for freed ones unless nothing else is left.
type ring struct {
	prefix netip.Prefix
	next   uint32
	used   map[uint32]bool
	freed  map[uint32]time.Time
}

func newRing(p netip.Prefix) *ring {
	return &ring{prefix: p, next: reserved, used: map[uint32]bool{}, freed: map[uint32]time.Time{}}
}

// mark takes a known address out of the ring, for a lease read from disk.
func (r *ring) mark(a netip.Addr) {
	n := offset(r.prefix, a)
	r.used[n] = true
	if n >= r.next {
		r.next = n + 1
	}
}

// take gives the address that was least recently used.
func (r *ring) take(now time.Time, rest time.Duration) (netip.Addr, bool) {
	size := uint32(1)<<(32-r.prefix.Bits()) - 1 // the last one is broadcast
	oldest, found := uint32(0), false
	for i := uint32(0); i < size; i++ {
		n := (r.next + i) % size
		if n < reserved || r.used[n] {
			continue
		}
		at, resting := r.freed[n]
		if !resting || now.Sub(at) >= rest {
			return r.give(n), true
		}
		if !found || at.Before(r.freed[oldest]) {
			oldest, found = n, true
		}
	}
	if !found {
		return netip.Addr{}, false
	}
	return r.give(oldest), true
}

func (r *ring) give(n uint32) netip.Addr {
	delete(r.freed, n)
	r.used[n] = true
	r.next = n + 1
	return add(r.prefix.Addr(), n)
}

// put returns an address.
func (r *ring) put(a netip.Addr, now time.Time) {
	n := offset(r.prefix, a)
	if r.used[n] {
		delete(r.used, n)
		r.freed[n] = now
	}
}
