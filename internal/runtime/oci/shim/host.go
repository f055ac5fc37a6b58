//go:build linux

package shim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/grue-ecs/grue/internal/runtime"
)

// host is what a shim needs before it knows its task.
type host struct {
	lock    *os.File // held to the end
	reaper  *reaper
	mounter *mounter // from mount on
	bundles string   // mount point of the bundles, as the OCI runtime finds it
	fast    string   // the same, as every thread of ours finds it
}

// BundleDir is where every shim mounts its bundles, each in a mount namespace
// of its own.
func BundleDir(driver string) string { return filepath.Join(driver, "bundles") }

func newHost(bundles string) (*host, error) {
	// The kernel should take a container before it takes the shim.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("-900"), 0)
	// Caught, not ignored: to be ignored is inherited by containers.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGINT, syscall.SIGPIPE)
	h := &host{bundles: bundles}
	var err error
	if h.reaper, err = newReaper(); err != nil {
		return nil, err
	}
	return h, nil
}

// mount makes the mount namespace. It comes as late as possible, for it begins
// as a copy of the machine's and must have the task's network namespace and
// volumes in it.
func (h *host) mount() (err error) {
	if h.mounter, err = newMounter(); err != nil {
		return err
	}
	h.fast, err = h.mounter.memory(h.bundles)
	return err
}

// waitDir is the life of a shim that was started ahead: it gets ready, waits to
// be told its task on LockFD, and runs it. When the driver goes without telling
// one, so does the shim.
func waitDir(bundles string) (name string, err error) {
	name = "(none yet)"
	unix.CloseOnExec(LockFD)
	h, err := newHost(bundles)
	if err != nil {
		return name, err
	}
	warmUp()
	f := os.NewFile(LockFD, "control")
	conn, err := net.FileConn(f)
	f.Close()
	if err != nil {
		return name, err
	}
	defer conn.Close()
	buf := make([]byte, 4096)
	files, n, err := receive(conn.(*net.UnixConn), buf)
	if errors.Is(err, io.EOF) || err == nil && n == 0 {
		return name, nil
	}
	var job Job
	if err == nil {
		err = json.Unmarshal(buf[:n], &job)
	}
	if err != nil || len(files) != 2 {
		return name, fmt.Errorf("take over a task: %d files, %w", len(files), err)
	}
	conn.Close()
	// Destroy looks for the lock under this number, which conn has left free.
	h.lock = files[0]
	if fd := int(h.lock.Fd()); fd != LockFD {
		if err := unix.Dup3(fd, LockFD, unix.O_CLOEXEC); err != nil {
			return job.Dir, err
		}
	}
	err = h.run(job.Dir, files[1])
	h.lock.Close() // also keeps it from being closed as garbage before
	return job.Dir, err
}

// Job tells a waiting shim its task; the lock and the watch connection come
// along.
type Job struct{ Dir string }

// SendJob gives a task to a waiting shim.
func SendJob(conn *net.UnixConn, dir string, lock, watch *os.File) error {
	data, err := json.Marshal(Job{Dir: dir})
	if err != nil {
		return err
	}
	_, _, err = conn.WriteMsgUnix(data, unix.UnixRights(int(lock.Fd()), int(watch.Fd())), nil)
	return err
}

// warmUp makes the encoders of what a start reads and writes.
func warmUp() {
	var p Plan
	data, _ := json.Marshal(Plan{Spec: runtime.Spec{Containers: []runtime.Container{{}}}})
	_ = json.Unmarshal(data, &p)
	_, _ = json.Marshal(specs.Spec{
		Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{}},
		Linux:   &specs.Linux{Resources: &specs.LinuxResources{}, Seccomp: &specs.LinuxSeccomp{Syscalls: []specs.LinuxSyscall{{}}}},
	})
	_, _ = json.Marshal(runtime.Status{Containers: []runtime.ContainerStatus{{}}})
}
