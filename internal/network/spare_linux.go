package network

import "time"

// refillAfter keeps the making of spares out of the way of the task that is
// starting: it would compete with it for processors and for the kernel's lock
// of network links.
const refillAfter = 100 * time.Millisecond

// refillLocked makes namespaces ahead for a zone, behind the caller's back.
// They are spent in the order in which they were made.
func (n *Network) refillLocked(zone int) {
	if n.opts.Spares < 0 || n.closed || n.refill[zone] || len(n.spares[zone]) >= n.opts.Spares {
		return
	}
	n.refill[zone] = true
	n.work.Go(func() {
		select {
		case <-n.closing:
		case <-time.After(refillAfter):
		}
		for n.makeSpare(zone) {
			// one at a time, so that tasks being started come first
		}
	})
}

// makeSpare adds one spare and tells whether another one is wanted.
func (n *Network) makeSpare(zone int) bool {
	n.mu.Lock()
	if n.closed || len(n.spares[zone]) >= n.opts.Spares {
		n.refill[zone] = false
		n.mu.Unlock()
		return false
	}
	ip, ok := n.rings[zone].take(time.Now(), n.opts.Rest)
	if !ok {
		n.refill[zone] = false
		n.mu.Unlock()
		return false
	}
	lease := n.leaseFor(ip, zone)
	n.making[lease.Veth] = lease
	bridge := n.bridge
	n.mu.Unlock()

	err := makeNetns(lease, n.info, bridge)
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.making, lease.Veth)
	if err != nil {
		n.rings[zone].put(ip, time.Now())
		n.refill[zone] = false
		n.log.Warn("cannot make a network namespace ahead", "err", err)
		return false
	}
	n.spares[zone] = append(n.spares[zone], lease)
	return true
}
