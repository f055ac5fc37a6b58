package network

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ensureBridge makes the bridge with its addresses, or mends what is there.
// The fixed MAC address matters: a bridge without one takes the lowest address
// of its ports, changes it as tasks come and go, and leaves stale neighbour
// entries that delay a connection by a second.
func ensureBridge(info Info) (netlink.Link, error) {
	mac, err := net.ParseMAC(info.MAC)
	if err != nil {
		return nil, err
	}
	link, err := netlink.LinkByName(info.Bridge)
	if isLinkNotFound(err) {
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.HardwareAddr = info.Bridge, mac
		err = netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs})
		if err != nil && !errors.Is(err, unix.EEXIST) {
			return nil, fmt.Errorf("create bridge %s: %w", info.Bridge, err)
		}
		link, err = netlink.LinkByName(info.Bridge)
	}
	if err != nil {
		return nil, fmt.Errorf("find bridge %s: %w", info.Bridge, err)
	}
	if link.Attrs().HardwareAddr.String() != mac.String() {
		if err := netlink.LinkSetHardwareAddr(link, mac); err != nil {
			return nil, fmt.Errorf("set address of bridge: %w", err)
		}
	}
	writeSysctl("net/ipv6/conf/"+info.Bridge+"/disable_ipv6", "1")
	writeSysctl("net/ipv4/conf/"+info.Bridge+"/send_redirects", "0")
	want := []netip.Prefix{
		netip.PrefixFrom(info.Gateway, info.CIDR.Bits()),
		netip.PrefixFrom(MetadataIP, 32),
	}
	for _, s := range info.Subnets[1:] {
		want = append(want, netip.PrefixFrom(gatewayOf(s), 32))
	}
	for _, p := range want {
		if err := ensureAddr(link, p); err != nil {
			return nil, err
		}
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return nil, fmt.Errorf("set bridge up: %w", err)
	}
	return link, nil
}

func ensureAddr(link netlink.Link, p netip.Prefix) error {
	err := netlink.AddrReplace(link, addrOf(p))
	if err != nil {
		return fmt.Errorf("add address %s to %s: %w", p, link.Attrs().Name, err)
	}
	return nil
}

func addrOf(p netip.Prefix) *netlink.Addr {
	a := &netlink.Addr{IPNet: ipNet(p)}
	if p.Addr() == MetadataIP {
		a.Scope = unix.RT_SCOPE_LINK // never a source address for other traffic
	}
	return a
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: net.IP(p.Addr().AsSlice()), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// macOf derives a MAC address from an IP address: whoever gets the address
// again also gets its MAC, so no ARP cache goes stale.
func macOf(a netip.Addr) net.HardwareAddr {
	b := a.As4()
	return net.HardwareAddr{0x0a, 0x67, b[0], b[1], b[2], b[3]}
}

func bridgeMAC(cidr netip.Prefix) net.HardwareAddr {
	m := macOf(cidr.Addr())
	m[0] = 0x02
	return m
}

// vethPrefix and vethName name the machine's end of a task's veth pair.
func vethPrefix(hash string) string { return "gr" + hash + "." }

func vethName(hash string, a netip.Addr) string {
	b := a.As4()
	return fmt.Sprintf("%s%04x", vethPrefix(hash), binary.BigEndian.Uint16(b[2:]))
}

// delLink removes a link by name; a missing one is no error.
func delLink(name string) error {
	link, err := netlink.LinkByName(name)
	if isLinkNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := netlink.LinkDel(link); err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("delete link %s: %w", name, err)
	}
	return nil
}

func isLinkNotFound(err error) bool {
	var nf netlink.LinkNotFoundError
	return errors.As(err, &nf) || errors.Is(err, syscall.ENODEV)
}

// taken lists what the machine routes or owns, in every routing table: by
// others, and by bridges of other grues. The bridge named own is left out.
func taken(own string) (foreign, grues []netip.Prefix, err error) {
	links, err := dump(netlink.LinkList)
	if err != nil {
		return nil, nil, fmt.Errorf("list links: %w", err)
	}
	isGrue := map[int]bool{}
	for _, l := range links {
		isGrue[l.Attrs().Index] = l.Type() == "bridge" && strings.HasPrefix(l.Attrs().Name, "grue-")
		if l.Attrs().Name == own {
			delete(isGrue, l.Attrs().Index)
			isGrue[-l.Attrs().Index] = true // remembered as "skip"
		}
	}
	note := func(index int, n *net.IPNet) {
		p, ok := prefixOf(n)
		switch {
		case !ok || isGrue[-index] || p.Addr() == MetadataIP:
		case isGrue[index]:
			grues = append(grues, p)
		default:
			foreign = append(foreign, p)
		}
	}
	routes, err := dump(func() ([]netlink.Route, error) {
		return netlink.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Table: unix.RT_TABLE_UNSPEC}, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("list routes: %w", err)
	}
	for _, r := range routes {
		note(r.LinkIndex, r.Dst)
	}
	all, err := dump(addrs(nil))
	if err != nil {
		return nil, nil, fmt.Errorf("list addresses: %w", err)
	}
	for _, a := range all {
		note(a.LinkIndex, a.IPNet)
	}
	return foreign, grues, nil
}

func prefixOf(n *net.IPNet) (netip.Prefix, bool) {
	if n == nil {
		return netip.Prefix{}, false
	}
	a, ok := netip.AddrFromSlice(n.IP)
	if !ok {
		return netip.Prefix{}, false
	}
	ones, _ := n.Mask.Size()
	a = a.Unmap()
	if !a.Is4() {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, ones).Masked(), true
}

// writeSysctl sets a kernel parameter as far as the kernel lets us.
func writeSysctl(name, value string) error {
	return os.WriteFile("/proc/sys/"+name, []byte(value), 0)
}

func addr32(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, 32) }

func bridgeExists(name string) bool {
	_, err := netlink.LinkByName(name)
	return err == nil
}

// dump reads a list from the kernel, again if it changed meanwhile; on a busy
// machine the last answer has to do.
func dump[T any](list func() ([]T, error)) ([]T, error) {
	for range 20 {
		if out, err := list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			return out, err
		}
	}
	out, err := list()
	if errors.Is(err, netlink.ErrDumpInterrupted) {
		err = nil
	}
	return out, err
}

func addrs(link netlink.Link) func() ([]netlink.Addr, error) {
	return func() ([]netlink.Addr, error) { return netlink.AddrList(link, netlink.FAMILY_V4) }
}
