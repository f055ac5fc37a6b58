package network

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// AllocTask gives a task its namespace and address in an availability zone
// (0, 1, 2). Repeating it for the same task gives the same lease.
func (n *Network) AllocTask(id string, zone int) (Lease, error) {
	zone = ((zone % Zones) + Zones) % Zones
	n.mu.Lock()
	for n.wait[id] != nil {
		made := n.wait[id]
		n.mu.Unlock()
		<-made
		n.mu.Lock()
	}
	if n.closed {
		n.mu.Unlock()
		return Lease{}, opErr("allocate task", os.ErrClosed)
	}
	if l, ok := n.leases[id]; ok {
		n.mu.Unlock()
		return l, nil
	}
	lease, ready, err := n.takeLocked(zone)
	if err != nil {
		n.mu.Unlock()
		return Lease{}, opErr("allocate task", err)
	}
	lease.ID = id
	n.leases[id] = lease
	made := make(chan struct{})
	n.wait[id] = made
	n.refillLocked(zone)
	bridge := n.bridge
	n.mu.Unlock()

	if !ready {
		err = makeNetns(lease, n.info, bridge)
	}
	if err == nil {
		faultLease.Hit()
		err = writeJSON(n.leasePath(id), lease)
		faultLeased.Hit()
	}
	if err != nil {
		n.teardown(lease)
		n.forget(lease)
	}
	n.mu.Lock()
	delete(n.wait, id)
	n.mu.Unlock()
	close(made)
	if err != nil {
		return Lease{}, opErr("allocate task", err)
	}
	return lease, nil
}

// takeLocked takes a namespace made ahead, or else only an address.
func (n *Network) takeLocked(zone int) (lease Lease, ready bool, err error) {
	if s := n.spares[zone]; len(s) > 0 {
		n.spares[zone] = s[1:]
		return s[0], true, nil
	}
	ip, ok := n.rings[zone].take(time.Now(), n.opts.Rest)
	if !ok {
		return Lease{}, false, ErrExhausted
	}
	return n.leaseFor(ip, zone), false, nil
}

func (n *Network) leaseFor(ip netip.Addr, zone int) Lease {
	return Lease{
		Zone: zone, IP: ip, MAC: macOf(ip).String(),
		Netns:   filepath.Join(n.netnsDir(), ip.String()),
		Veth:    vethName(n.hash, ip),
		Gateway: gatewayOf(n.info.Subnets[zone]),
		Subnet:  n.info.Subnets[zone],
	}
}

// Task gives the lease of a task.
func (n *Network) Task(id string) (Lease, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l, ok := n.leases[id]
	return l, ok
}

// Leases lists every task that holds an address, in no order.
func (n *Network) Leases() []Lease {
	n.mu.Lock()
	defer n.mu.Unlock()
	out := make([]Lease, 0, len(n.leases))
	for _, l := range n.leases {
		out = append(out, l)
	}
	return out
}

// FreeTask lets go of a task's namespace and address; an unknown task is no
// error. The kernel's part of the work happens behind.
func (n *Network) FreeTask(id string) error {
	n.mu.Lock()
	lease, ok := n.leases[id]
	n.mu.Unlock()
	if !ok {
		return nil
	}
	// Namespace first, lease last: a crash between leaves a lease that the
	// next FreeTask finishes.
	if err := dropNetns(lease.Netns); err != nil {
		return opErr("free task", err)
	}
	faultDropped.Hit()
	if err := os.Remove(n.leasePath(id)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return opErr("free task", err)
	}
	faultFreed.Hit()
	n.forget(lease)
	return nil
}

// forget returns the address to its ring.
func (n *Network) forget(l Lease) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.leases, l.ID)
	n.rings[l.Zone].put(l.IP, time.Now())
}

// teardown removes the kernel's objects of a lease at once.
func (n *Network) teardown(l Lease) {
	if err := dropNetns(l.Netns); err != nil {
		n.log.Warn("cannot remove network namespace", "path", l.Netns, "err", err)
	}
	if err := delLink(l.Veth); err != nil {
		n.log.Warn("cannot remove interface", "link", l.Veth, "err", err)
	}
}

func (n *Network) leasePath(id string) string { return filepath.Join(n.leaseDir(), fileOf(id)) }
