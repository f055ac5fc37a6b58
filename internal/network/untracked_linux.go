package network

import "fmt"

// Connections between load balancers and tasks are not followed by the kernel's
// connection tracking: it keeps each for two minutes after its end, and when its
// table is full (262,144 entries on common machines) it drops new ones, silently.
// A load of 2,200 short connections a second would be enough. Nothing inside the
// network needs it: no address is translated there, and tasks accept each other
// without asking for a state.

func (f filter) untrackedHooks() []hook {
	inside := fmt.Sprintf("-s %[1]s -d %[1]s -j CT --notrack", f.info.CIDR)
	return []hook{
		{table: "raw", chain: "PREROUTING", rules: []string{inside}},
		{table: "raw", chain: "OUTPUT", rules: []string{inside}, own: "RAWOUT"},
	}
}

// applyUntracked makes the rules; repeating it changes nothing.
func (f filter) applyUntracked() error {
	switch {
	case have("iptables") && have("iptables-restore"):
		return f.applyIptables(f.untrackedHooks())
	case have("nft"):
		return run("nft", f.untrackedNft(), "-f", "-")
	}
	return errNoFilter
}

func (f filter) untrackedNft() string {
	return fmt.Sprintf(`table ip grue_%[1]s_untracked
delete table ip grue_%[1]s_untracked
table ip grue_%[1]s_untracked {
	chain in { type filter hook prerouting priority -300; ip saddr %[2]s ip daddr %[2]s notrack; }
	chain out { type filter hook output priority -300; ip saddr %[2]s ip daddr %[2]s notrack; }
}
`, f.hash, f.info.CIDR)
}

// removeUntracked takes them back; what is not there is no error.
func (f filter) removeUntracked() error {
	switch {
	case have("iptables") && have("iptables-restore"):
		return f.removeIptables(f.untrackedHooks())
	case have("nft"):
		return run("nft", fmt.Sprintf("table ip grue_%[1]s_untracked\ndelete table ip grue_%[1]s_untracked\n", f.hash), "-f", "-")
	}
	return nil
}
