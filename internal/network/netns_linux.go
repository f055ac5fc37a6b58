package network

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// makeNetns creates the namespace of a lease, complete with interface, address
// and routes, and binds it to lease.Netns. Everything happens in this process:
// a few system calls and netlink messages, no program is run.
func makeNetns(lease Lease, info Info, bridge int) error {
	f, err := os.OpenFile(lease.Netns, os.O_CREATE|os.O_RDONLY, 0o444)
	if err != nil {
		return err
	}
	f.Close()
	err = inNewNetns(func(host *os.File) error {
		if err := unix.Mount(threadNetns(), lease.Netns, "none", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind namespace: %w", err)
		}
		return plumb(lease, info, host)
	})
	if err == nil {
		err = attach(lease.Veth, bridge)
	}
	if err != nil {
		dropNetns(lease.Netns)
	}
	return err
}

func threadNetns() string { return fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()) }

// inNewNetns runs fn on a thread of its own inside a new network namespace.
// When the thread cannot come back it is left locked, and dies with its
// goroutine instead of running somebody else's code in the wrong place.
func inNewNetns(fn func(host *os.File) error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		host, err := os.Open(threadNetns())
		if err != nil {
			runtime.UnlockOSThread()
			result <- err
			return
		}
		defer host.Close()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			runtime.UnlockOSThread()
			result <- fmt.Errorf("new network namespace: %w", err)
			return
		}
		err = fn(host)
		if unix.Setns(int(host.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
		result <- err
	}()
	return <-result
}

// plumb sets up loopback, eth0 and the default route. It runs inside the new
// namespace and puts the other end of the pair into the machine's.
func plumb(lease Lease, info Info, host *os.File) error {
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer h.Close()
	lo, err := h.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find lo: %w", err)
	}
	if err := h.LinkSetUp(lo); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	mac, err := net.ParseMAC(lease.MAC)
	if err != nil {
		return err
	}
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.HardwareAddr = "eth0", mac
	pair := &netlink.Veth{LinkAttrs: attrs, PeerName: lease.Veth, PeerNamespace: netlink.NsFd(int(host.Fd()))}
	err = h.LinkAdd(pair)
	if errors.Is(err, unix.EEXIST) {
		// The kernel is still taking down the last holder of this address.
		if err = delLinkIn(host, lease.Veth); err == nil {
			err = h.LinkAdd(pair)
		}
	}
	if err != nil {
		return fmt.Errorf("create interface pair %s: %w", lease.Veth, err)
	}
	// No IPv6 on eth0: router solicitations and duplicate address detection
	// cost time and lead nowhere on this bridge. ::1 stays.
	writeSysctl("net/ipv6/conf/eth0/disable_ipv6", "1")
	return address(h, lease, info)
}

func address(h *netlink.Handle, lease Lease, info Info) error {
	eth, err := h.LinkByName("eth0")
	if err != nil {
		return fmt.Errorf("find eth0: %w", err)
	}
	own := &netlink.Addr{IPNet: &net.IPNet{IP: lease.IP.AsSlice(), Mask: net.CIDRMask(info.CIDR.Bits(), 32)}}
	if err := h.AddrAdd(eth, own); err != nil {
		return fmt.Errorf("add address %s: %w", lease.IP, err)
	}
	if err := h.LinkSetUp(eth); err != nil {
		return fmt.Errorf("set eth0 up: %w", err)
	}
	route := &netlink.Route{LinkIndex: eth.Attrs().Index, Gw: lease.Gateway.AsSlice()}
	if err := h.RouteAdd(route); err != nil {
		return fmt.Errorf("add default route: %w", err)
	}
	return nil
}

// attach puts the machine's end of a pair on the bridge and sets it up.
func attach(veth string, bridge int) error {
	link, err := netlink.LinkByName(veth)
	if err != nil {
		return fmt.Errorf("find %s: %w", veth, err)
	}
	writeSysctl("net/ipv6/conf/"+veth+"/disable_ipv6", "1")
	if err := netlink.LinkSetMasterByIndex(link, bridge); err != nil {
		return fmt.Errorf("put %s on the bridge: %w", veth, err)
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("set %s up: %w", veth, err)
	}
	return nil
}

// delLinkIn removes a link in another namespace than the thread's.
func delLinkIn(ns *os.File, name string) error {
	h, err := handleAt(ns)
	if err != nil {
		return err
	}
	defer h.Close()
	link, err := h.LinkByName(name)
	if isLinkNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return h.LinkDel(link)
}

// dropNetns lets go of a namespace. The kernel takes it down, with its end of
// the pair, once no process is left inside. Unlinking also detaches copies of
// the mount in other mount namespaces, which umount alone would leave behind.
func dropNetns(path string) error {
	for unix.Unmount(path, unix.MNT_DETACH) == nil {
		// until nothing is mounted there: a crash may have stacked two
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// handleAt opens a netlink socket inside a namespace.
func handleAt(ns *os.File) (*netlink.Handle, error) {
	return netlink.NewHandleAt(netns.NsHandle(ns.Fd()), unix.NETLINK_ROUTE)
}
