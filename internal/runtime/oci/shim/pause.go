//go:build linux

package shim

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// sharedNamespaces are those that the containers of a task have in common
// (pidMode and ipcMode "task"). A pause process holds them, for containers come
// and go.
type sharedNamespaces struct {
	made          bool
	pause         int
	pid, ipc, shm string
}

// namespaces makes the shared namespaces, once.
func (c *containers) namespaces() (sharedNamespaces, error) {
	c.pauseMu.Lock()
	defer c.pauseMu.Unlock()
	spec := c.plan.Spec
	if c.shared.made || spec.PIDMode != "task" && spec.IPCMode != "task" {
		return c.shared, nil
	}
	var flags uintptr
	if spec.PIDMode == "task" {
		flags |= syscall.CLONE_NEWPID
	}
	if spec.IPCMode == "task" {
		flags |= syscall.CLONE_NEWIPC
	}
	var pid int
	err := c.mounter.do(func() (err error) { // a shim that dies takes the namespaces along
		pid, _, err = c.reaper.start([]string{c.plan.Self, "shim", "--pause"}, &syscall.ProcAttr{
			Dir: "/", Env: runtimeEnv(),
			Sys: &syscall.SysProcAttr{Cloneflags: flags, Setsid: true, Pdeathsig: syscall.SIGKILL},
		})
		return err
	})
	if err != nil {
		return c.shared, fmt.Errorf("start pause process: %w", err)
	}
	c.shared.made, c.shared.pause = true, pid
	if spec.PIDMode == "task" {
		c.shared.pid = fmt.Sprintf("/proc/%d/ns/pid", pid)
	}
	if spec.IPCMode == "task" {
		c.shared.ipc = fmt.Sprintf("/proc/%d/ns/ipc", pid)
		c.shared.shm = filepath.Join(c.dir, "shm")
		err = c.mounter.do(func() error { return mountShm(c.shared.shm) })
	}
	return c.shared, err
}

func mountShm(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return unix.Mount("shm", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=1777,size=64m")
}

func (s sharedNamespaces) end(r *reaper) {
	if s.pause > 0 {
		_ = r.kill(s.pause, syscall.SIGKILL)
	}
}

// pauseMain holds namespaces and reaps orphans until it is killed.
func pauseMain() int {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGCHLD)
	for range signals {
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if err == syscall.EINTR {
				continue
			}
			if err != nil || pid <= 0 {
				break
			}
		}
	}
	return 0
}
