//go:build linux

package shim

import (
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// end is how a process ended.
type end struct {
	status syscall.WaitStatus
	at     time.Time
}

// code is the exit code in the shell's and ECS's counting: 128 + signal.
func (e end) code() int {
	if e.status.Signaled() {
		return 128 + int(e.status.Signal())
	}
	return e.status.ExitStatus()
}

// reaper waits for every child of the process: those it started, and those
// that it inherited as subreaper, whose pid becomes known only afterwards.
type reaper struct {
	mu      sync.Mutex
	waiting map[int]chan end
	early   map[int]end // ended before anybody asked
	signals chan os.Signal
}

func newReaper() (*reaper, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("become subreaper: %w", err)
	}
	r := &reaper{waiting: map[int]chan end{}, early: map[int]end{}, signals: make(chan os.Signal, 16)}
	signal.Notify(r.signals, syscall.SIGCHLD)
	go r.loop()
	return r, nil
}

// loop lives as long as the process.
func (r *reaper) loop() {
	for range r.signals {
		r.reap()
	}
}

func (r *reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, syscall.WNOHANG, nil)
		if err == syscall.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		e := end{status: ws, at: time.Now()}
		if ch, ok := r.waiting[pid]; ok {
			delete(r.waiting, pid)
			ch <- e
			continue
		}
		r.forget(e.at)
		r.early[pid] = e
	}
}

// forget drops what nobody asked for within a minute.
func (r *reaper) forget(now time.Time) {
	for pid, e := range r.early {
		if now.Sub(e.at) > time.Minute {
			delete(r.early, pid)
		}
	}
}

// start runs a program; the channel gives its end once.
func (r *reaper) start(argv []string, attr *syscall.ProcAttr) (int, <-chan end, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pid, err := syscall.ForkExec(argv[0], argv, attr)
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", argv[0], err)
	}
	return pid, r.register(pid), nil
}

// adopt waits for an inherited child.
func (r *reaper) adopt(pid int) <-chan end {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.register(pid)
}

func (r *reaper) register(pid int) <-chan end {
	ch := make(chan end, 1)
	if e, ok := r.early[pid]; ok {
		delete(r.early, pid)
		ch <- e
		return ch
	}
	r.waiting[pid] = ch
	return ch
}

// kill signals a child that has not been reaped: its pid cannot be another's.
func (r *reaper) kill(pid int, sig syscall.Signal) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.waiting[pid]; !ok {
		return os.ErrProcessDone
	}
	return syscall.Kill(pid, sig)
}
