package network

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// AllocLB gives a load balancer its address on the bridge. It is the same one
// on every call and after every restart, until FreeLB.
func (n *Network) AllocLB(id string) (netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if ip, ok := n.lbs[id]; ok {
		return ip, nil
	}
	ring := n.rings[Zones]
	ip, ok := ring.take(time.Now(), n.opts.Rest)
	if !ok {
		return netip.Addr{}, opErr("allocate load balancer", ErrExhausted)
	}
	err := writeJSON(n.lbPath(id), lbDocument{ID: id, IP: ip})
	if err == nil {
		err = n.addLB(ip)
	}
	if err != nil {
		os.Remove(n.lbPath(id))
		ring.put(ip, time.Now())
		return netip.Addr{}, opErr("allocate load balancer", err)
	}
	n.lbs[id] = ip
	return ip, nil
}

// FreeLB takes the address of a load balancer off the bridge; an unknown id is
// no error.
func (n *Network) FreeLB(id string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	ip, ok := n.lbs[id]
	if !ok {
		return nil
	}
	link, err := netlink.LinkByIndex(n.bridge)
	if err == nil {
		err = netlink.AddrDel(link, addrOf(netip.PrefixFrom(ip, 32)))
	}
	if err != nil && !isLinkNotFound(err) && !errors.Is(err, unix.EADDRNOTAVAIL) {
		return opErr("free load balancer", err)
	}
	if err := os.Remove(n.lbPath(id)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return opErr("free load balancer", err)
	}
	delete(n.lbs, id)
	n.rings[Zones].put(ip, time.Now())
	return nil
}

func (n *Network) addLB(ip netip.Addr) error {
	link, err := netlink.LinkByIndex(n.bridge)
	if err != nil {
		return fmt.Errorf("find bridge: %w", err)
	}
	return ensureAddr(link, netip.PrefixFrom(ip, 32))
}

func (n *Network) lbPath(id string) string { return filepath.Join(n.lbDir(), fileOf(id)) }
