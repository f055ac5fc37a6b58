package oci

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/oci/shim"
)

const (
	lostReason   = "ContainerRuntimeError: the task's supervisor ended unexpectedly"
	rebootReason = "ContainerRuntimeError: the machine was restarted"
)

// spawn writes the plan and starts the shim. The plan is locked here and the
// lock inherited, so that there is no moment in which a living shim does not
// hold it.
func (t *task) spawn(plan shim.Plan) (*net.UnixConn, error) {
	lock, err := t.tryLock()
	if err != nil {
		return nil, err
	}
	if lock == nil {
		return t.dial()
	}
	defer lock.Close()
	data, err := json.Marshal(plan)
	if err == nil {
		err = lock.Truncate(0)
		faultPlan.Hit()
	}
	if err == nil {
		_, err = lock.WriteAt(data, 0)
	}
	if err != nil {
		return nil, err
	}
	faultPlanKept.Hit()
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	defer ours.Close()
	if !t.d.ready.give(t.dir, lock, theirs) {
		cmd := t.d.shimCommand(plan.Self, t.dir)
		cmd.ExtraFiles = []*os.File{lock, theirs}
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		// Reaped by a goroutine that nobody waits for: the shim may outlive us.
		go cmd.Wait()
	}
	faultShim.Hit()
	// The request may be forgotten now, with the credentials in it.
	os.Remove(filepath.Join(t.dir, specFile))
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UnixConn), nil
}

// shimCommand prepares a shim: a session of its own, so that signals to ours
// do not reach it, and an environment without anything of ours.
func (d *Driver) shimCommand(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, append([]string{"shim"}, args...)...)
	cmd.Dir, cmd.Env, cmd.Stderr = "/", []string{"PATH=" + os.Getenv("PATH"), "GOMAXPROCS=2"}, d.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

func socketPair() (a, b *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "driver"), os.NewFile(uintptr(fds[1]), "shim"), nil
}

// tryLock takes the task's lock; nil without an error means that a shim has it.
func (t *task) tryLock() (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(t.dir, shim.PlanFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, nil
	}
	return nil, fmt.Errorf("lock task: %w", err)
}

// dial connects to a living shim, which may not have opened its socket yet. It
// answers nil without an error when the shim or this driver ends meanwhile.
func (t *task) dial() (*net.UnixConn, error) {
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		conn, err := shim.Dial(t.dir)
		if err == nil {
			if err = shim.Send(conn, shim.Request{Op: "watch"}); err == nil {
				return conn, nil
			}
			conn.Close()
		}
		lock, err := t.tryLock()
		if err != nil {
			return nil, err
		}
		if lock != nil {
			lock.Close()
			return nil, nil
		}
		select {
		case <-time.After(wait):
		case <-t.d.ctx.Done():
			return nil, nil
		}
	}
}

// follow takes in what the shim tells until it ends, then makes sure of the end.
func (t *task) follow(conn *net.UnixConn) {
	for conn != nil {
		t.mu.Lock()
		t.conn = conn
		t.sendStop()
		t.mu.Unlock()
		t.listen(conn)
		t.mu.Lock()
		t.conn = nil
		t.mu.Unlock()
		conn.Close()
		conn = nil
		if t.snapshot().Phase != runtime.PhaseStopped && t.d.ctx.Err() == nil {
			// A broken connection is not the end of a shim.
			var err error
			if conn, err = t.dial(); err != nil {
				t.d.log.Warn("lost touch with the supervisor of a task", "task", t.id, "err", err)
			}
		}
	}
	if !t.awaitShim() {
		return // this driver is closing; the task goes on
	}
	t.settle(lostReason)
}

// listen reads statuses until the connection or this driver ends.
func (t *task) listen(conn *net.UnixConn) {
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-t.d.ctx.Done():
			conn.SetReadDeadline(time.Unix(1, 0))
		case <-done:
		}
	}()
	dec := json.NewDecoder(conn)
	for {
		var s runtime.Status
		if dec.Decode(&s) != nil {
			return
		}
		t.set(s)
	}
}

// awaitShim waits until the shim's lock is free.
func (t *task) awaitShim() bool {
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		lock, err := t.tryLock()
		if lock != nil {
			lock.Close()
			return true
		}
		if err != nil {
			t.d.log.Error("cannot tell whether a task's supervisor lives", "task", t.id, "err", err)
		}
		select {
		case <-time.After(wait):
		case <-t.d.ctx.Done():
			return false
		}
	}
}

// settle brings a task without a shim to its end: its last status says STOPPED,
// or else its containers are ended here and why is told.
func (t *task) settle(why string) {
	s, err := shim.ReadStatus(t.dir)
	if err != nil {
		s = t.snapshot()
	}
	if s.Phase != runtime.PhaseStopped {
		t.endContainers()
		s = lost(s, why)
		if err := shim.WriteJSON(filepath.Join(t.dir, shim.StatusFile), s); err != nil {
			t.d.log.Error("cannot write the status of a task", "task", t.id, "err", err)
		}
	}
	if err := t.cgroup.Remove(5 * time.Second); err != nil {
		t.d.log.Warn("cannot remove the control group of a task", "task", t.id, "err", err)
	}
	t.set(s)
	close(t.ended)
}

// endContainers kills what a dead shim left. It looks again a moment later: an
// OCI runtime that was about to make a container dies with the shim, but not
// at the same instant.
func (t *task) endContainers() {
	for range 3 {
		if err := t.cgroup.Kill(10 * time.Second); err != nil {
			t.d.log.Error("cannot end the containers of a task", "task", t.id, "err", err)
		}
		select {
		case <-time.After(30 * time.Millisecond):
		case <-t.d.ctx.Done():
		}
	}
}

// lost is the last status of a task whose shim was killed.
func lost(s runtime.Status, why string) runtime.Status {
	asked := s.Phase == runtime.PhaseStopping
	ran := !s.Started.IsZero()
	stopping, fail := s.Stopping, s.Fail
	now := time.Now()
	killed := 137
	containers := append([]runtime.ContainerStatus(nil), s.Containers...)
	for i := range containers {
		if containers[i].Status == "RUNNING" {
			containers[i].ExitCode, containers[i].Finished, containers[i].Reason = &killed, now, why
		}
	}
	s.Containers = containers
	s = shim.FailedStatus(s, why)
	if ran {
		s.Fail.Code = "EssentialContainerExited"
	}
	if asked {
		s.Stopping, s.Fail = stopping, fail
	}
	return s
}
