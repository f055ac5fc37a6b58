package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A load balancer that preserves its clients' addresses connects to a task from
// an address that is not of this machine (IP_TRANSPARENT). What the task answers
// comes back over the bridge, and must reach that socket instead of going on to
// the client: packets for which there is such a socket get a mark, and the mark
// leads them to a routing table in which every address is local.
const (
	returnMark  = 0x67e0000
	returnMask  = 0xfff0000
	returnTable = 26592
	returnOrder = 26592 // priority of the rule
)

func (f filter) returnHooks() []hook {
	mark := fmt.Sprintf("0x%x/0x%x", returnMark, returnMask)
	return []hook{
		{table: "mangle", chain: "PREROUTING", rules: []string{
			fmt.Sprintf("-i %s -m socket --transparent -j MARK --set-xmark %s", f.bridge, mark),
		}},
		{table: "filter", chain: "INPUT", own: "RETURN", rules: []string{
			fmt.Sprintf("-i %s -m mark --mark %s -j ACCEPT", f.bridge, mark),
		}},
	}
}

// applyReturn makes the way back; repeating it changes nothing.
func (f filter) applyReturn() error {
	switch {
	case have("iptables") && have("iptables-restore"):
		if err := f.applyIptables(f.returnHooks()); err != nil {
			return err
		}
	case have("nft"):
		if err := run("nft", f.returnNft(), "-f", "-"); err != nil {
			return err
		}
	default:
		return errNoFilter
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find loopback: %w", err)
	}
	all := &net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}
	err = netlink.RouteReplace(&netlink.Route{
		LinkIndex: lo.Attrs().Index, Dst: all, Type: unix.RTN_LOCAL, Scope: netlink.SCOPE_HOST, Table: returnTable,
	})
	if err != nil {
		return fmt.Errorf("route to transparent sockets: %w", err)
	}
	if err := netlink.RuleAdd(f.returnRule()); err != nil && !errors.Is(err, unix.EEXIST) {
		return fmt.Errorf("rule for transparent sockets: %w", err)
	}
	return nil
}

func (f filter) returnNft() string {
	return fmt.Sprintf(`table ip grue_%[1]s_return
delete table ip grue_%[1]s_return
table ip grue_%[1]s_return {
	chain mark { type filter hook prerouting priority -150; iifname "%[2]s" socket transparent 1 meta mark set meta mark and 0x%[3]x or 0x%[4]x; }
}
`, f.hash, f.bridge, ^uint32(returnMask), returnMark)
}

func (f filter) returnRule() *netlink.Rule {
	mask := uint32(returnMask)
	r := netlink.NewRule()
	r.Family, r.IifName, r.Mark, r.Mask = unix.AF_INET, f.bridge, returnMark, &mask
	r.Table, r.Priority = returnTable, returnOrder
	return r
}

// removeReturn takes it back; what is not there is no error. The routing table
// stays, for other data directories: without rules nothing leads there.
func (f filter) removeReturn() error {
	err := netlink.RuleDel(f.returnRule())
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EAFNOSUPPORT) {
		err = nil
	}
	switch {
	case have("iptables") && have("iptables-restore"):
		return errors.Join(err, f.removeIptables(f.returnHooks()))
	case have("nft"):
		table := "grue_" + f.hash + "_return"
		return errors.Join(err, run("nft", fmt.Sprintf("table ip %[1]s\ndelete table ip %[1]s\n", table), "-f", "-"))
	}
	return err
}

// ReturnPaths lists the networks of this machine whose answers to any address
// reach a transparent socket. Members of such a network answer each other without
// this machine.
func ReturnPaths() (paths []netip.Prefix) {
	rules, err := dump(func() ([]netlink.Rule, error) { return netlink.RuleList(unix.AF_INET) })
	if err != nil {
		return nil
	}
	for _, r := range rules {
		if r.Table != returnTable || r.IifName == "" {
			continue
		}
		link, err := netlink.LinkByName(r.IifName)
		if err != nil {
			continue
		}
		addrs, err := netlink.AddrList(link, unix.AF_INET)
		if err != nil {
			continue
		}
		for _, a := range addrs {
			ip, ok := netip.AddrFromSlice(a.IP.To4())
			bits, _ := a.Mask.Size()
			if ok && bits < 32 {
				paths = append(paths, netip.PrefixFrom(ip, bits).Masked())
			}
		}
	}
	return paths
}
