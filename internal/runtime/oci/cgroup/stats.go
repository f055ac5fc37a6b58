//go:build linux

package cgroup

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Stats reads what the group uses now.
func (g Group) Stats() (runtime.Stats, error) {
	s := runtime.Stats{At: time.Now()}
	if _, err := os.Stat(g.dir("memory")); err != nil {
		return s, err
	}
	if Unified() {
		dir := g.dir("")
		s.CPU = time.Duration(key(dir, "cpu.stat", "usage_usec")) * time.Microsecond
		s.MemoryBytes = less(number(dir, "memory.current"), key(dir, "memory.stat", "inactive_file"))
		s.MemoryLimit = number(dir, "memory.max")
		s.PIDs = number(dir, "pids.current")
		return s, nil
	}
	mem := g.dir("memory")
	s.CPU = time.Duration(number(g.dir("cpuacct"), "cpuacct.usage"))
	// As Docker counts: the page cache that can be dropped at will is not use.
	s.MemoryBytes = less(number(mem, "memory.usage_in_bytes"), key(mem, "memory.stat", "total_inactive_file"))
	if l := number(mem, "memory.limit_in_bytes"); l < 1<<62 {
		s.MemoryLimit = l
	}
	s.PIDs = number(g.dir("pids"), "pids.current")
	return s, nil
}

func less(a, b uint64) uint64 {
	if b > a {
		return 0
	}
	return a - b
}

// number reads a file with one number; "max" and missing files are 0.
func number(dir, file string) uint64 {
	data, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseUint(strings.TrimSpace(string(data)), 10, 64)
	return n
}

// key reads one line of a file of "name number" lines.
func key(dir, file, name string) uint64 {
	data, _ := os.ReadFile(filepath.Join(dir, file))
	for line := range strings.Lines(string(data)) {
		if v, ok := strings.CutPrefix(line, name+" "); ok {
			n, _ := strconv.ParseUint(strings.TrimSpace(v), 10, 64)
			return n
		}
	}
	return 0
}
