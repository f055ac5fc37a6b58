package network

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// filter keeps the packet filter in order: tasks may talk to each other, to
// their load balancers and metadata endpoint, and to the world by NAT.
//
// With iptables our rules stand in chains of their own, reached by one jump
// from each built-in chain. Docker sets FORWARD to DROP and another firewall
// may do so with INPUT; only an accept in the same table helps against that,
// which is why iptables is preferred to a table of our own in nft.
type filter struct {
	bridge, hash string
	info         Info
}

var errNoFilter = errors.New("neither iptables nor nft is installed: tasks have no way to the internet; install iptables")

// hook is one built-in chain and the rules we need in it.
type hook struct {
	table, chain string
	rules        []string
	own          string // names our chain where there are two for a built-in one
}

func (f filter) hooks() []hook {
	cidr := f.info.CIDR.String()
	return []hook{
		{table: "filter", chain: "FORWARD", rules: []string{
			fmt.Sprintf("-i %s -j ACCEPT", f.bridge),
			fmt.Sprintf("-o %s -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", f.bridge),
		}},
		{table: "filter", chain: "INPUT", rules: []string{
			fmt.Sprintf("-i %s -d %s -j ACCEPT", f.bridge, cidr),
			fmt.Sprintf("-i %s -d %s/32 -j ACCEPT", f.bridge, MetadataIP),
		}},
		{table: "nat", chain: "POSTROUTING", rules: []string{
			fmt.Sprintf("-s %s ! -o %s -j MASQUERADE", cidr, f.bridge),
		}},
	}
}

// name of our chain for a built-in one; 28 characters is the limit.
func (f filter) name(h hook) string {
	if h.own != "" {
		return "GRUE-" + f.hash + "-" + h.own
	}
	return "GRUE-" + f.hash + "-" + h.chain
}

// apply makes the rules; repeating it changes nothing.
func (f filter) apply() error {
	if err := writeSysctl("net/ipv4/ip_forward", "1"); err != nil {
		return fmt.Errorf("switch on IP forwarding: %w", err)
	}
	switch {
	case have("iptables") && have("iptables-restore"):
		return f.applyIptables(f.hooks())
	case have("nft"):
		return run("nft", f.nftTable(), "-f", "-")
	}
	return errNoFilter
}

func (f filter) applyIptables(hooks []hook) error {
	var script bytes.Buffer
	for _, table := range tablesOf(hooks) {
		rules, err := exec.Command("iptables", "-w", "-t", table, "-S").Output()
		if err != nil {
			return fmt.Errorf("read packet filter: %w", explain(err))
		}
		fmt.Fprintf(&script, "*%s\n", table)
		for _, h := range hooks {
			if h.table != table {
				continue
			}
			fmt.Fprintf(&script, ":%s - [0:0]\n", f.name(h)) // creates or empties it
			for _, r := range h.rules {
				fmt.Fprintf(&script, "-A %s %s\n", f.name(h), r)
			}
			if !strings.Contains(string(rules), "-A "+h.chain+" -j "+f.name(h)+"\n") {
				fmt.Fprintf(&script, "-I %s 1 -j %s\n", h.chain, f.name(h))
			}
		}
		script.WriteString("COMMIT\n")
	}
	return run("iptables-restore", script.String(), "-w", "--noflush")
}

func (f filter) nftTable() string {
	cidr := f.info.CIDR.String()
	table := "grue_" + f.hash
	return fmt.Sprintf(`table ip %[1]s
delete table ip %[1]s
table ip %[1]s {
	chain forward { type filter hook forward priority -5; iifname "%[2]s" accept; oifname "%[2]s" accept; }
	chain nat { type nat hook postrouting priority 100; ip saddr %[3]s oifname != "%[2]s" masquerade; }
}
`, table, f.bridge, cidr)
}

// remove takes every rule back; what is not there is no error.
func (f filter) remove() error {
	if have("iptables") && have("iptables-restore") {
		return f.removeIptables(f.hooks())
	}
	if have("nft") {
		table := "grue_" + f.hash
		return run("nft", fmt.Sprintf("table ip %[1]s\ndelete table ip %[1]s\n", table), "-f", "-")
	}
	return nil
}

func (f filter) removeIptables(hooks []hook) error {
	var script bytes.Buffer
	for _, table := range tablesOf(hooks) {
		rules, err := exec.Command("iptables", "-w", "-t", table, "-S").Output()
		if err != nil {
			return fmt.Errorf("read packet filter: %w", explain(err))
		}
		fmt.Fprintf(&script, "*%s\n", table)
		for _, h := range hooks {
			if h.table != table {
				continue
			}
			jump := "-A " + h.chain + " -j " + f.name(h) + "\n"
			for range strings.Count(string(rules), jump) {
				fmt.Fprintf(&script, "-D %s -j %s\n", h.chain, f.name(h))
			}
			if strings.Contains(string(rules), "-N "+f.name(h)+"\n") {
				fmt.Fprintf(&script, "-F %[1]s\n-X %[1]s\n", f.name(h))
			}
		}
		script.WriteString("COMMIT\n")
	}
	return run("iptables-restore", script.String(), "-w", "--noflush")
}

// tablesOf lists the tables of hooks, each once.
func tablesOf(hooks []hook) (tables []string) {
	for _, h := range hooks {
		if !slices.Contains(tables, h.table) {
			tables = append(tables, h.table)
		}
	}
	return tables
}

func have(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

func run(program, stdin string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, bytes.TrimSpace(out))
	}
	return nil
}

func explain(err error) error {
	var ee *exec.ExitError
	if errors.As(err, &ee) {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(ee.Stderr))
	}
	return err
}
