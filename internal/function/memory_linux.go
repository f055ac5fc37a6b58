package function

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// memoryLimits makes a control group for each environment, below one that
// belongs to the data directory: version 2 of control groups, or version 1. The
// one above is there only while there are some below it.
type memoryLimits struct {
	mu  sync.Mutex
	dir string // "" where control groups cannot be made
	v2  bool
	log *slog.Logger
}

// newMemoryLimits also kills what an earlier server left behind.
func newMemoryLimits(data string, log *slog.Logger) *memoryLimits {
	m := &memoryLimits{log: log}
	h := fnv.New32a()
	h.Write([]byte(data))
	name := fmt.Sprintf("grue-function-%08x", h.Sum32())
	const root = "/sys/fs/cgroup"
	if controllers, err := os.ReadFile(root + "/cgroup.controllers"); err == nil {
		m.v2 = true
		if bytes.Contains(controllers, []byte("memory")) && enableMemory(root) == nil {
			m.dir = filepath.Join(root, name)
		}
	} else if _, err := os.Stat(root + "/memory/memory.limit_in_bytes"); err == nil {
		m.dir = filepath.Join(root, "memory", name)
	}
	if m.dir == "" {
		log.Info("MemorySize of functions is not enforced: no memory control group can be made")
		return m
	}
	m.clear()
	return m
}

func enableMemory(dir string) error {
	return os.WriteFile(dir+"/cgroup.subtree_control", []byte("+memory"), 0o644)
}

func (m *memoryLimits) clear() {
	dirs, _ := filepath.Glob(filepath.Join(m.dir, "env-*"))
	for _, dir := range dirs {
		l := &memoryLimit{dir: dir, of: m}
		l.kill()
		l.remove()
	}
	_ = os.Remove(m.dir) // there may be none
}

// mkdir makes a group and the one above it.
func (m *memoryLimits) mkdir(dir string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := os.MkdirAll(m.dir, 0o755); err != nil {
		return err
	}
	if m.v2 {
		if err := enableMemory(m.dir); err != nil {
			return err
		}
	}
	return os.Mkdir(dir, 0o755)
}

// rmdir removes a group and, after the last one, the one above.
func (m *memoryLimits) rmdir(dir string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err := os.Remove(dir)
	_ = os.Remove(m.dir) // fails while others are in it
	return err
}

// limit makes the group of an environment.
func (m *memoryLimits) limit(name string, megabytes int) *memoryLimit {
	if m.dir == "" {
		return &memoryLimit{}
	}
	l := &memoryLimit{dir: filepath.Join(m.dir, name), of: m}
	settings := [][2]string{{"memory.limit_in_bytes", strconv.Itoa(megabytes << 20)}}
	if m.v2 {
		settings = [][2]string{{"memory.max", strconv.Itoa(megabytes << 20)}, {"memory.swap.max", "0"}, {"memory.oom.group", "1"}}
	}
	err := m.mkdir(l.dir)
	for i, s := range settings {
		if err != nil {
			break
		}
		werr := os.WriteFile(filepath.Join(l.dir, s[0]), []byte(s[1]), 0o644)
		if i == 0 || !errors.Is(werr, os.ErrNotExist) { // a kernel without swap
			err = werr
		}
	}
	if err != nil {
		m.log.Warn("memory limit of a function not set", "err", err)
		l.remove()
		return &memoryLimit{}
	}
	return l
}

// memoryLimit is the control group of an environment; with no dir, none.
type memoryLimit struct {
	dir string
	of  *memoryLimits
}

// apply lets the kernel put the child into the group before it runs (version 2).
func (l *memoryLimit) apply(attr *syscall.SysProcAttr) (release func()) {
	if l.dir == "" || !l.of.v2 {
		return func() {}
	}
	d, err := os.Open(l.dir)
	if err != nil {
		return func() {}
	}
	attr.UseCgroupFD, attr.CgroupFD = true, int(d.Fd())
	return func() { d.Close() }
}

// join puts the child into the group just after its start (version 1).
func (l *memoryLimit) join(pid int) {
	if l.dir == "" || l.of.v2 {
		return
	}
	if err := os.WriteFile(filepath.Join(l.dir, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o644); err != nil && !errors.Is(err, syscall.ESRCH) {
		l.of.log.Warn("memory limit of a function not applied", "err", err)
	}
}

// kill reaches children that left the process group, too.
func (l *memoryLimit) kill() {
	if l.dir == "" {
		return
	}
	doc, _ := os.ReadFile(filepath.Join(l.dir, "cgroup.procs"))
	for _, text := range strings.Fields(string(doc)) {
		if pid, err := strconv.Atoi(text); err == nil && pid > 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// removeTime bounds the wait for killed processes to leave the group.
const removeTime = 2 * time.Second

func (l *memoryLimit) remove() {
	if l.dir == "" {
		return
	}
	end := time.Now().Add(removeTime)
	for {
		err := l.of.rmdir(l.dir)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		if !errors.Is(err, syscall.EBUSY) || time.Now().After(end) {
			l.of.log.Warn("control group of a function not removed", "dir", l.dir, "err", err)
			return
		}
		l.kill()
		<-time.After(time.Millisecond)
	}
}

func (h *host) memory() int {
	select {
	case <-h.done:
		if u, ok := h.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			return int(u.Maxrss >> 10)
		}
		return 0
	default:
	}
	doc, _ := os.ReadFile("/proc/" + strconv.Itoa(h.cmd.Process.Pid) + "/status")
	_, rest, _ := strings.Cut(string(doc), "VmHWM:")
	field, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kilobytes, _ := strconv.Atoi(field)
	return kilobytes >> 10
}
