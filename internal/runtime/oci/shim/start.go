//go:build linux

package shim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/grue-ecs/grue/internal/runtime/supervise"
)

// Start runs the container, for the first time or again.
func (c *containers) Start(_ context.Context, name string) (supervise.Started, error) {
	b := c.boxes[name]
	r, err := c.launch(b)
	if err != nil {
		return supervise.Started{}, fmt.Errorf("CannotStartContainerError: %w", err)
	}
	b.mu.Lock()
	b.run = r
	b.mu.Unlock()
	c.cpuOnce.Do(func() {
		// Late, so that a small quota does not slow down the OCI runtime. A
		// kernel without CPU quotas runs the task without one.
		_ = c.plan.Cgroup.SetCPU(c.limits)
	})
	return supervise.Started{PID: r.pid}, nil
}

func (c *containers) launch(b *box) (*run, error) {
	if err := os.RemoveAll(filepath.Join(c.fast, "state", b.id)); err != nil {
		return nil, err
	}
	r := &run{done: make(chan struct{}), ooms: b.cgroup.OOMKills()}
	io, err := c.openStdio(b, r)
	if err != nil {
		return nil, err
	}
	defer io.closeChild()
	pidFile, logFile := filepath.Join(b.fast, "pid"), filepath.Join(b.fast, "runc.log")
	os.Remove(pidFile)
	os.Remove(logFile)
	argv := []string{
		c.plan.Runtime, "--root", c.state(), "--log", filepath.Join(b.dir, "runc.log"), "--log-format", "json",
		"run", "--detach", "--pid-file", filepath.Join(b.dir, "pid"), "--bundle", b.dir,
	}
	argv = append(append(argv, io.args...), b.id)
	e, err := c.exec(argv, io.child)
	if err == nil && e.code() != 0 {
		err = runtimeError(logFile, e)
	}
	if err == nil {
		r.pid, err = readPID(pidFile)
	}
	if err != nil {
		io.closeAll()
		return nil, err
	}
	ended := c.reaper.adopt(r.pid)
	io.follow(b, r)
	go c.finish(b, r, ended)
	return r, nil
}

// state is the OCI runtime's own directory.
func (c *containers) state() string { return filepath.Join(c.bundles, "state") }

// exec runs the OCI runtime with the mounts of the task and waits for it.
func (c *containers) exec(argv []string, files []uintptr) (end, error) {
	var ended <-chan end
	err := c.mounter.do(func() (err error) {
		_, ended, err = c.reaper.start(argv, &syscall.ProcAttr{
			Dir: "/", Env: runtimeEnv(), Files: files,
			// A runtime that outlived the shim would make a container that
			// nobody knows. The signal follows the mounter's thread, which
			// lives as long as the process.
			Sys: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
		})
		return err
	})
	if err != nil {
		return end{}, err
	}
	return <-ended, nil
}

func runtimeEnv() []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"}
}

// finish records the end of a run once its output is complete.
func (c *containers) finish(b *box, r *run, ended <-chan end) {
	e := <-ended
	r.exit = supervise.Exit{Code: e.code(), At: e.at}
	r.exit.OOM = r.exit.Code != 0 && b.cgroup.OOMKills() > r.ooms
	if c.plan.Spec.PIDMode != "" {
		// Without a PID namespace of its own the container may leave
		// processes behind.
		if err := b.cgroup.Kill(5 * time.Second); err != nil {
			r.exit.Reason = "CannotStopContainerError: " + err.Error()
		}
	}
	written := make(chan struct{})
	go func() { r.logs.Wait(); close(written) }()
	select {
	case <-written:
	case <-time.After(time.Second): // somebody else holds the pipe open
		r.flush(time.Minute)
	}
	if r.tty != nil {
		r.tty.Close()
	}
	close(r.done)
}

// flush returns when what the container wrote before is in its log, or after a
// limit for each stream.
func (r *run) flush(limit time.Duration) {
	for _, x := range r.taps {
		x.flush(limit)
	}
}

func readPID(path string) (int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("the OCI runtime left no process id: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(string(data)))
}

// runtimeError finds the reason in the OCI runtime's log.
func runtimeError(logFile string, e end) error {
	data, _ := os.ReadFile(logFile)
	text, cause := "", ""
	for l := range bytes.Lines(data) {
		var entry struct{ Level, Msg string }
		if json.Unmarshal(l, &entry) == nil && (entry.Level == "error" || entry.Level == "fatal" || entry.Level == "panic") {
			cause, text = text, entry.Msg
		}
	}
	if cause != "" && strings.HasSuffix(text, "EOF") { // the runtime's first process died; it said why itself
		text += ": " + cause
	}
	text = strings.TrimPrefix(text, "runc run failed: ")
	text = strings.TrimPrefix(text, "unable to start container process: ")
	if text == "" {
		return fmt.Errorf("the OCI runtime ended with code %d and said nothing", e.code())
	}
	if strings.Contains(text, "no space left on device") {
		text += "; free disk space where grue's data directory is"
	}
	return errors.New(text)
}

var signalNames = map[string]syscall.Signal{
	"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11,
	"USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20,
	"TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28, "IO": 29,
	"PWR": 30, "SYS": 31,
}

// stopSignal reads STOPSIGNAL of an image: a number, a name, or SIGRTMIN+n.
func stopSignal(s string) syscall.Signal {
	s = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(s)), "SIG")
	if n, err := strconv.Atoi(s); err == nil && n > 0 && n <= 64 {
		return syscall.Signal(n)
	}
	if sig, ok := signalNames[s]; ok {
		return sig
	}
	const rtmin = 34
	if off, ok := strings.CutPrefix(s, "RTMIN+"); ok {
		if n, err := strconv.Atoi(off); err == nil && n >= 0 && n <= 30 {
			return syscall.Signal(rtmin + n)
		}
	}
	return syscall.SIGTERM
}
