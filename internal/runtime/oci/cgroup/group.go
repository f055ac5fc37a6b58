//go:build linux

package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Group is a path relative to the root of each hierarchy, with a leading slash.
type Group string

// Child is the group one level below.
func (g Group) Child(name string) Group { return Group(string(g) + "/" + name) }

// Container is the group of container i in a task of n. The only container of
// a task has the task's: on cgroup v1 each level costs a directory in each of
// ten hierarchies, milliseconds at every start.
func (g Group) Container(i, n int) Group {
	if n == 1 {
		return g
	}
	return g.Child("c" + strconv.Itoa(i))
}

// dir is the directory of a controller's files for the group.
func (g Group) dir(controller string) string {
	h := mounted()
	if h.unified != "" {
		return h.unified + string(g)
	}
	if p, ok := h.byName[controller]; ok {
		return p + string(g)
	}
	return ""
}

// Limits of a task, shared by its containers; 0 = none.
type Limits struct {
	MemoryBytes int64
	CPUUnits    int64 // 1024 = one core
}

// SetMemory makes the group and limits its memory. It must come before the
// containers', because a limit cannot go below what is in use.
func (g Group) SetMemory(l Limits) error {
	if l.MemoryBytes <= 0 {
		return nil
	}
	if Unified() {
		if err := g.makeUnified(); err != nil {
			return err
		}
		write(g.dir("memory"), "memory.swap.max", "0")
		return write(g.dir("memory"), "memory.max", strconv.FormatInt(l.MemoryBytes, 10))
	}
	dir := g.dir("memory")
	if dir == "" {
		return errors.New("the kernel has no memory control group")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	write(dir, "memory.use_hierarchy", "1") // the only mode since Linux 5.11
	n := strconv.FormatInt(l.MemoryBytes, 10)
	if err := write(dir, "memory.limit_in_bytes", n); err != nil {
		return err
	}
	write(dir, "memory.memsw.limit_in_bytes", n) // absent without swap accounting
	return nil
}

// SetCPU limits the group's CPU time. It comes after the containers' start, so
// that a small quota does not slow down the OCI runtime's own work.
func (g Group) SetCPU(l Limits) error {
	if l.CPUUnits <= 0 {
		return nil
	}
	const period = 100_000
	quota := max(l.CPUUnits*period/1024, 1000)
	dir := g.dir("cpu")
	if Unified() {
		return write(dir, "cpu.max", fmt.Sprintf("%d %d", quota, period))
	}
	if err := write(dir, "cpu.cfs_period_us", strconv.Itoa(period)); err != nil {
		return err
	}
	return write(dir, "cpu.cfs_quota_us", strconv.FormatInt(quota, 10))
}

// makeUnified makes the group with its controllers switched on all the way
// down; a controller that the machine withholds is left out.
func (g Group) makeUnified() error {
	path := mounted().unified
	for _, part := range strings.Split(strings.Trim(string(g), "/"), "/") {
		for _, c := range []string{"+cpu", "+memory", "+pids", "+io", "+cpuset"} {
			write(path, "cgroup.subtree_control", c)
		}
		path = filepath.Join(path, part)
		if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// OOMKills counts the processes of the group that the kernel killed for want
// of memory.
func (g Group) OOMKills() int {
	file := "memory.oom_control"
	if Unified() {
		file = "memory.events"
	}
	data, _ := os.ReadFile(filepath.Join(g.dir("memory"), file))
	for line := range strings.Lines(string(data)) {
		if n, ok := strings.CutPrefix(line, "oom_kill "); ok {
			count, _ := strconv.Atoi(strings.TrimSpace(n))
			return count
		}
	}
	return 0
}

// pids lists every process of the group and the groups below.
func (g Group) pids() map[int]bool {
	out := map[int]bool{}
	for _, root := range mounted().all {
		filepath.WalkDir(root+string(g), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return nil
			}
			data, _ := os.ReadFile(filepath.Join(path, "cgroup.procs"))
			for _, f := range strings.Fields(string(data)) {
				if pid, err := strconv.Atoi(f); err == nil && pid > 1 {
					out[pid] = true
				}
			}
			return nil
		})
	}
	return out
}

// Kill sends SIGKILL to every process below the group until none is left.
func (g Group) Kill(patience time.Duration) error {
	if g == "" || g == "/" {
		return errors.New("refusing to kill the root control group")
	}
	deadline := time.Now().Add(patience)
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		pids := g.pids()
		if len(pids) == 0 {
			return nil
		}
		for pid := range pids {
			unix.Kill(pid, unix.SIGKILL)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d processes of control group %s survive SIGKILL", len(pids), g)
		}
		time.Sleep(wait)
	}
}

// Remove deletes the group and those below from every hierarchy. The kernel
// lets go of a group a moment after its last process, hence the patience.
func (g Group) Remove(patience time.Duration) error {
	if g == "" || g == "/" {
		return errors.New("refusing to remove the root control group")
	}
	deadline := time.Now().Add(patience)
	for _, root := range mounted().all {
		for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
			err := removeTree(root + string(g))
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("remove control group: %w", err)
			}
			time.Sleep(wait)
		}
	}
	return nil
}

func removeTree(dir string) error {
	err := unix.Rmdir(dir)
	if err == nil || errors.Is(err, unix.ENOENT) {
		return nil
	}
	entries, rerr := os.ReadDir(dir)
	if rerr != nil {
		return rerr
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := unix.Rmdir(dir); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

func write(dir, file, value string) error {
	return os.WriteFile(filepath.Join(dir, file), []byte(value), 0)
}
