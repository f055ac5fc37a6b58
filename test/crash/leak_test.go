package crash

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"

	"github.com/grue-ecs/grue/test/harness"
)

// guests counts the processes of tasks, by task.
func guests(g *harness.Grue) map[string]int {
	sum := sha256.Sum256([]byte(filepath.Join(g.Data, "oci")))
	parent := "/grue-" + hex.EncodeToString(sum[:3]) + "/"
	out := map[string]int{}
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range lines {
		if line, err := os.ReadFile(path); err != nil || string(line) != "/guest\x00" {
			continue
		}
		groups, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cgroup"))
		_, rest, ok := strings.Cut(string(groups), parent)
		if err != nil || !ok {
			continue
		}
		out[rest[:strings.IndexAny(rest+"\n", "/\n")]]++
	}
	return out
}

// held lists what the runtime's directories hold of tasks: their own, and the
// addresses that they lease.
func held(g *harness.Grue) (tasks, leases []string) {
	list := func(parts ...string) (names []string) {
		entries, _ := os.ReadDir(filepath.Join(append([]string{g.Data}, parts...)...))
		for _, e := range entries {
			names = append(names, strings.TrimSuffix(e.Name(), ".json"))
		}
		return names
	}
	return list("oci", "tasks"), list("network", "leases")
}
