//go:build linux

package cgroup

import (
	"bufio"
	"os"
	"strings"
	"sync"
)

// hierarchies are the mounted control group trees of the machine.
type hierarchies struct {
	unified string            // cgroup2 mount point that has the controllers; "" on v1
	byName  map[string]string // v1: controller → mount point
	all     []string          // every mount point, v1, v2 and named
}

var mounted = sync.OnceValue(func() hierarchies {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return hierarchies{}
	}
	defer f.Close()
	h := hierarchies{byName: map[string]string{}}
	v2 := ""
	for s := bufio.NewScanner(f); s.Scan(); {
		left, right, ok := strings.Cut(s.Text(), " - ")
		fields, tail := strings.Fields(left), strings.Fields(right)
		if !ok || len(fields) < 5 || len(tail) < 3 {
			continue
		}
		point := fields[4]
		switch tail[0] {
		case "cgroup":
			h.all = append(h.all, point)
			for _, o := range strings.Split(tail[2], ",") {
				h.byName[o] = point
			}
		case "cgroup2":
			h.all = append(h.all, point)
			v2 = point
		}
	}
	if _, hybrid := h.byName["memory"]; !hybrid {
		h.unified = v2
	}
	return h
})

// Unified tells whether the controllers are on cgroup v2.
func Unified() bool { return mounted().unified != "" }
