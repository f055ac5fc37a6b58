package oci

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/grue-ecs/grue/internal/runtime/oci/cgroup"
	"github.com/grue-ecs/grue/internal/runtime/oci/shim"
)

// Destroy ends every task of a directory at once and removes all that the
// driver made, for `grue down`. No driver may be using the directory. Only Dir
// and CgroupParent of the options matter. Logs and volumes are removed too.
func Destroy(opts Options) error {
	opts, err := withDefaults(opts)
	if err != nil {
		return &Error{Op: "destroy", Err: err}
	}
	errs := []error{kill(opts), groups(opts).Remove(10 * time.Second)}
	for _, d := range []string{"tasks", "logs", "volumes", "base", "bin", "bundles", "shim.log"} {
		errs = append(errs, os.RemoveAll(filepath.Join(opts.Dir, d)))
	}
	if err := errors.Join(errs...); err != nil {
		return &Error{Op: "destroy", Err: err}
	}
	return nil
}

// Kill ends every task of a directory at once and keeps what is theirs: volumes
// that outlive tasks, and logs. The next driver finds the tasks stopped. No driver
// may be using the directory.
func Kill(opts Options) error {
	opts, err := withDefaults(opts)
	if err == nil {
		err = kill(opts)
	}
	if err != nil {
		return &Error{Op: "kill", Err: err}
	}
	return nil
}

func kill(opts Options) error {
	killShims(filepath.Join(opts.Dir, "tasks"))
	return groups(opts).Kill(10 * time.Second)
}

// groups is the control group that holds those of all tasks.
func groups(opts Options) cgroup.Group {
	return cgroup.Group("/" + strings.Trim(opts.CgroupParent, "/"))
}

// killShims ends every shim whose task is below a directory. State files may be
// missing, so they are found by the plan that each holds open as its lock.
func killShims(tasks string) {
	locks, _ := filepath.Glob("/proc/[0-9]*/fd/" + strconv.Itoa(shim.LockFD))
	for _, name := range locks {
		dir := filepath.Dir(filepath.Dir(name))
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		// The descriptor first, or the number may have become another process.
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue
		}
		plan, _ := os.Readlink(name)
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if strings.HasPrefix(plan, tasks+"/") && bytes.Contains(line, []byte("\x00shim\x00")) &&
			unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) == nil {
			poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			unix.Poll(poll, 5000)
		}
		unix.Close(fd)
	}
}
