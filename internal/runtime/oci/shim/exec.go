//go:build linux

package shim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

var execCount atomic.Uint64

// Exec runs a command for a health check.
func (c *containers) Exec(ctx context.Context, name string, cmd []string, limit int) (int, string, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return 0, "", err
	}
	defer read.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		write.Close()
		return 0, "", err
	}
	defer null.Close()
	out, text, done := newTap(read), "", make(chan struct{})
	go func() {
		data, _ := io.ReadAll(io.LimitReader(out, int64(limit)))
		text = string(data)
		close(done)
		io.Copy(io.Discard, out)
	}()
	p, err := c.spawn(Request{Container: name, Cmd: cmd}, []*os.File{null, write, write}, nil)
	write.Close()
	if err != nil {
		return 0, "", err
	}
	code, err := p.wait(ctx, false)
	if err != nil {
		return 0, "", err
	}
	select {
	case <-done:
	case <-time.After(200 * time.Millisecond): // a child of the command holds the pipe
		out.flush(time.Minute)
		out.Close()
		<-done
	}
	return code, text, nil
}

// process is a command that runs in a container besides its own.
type process struct {
	pid    int
	ended  <-chan end
	reaper *reaper
}

// hangUpTime is what a command has to end after its terminal has gone.
const hangUpTime = 2 * time.Second

// wait gives the exit code; when ctx ends first, the command is killed, after a
// SIGHUP if it had a terminal.
func (p *process) wait(ctx context.Context, terminal bool) (int, error) {
	select {
	case e := <-p.ended:
		return e.code(), nil
	case <-ctx.Done():
		if terminal {
			_ = p.reaper.kill(p.pid, syscall.SIGHUP)
			select {
			case <-p.ended:
				return 0, ctx.Err()
			case <-time.After(hangUpTime):
			}
		}
		_ = p.reaper.kill(p.pid, syscall.SIGKILL)
		<-p.ended
		return 0, ctx.Err()
	}
}

// spawn starts a command in a running container, with the container's own
// environment, user and working directory unless the request says otherwise. With
// a console it gets a terminal.
func (c *containers) spawn(req Request, files []*os.File, tty *console) (*process, error) {
	name, cmd := req.Container, req.Cmd
	b, ok := c.boxes[name]
	if !ok {
		return nil, runtime.ErrNotFound
	}
	r := b.latest()
	if r == nil {
		return nil, fmt.Errorf("container %s is not running", name)
	}
	select {
	case <-r.done:
		return nil, fmt.Errorf("container %s is not running", name)
	default:
	}
	if len(cmd) == 0 {
		return nil, errors.New("no command")
	}
	base := "exec-" + strconv.FormatUint(execCount.Add(1), 10)
	pidFile, logFile := filepath.Join(b.fast, base+".pid"), filepath.Join(b.fast, base+".log")
	defer os.Remove(pidFile)
	defer os.Remove(logFile)
	argv := []string{
		c.plan.Runtime, "--root", c.state(), "--log", filepath.Join(b.dir, base+".log"), "--log-format", "json",
		"exec", "--detach", "--pid-file", filepath.Join(b.dir, base+".pid"),
	}
	if tty != nil {
		argv = append(argv, "--tty", "--console-socket", tty.path)
	}
	argv = append(append(append(argv, b.as(req)...), b.id), cmd...)
	var fds []uintptr
	for _, f := range files {
		fds = append(fds, f.Fd())
	}
	e, err := c.exec(argv, fds)
	if err == nil && e.code() != 0 {
		err = runtimeError(logFile, e)
	}
	if err != nil {
		return nil, err
	}
	pid, err := readPID(pidFile)
	if err != nil {
		return nil, err
	}
	return &process{pid: pid, ended: c.reaper.adopt(pid), reaper: c.reaper}, nil
}

// as are the OCI runtime's arguments for a user and variables. Another user's home
// is /root, unless the image or the definition say where HOME is: the container's
// own HOME is that of its user.
func (b *box) as(r Request) (args []string) {
	if r.User != "" {
		args = append(args, "--user", r.User)
		if !hasHome(b.Env) && !hasHome(b.image.Config.Env) {
			args = append(args, "--env", "HOME=/root")
		}
	}
	for _, e := range r.Env {
		args = append(args, "--env", e)
	}
	return args
}

func hasHome(env []string) bool {
	return slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, "HOME=") })
}
