package network

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
)

// Restore brings the kernel in line with what is written down: bridge and
// addresses are made again where missing, living leases are adopted, and
// namespaces and interfaces that no lease owns are removed. New calls it; it
// may be repeated at any time, for instance when somebody removed the bridge.
func (n *Network) Restore() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	link, err := ensureBridge(n.info)
	if err != nil {
		return opErr("restore", err)
	}
	n.bridge = link.Attrs().Index
	if err := n.readLocked(); err != nil {
		return opErr("restore", err)
	}
	for _, ip := range n.lbs {
		if err := ensureAddr(link, addr32(ip)); err != nil {
			return opErr("restore", err)
		}
	}
	if err := n.dropStrayAddrs(link); err != nil {
		return opErr("restore", err)
	}
	owned := n.ownedLocked()
	if err := sweepNetns(n.netnsDir(), owned); err != nil {
		return opErr("restore", err)
	}
	return opErr("restore", n.sweepLinks(owned))
}

// readLocked loads leases and load balancer addresses from disk. Those of
// another range, after a forced change of it, are dropped.
func (n *Network) readLocked() error {
	leases, err := readDir[Lease](n.leaseDir())
	if err != nil {
		return err
	}
	for file, l := range leases {
		if l.Zone < 0 || l.Zone >= Zones || !n.info.Subnets[l.Zone].Contains(l.IP) {
			os.Remove(filepath.Join(n.leaseDir(), file))
			continue
		}
		n.leases[l.ID] = l
		n.rings[l.Zone].mark(l.IP)
	}
	lbs, err := readDir[lbDocument](n.lbDir())
	if err != nil {
		return err
	}
	for file, d := range lbs {
		if !n.info.LBs.Contains(d.IP) {
			os.Remove(filepath.Join(n.lbDir(), file))
			n.log.Warn("a load balancer gets a new address, because the address range changed", "id", d.ID)
			continue
		}
		n.lbs[d.ID] = d.IP
		n.rings[Zones].mark(d.IP)
	}
	return nil
}

// dropStrayAddrs removes load balancer addresses from the bridge that nobody
// owns: a crash came between taking the address off and removing its file.
func (n *Network) dropStrayAddrs(bridge netlink.Link) error {
	keep := map[string]bool{}
	for _, ip := range n.lbs {
		keep[ip.String()] = true
	}
	all, err := dump(addrs(bridge))
	if err != nil {
		return fmt.Errorf("list addresses of the bridge: %w", err)
	}
	for _, a := range all {
		if p, ok := prefixOf(a.IPNet); ok && n.info.LBs.Contains(p.Addr()) && !keep[p.Addr().String()] {
			if err := netlink.AddrDel(bridge, &a); err != nil {
				return fmt.Errorf("remove address %s: %w", p, err)
			}
		}
	}
	return nil
}

// owned is what leases and spares hold: paths of namespaces, names of links.
type owned struct{ netns, links map[string]bool }

func (n *Network) ownedLocked() owned {
	o := owned{map[string]bool{}, map[string]bool{}}
	note := func(l Lease) { o.netns[l.Netns], o.links[l.Veth] = true, true }
	for _, l := range n.leases {
		note(l)
	}
	for _, l := range n.making {
		note(l)
	}
	for _, s := range n.spares {
		for _, l := range s {
			note(l)
		}
	}
	return o
}

func sweepNetns(dir string, keep owned) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if keep.netns[path] {
			continue
		}
		if err := dropNetns(path); err != nil {
			return err
		}
	}
	return nil
}

// sweepLinks removes interfaces without a lease and puts the others back on
// the bridge, should it have been made anew.
func (n *Network) sweepLinks(keep owned) error {
	links, err := dump(netlink.LinkList)
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	for _, l := range links {
		name := l.Attrs().Name
		if !strings.HasPrefix(name, vethPrefix(n.hash)) {
			continue
		}
		switch {
		case !keep.links[name]:
			err = delLink(name)
		case l.Attrs().MasterIndex != n.bridge:
			if err = attach(name, n.bridge); isLinkNotFound(err) {
				err = nil // its task, or a spare that could not be made, has gone meanwhile
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
