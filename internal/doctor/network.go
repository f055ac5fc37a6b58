package doctor

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/grue-ecs/grue/internal/network"
)

// packetFilter: tasks reach the world by NAT, and each other past other firewalls.
func packetFilter(ctx context.Context, o *Options) []Finding {
	m := o.Machine
	if m.OS != "linux" || !o.oci() {
		return ok("Docker does it.")
	}
	rules, err := m.Command(ctx, "iptables", "-w", "-S", "FORWARD")
	if errors.Is(err, exec.ErrNotFound) || !m.has(ctx, "iptables-restore") {
		if m.has(ctx, "nft") {
			return warn("Install iptables.", "Only nft is there: tasks reach the internet, unless another firewall drops what it forwards.")
		}
		return fail("Install it: 'apt install iptables'.", "Neither iptables nor nft is there: tasks have no way to the internet.")
	}
	if err != nil {
		return fail("Run grue as root, and let the kernel load ip_tables ('modprobe ip_tables').", "iptables does not work: %s.", firstLine(rules))
	}
	if !strings.Contains(rules, "-P FORWARD DROP") {
		return ok("iptables works, and packets between tasks may pass.")
	}
	bridge := o.bridge()
	if o.URL != "" && bridge != "" && !strings.Contains(rules, "-j GRUE-") {
		return fail("Restart grue: it makes its rules anew.", "FORWARD drops packets, as with Docker, and the rules of grue are gone.")
	}
	return ok("iptables works; FORWARD drops packets, as with Docker, but for those of grue's bridge.")
}

// bridge is the one that the data directory has; "" = none yet.
func (o *Options) bridge() string {
	var doc struct{ Bridge string }
	_ = json.Unmarshal([]byte(o.Machine.text(filepath.Join(o.Data, "network", "network.json"))), &doc) // no file, no bridge
	return doc.Bridge
}

// forwarding: the kernel passes packets between bridge and world.
func forwarding(_ context.Context, o *Options) []Finding {
	m := o.Machine
	if m.OS != "linux" || !o.oci() {
		return ok("Docker does it.")
	}
	switch n, known := m.number("/proc/sys/net/ipv4/ip_forward"); {
	case !known:
		return warn("Mount /proc.", "Whether the kernel forwards packets cannot be read.")
	case n == 1:
		return ok("The kernel forwards packets.")
	case o.URL != "":
		return fail("Switch it on: 'sysctl -w net.ipv4.ip_forward=1', and find out what switched it off.", "Something switched IP forwarding off: tasks do not reach the internet.")
	}
	return ok("The kernel does not forward packets yet; grue switches it on.")
}

// conntrack: a full table drops connections of everybody.
func conntrack(_ context.Context, o *Options) []Finding {
	m := o.Machine
	used, ok1 := m.number("/proc/sys/net/netfilter/nf_conntrack_count")
	most, ok2 := m.number("/proc/sys/net/netfilter/nf_conntrack_max")
	switch {
	case !ok1 || !ok2 || most == 0:
		return ok("The kernel tracks no connections.")
	case used*100/most >= 80:
		return warn(fmt.Sprintf("Make it larger: 'sysctl -w net.netfilter.nf_conntrack_max=%d'.", most*4),
			"The table of tracked connections is %d%% full (%d of %d): when it is full, connections fail.", used*100/most, used, most)
	}
	return ok("The table of tracked connections has %d of %d.", used, most)
}

// ports: the API's own, and those that load balancers and resolver listen on,
// with addresses of their own: only who listens on all addresses is in their way.
func ports(_ context.Context, o *Options) []Finding {
	m := o.Machine
	var out []Finding
	if o.URL == "" {
		out = append(out, o.apiPort()...)
	}
	var taken []string
	for _, port := range []int{80, 443, 53} {
		if port == 53 && !o.oci() || !m.wildcard(port) {
			continue
		}
		who := m.Owner(net.JoinHostPort("0.0.0.0", strconv.Itoa(port)))
		if who == "" {
			who = "a process"
		}
		taken = append(taken, fmt.Sprintf("%d (%s)", port, who))
	}
	if len(taken) > 0 {
		return append(out, warn("Let it listen on one address only, such as 127.0.0.1, or give load balancers other ports.",
			"On all addresses something listens at port %s: load balancers cannot have these ports.", strings.Join(taken, ", "))...)
	}
	return append(out, ok("Nothing is in the way of load balancers at ports 80 and 443.")...)
}

func (o *Options) apiPort() []Finding {
	err := o.Machine.Listen(o.Listen)
	if err == nil {
		return ok("%s is free for the API.", o.Listen)
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		who := o.Machine.Owner(o.Listen)
		if who == "" {
			who = "another process"
		}
		if strings.HasPrefix(who, `"grue" `) {
			return warn("Say --data DIR to ask about that one; a second one needs an address of its own with --listen HOST:PORT.",
				"On %s a grue of another data directory serves: %s.", o.Listen, who)
		}
		return fail("Stop it, or choose another address with --listen HOST:PORT.", "%s, the address of the API, is in use by %s.", o.Listen, who)
	}
	return fail("Choose another address with --listen HOST:PORT.", "The API cannot listen on %s: %v.", o.Listen, err)
}

// wildcard tells whether something listens on a port of all addresses.
func (m *Machine) wildcard(port int) bool {
	const stateListen = "0A"
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		for lines := bufio.NewScanner(strings.NewReader(m.text(table))); lines.Scan(); {
			col := strings.Fields(lines.Text())
			if len(col) < 4 || col[3] != stateListen {
				continue
			}
			address, hex, _ := strings.Cut(col[1], ":")
			n, err := strconv.ParseUint(hex, 16, 16)
			if err == nil && int(n) == port && strings.Trim(address, "0") == "" {
				return true
			}
		}
	}
	return false
}

// room is a free range of the size that grue takes; invalid = there is none.
func room(pool netip.Prefix, routes []Route) netip.Prefix {
	const bits = 18
	for at := pool.Addr(); pool.Contains(at); {
		p := netip.PrefixFrom(at, bits)
		if !slices.ContainsFunc(routes, func(r Route) bool { return r.To.Overlaps(p) }) {
			return p
		}
		b := at.As4()
		n := binary.BigEndian.Uint32(b[:]) + 1<<(32-bits)
		binary.BigEndian.PutUint32(b[:], n)
		at = netip.AddrFrom4(b)
	}
	return netip.Prefix{}
}

// addresses: the range of the tasks must be nobody else's.
func addresses(_ context.Context, o *Options) []Finding {
	m := o.Machine
	if m.OS != "linux" || !o.oci() {
		return ok("Docker chooses them.")
	}
	routes, err := m.Routes()
	if err != nil {
		return warn("Say 'ip route' in a bug report.", "The routes of this machine cannot be read: %v.", err)
	}
	var doc struct {
		Bridge string       `json:"bridge"`
		CIDR   netip.Prefix `json:"cidr"`
	}
	_ = json.Unmarshal([]byte(m.text(filepath.Join(o.Data, "network", "network.json"))), &doc) // no file: not chosen yet
	if doc.CIDR.IsValid() {
		for _, r := range routes {
			if r.Device != doc.Bridge && r.To.Overlaps(doc.CIDR) {
				return warn("Restart grue: it chooses another range; tasks begin anew. Or remove the other route.",
					"The tasks' addresses %s overlap with %s behind %s.", doc.CIDR, r.To, r.Device)
			}
		}
		return ok("The tasks' addresses %s are nobody else's.", doc.CIDR)
	}
	for _, pool := range network.DefaultPool() {
		if free := room(pool, routes); free.IsValid() {
			return ok("There is room for the tasks' addresses, such as %s.", free)
		}
	}
	return fail("Remove a route to one of them.", "This machine has routes into every range that grue looks for the tasks' addresses in: %v.", network.DefaultPool())
}
