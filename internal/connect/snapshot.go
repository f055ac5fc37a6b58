package connect

import (
	"strings"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Snapshot lists what tasks of a namespace can call now. Each endpoint has the
// name of its alias and "<discoveryName>.<namespace>"; an alias goes before.
func Snapshot(tx *store.Tx, namespace string) []state.ConnectName {
	var out []state.ConnectName
	taken := map[string]string{} // name → VIP
	for _, e := range Endpoints(tx, namespace) {
		taken[strings.ToLower(e.DNSName)] = e.VIP
	}
	for _, e := range Endpoints(tx, namespace) {
		n := state.ConnectName{Endpoint: e.Key(), Names: []string{e.DNSName}, VIP: e.VIP, Port: e.Port}
		full := e.Discovery + "." + e.NamespaceName
		if _, ok := taken[strings.ToLower(full)]; !ok {
			taken[strings.ToLower(full)] = e.VIP
			n.Names = append(n.Names, full)
		}
		out = append(out, n)
	}
	return out
}

// Hosts are the lines of /etc/hosts for what a task knows, as "name:address".
func Hosts(c *state.Connect) []string {
	if c == nil {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	for _, k := range c.Known {
		for _, name := range k.Names {
			if line := name + ":" + k.VIP; !seen[line] {
				seen[line] = true
				out = append(out, line)
			}
		}
	}
	return out
}
