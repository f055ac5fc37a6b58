package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Exec implements runtime.Driver.
func (d *Driver) Exec(ctx context.Context, id, name string, cmd []string, streams runtime.ExecIO) (int, error) {
	t, err := d.find(id)
	if err == nil && t.boxes[name] == nil {
		err = fmt.Errorf("container %q: %w", name, runtime.ErrNotFound)
	}
	if err != nil {
		return 0, &Error{Op: "run a command in", Task: id, Err: err}
	}
	code, err := d.exec(ctx, t.objectName(name), cmd, streams)
	if err != nil {
		return code, &Error{Op: "run a command in", Task: id, Err: err}
	}
	return code, nil
}

// Exec implements supervise.Containers, for health checks.
func (c *containers) Exec(ctx context.Context, name string, cmd []string, limit int) (int, string, error) {
	out := &limitedBuffer{limit: limit}
	code, err := c.d.exec(ctx, c.task().objectName(name), cmd, runtime.ExecIO{Stdout: out, Stderr: out})
	return code, out.String(), err
}

// exec runs a command in a container. When ctx ends the command is killed where
// that is possible: the Engine has no call for it.
func (d *Driver) exec(ctx context.Context, container string, cmd []string, streams runtime.ExecIO) (int, error) {
	made, err := d.engine.ExecCreate(ctx, container, client.ExecCreateOptions{
		Cmd: cmd, TTY: streams.TTY, AttachStdin: streams.Stdin != nil, AttachStdout: true, AttachStderr: true,
		User: streams.User, Env: streams.Env,
	})
	if err != nil {
		return 0, err
	}
	conn, err := d.engine.ExecAttach(ctx, made.ID, client.ExecAttachOptions{TTY: streams.TTY})
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	var input sync.WaitGroup
	if streams.Stdin != nil {
		input.Go(func() {
			_, _ = io.Copy(conn.Conn, streams.Stdin) // ends with either side
			_ = conn.CloseWrite()
		})
	}
	if streams.TTY && streams.Sizes != nil {
		ended := make(chan struct{})
		defer close(ended)
		go d.resizeExec(ctx, made.ID, streams.Sizes, ended)
	}
	output := make(chan error, 1)
	go func() { output <- copyStreams(&conn, streams) }()
	select {
	case err = <-output:
	case <-ctx.Done():
		d.killExec(made.ID)
		conn.Close()
		<-output
		return 0, ctx.Err()
	}
	if err != nil {
		return 0, err
	}
	return d.execCode(ctx, made.ID)
}

// resizeExec gives the terminal of a command its sizes.
func (d *Driver) resizeExec(ctx context.Context, id string, sizes <-chan runtime.TerminalSize, ended <-chan struct{}) {
	for {
		select {
		case s, ok := <-sizes:
			if !ok {
				return
			}
			if _, err := d.engine.ExecResize(ctx, id, client.ExecResizeOptions{Height: uint(s.Rows), Width: uint(s.Cols)}); err != nil {
				d.opts.Log.Debug("terminal not resized", "err", err)
			}
		case <-ended:
			return
		case <-ctx.Done():
			return
		}
	}
}

func copyStreams(conn *client.ExecAttachResult, streams runtime.ExecIO) error {
	stdout, stderr := streams.Stdout, streams.Stderr
	if stdout == nil {
		stdout = io.Discard
	}
	if stderr == nil {
		stderr = io.Discard
	}
	if streams.TTY {
		_, err := io.Copy(stdout, conn.Reader)
		return err
	}
	_, err := stdcopy.StdCopy(stdout, stderr, conn.Reader)
	return err
}

// execCode reads the exit code, which may appear a moment after the output ends.
func (d *Driver) execCode(ctx context.Context, id string) (int, error) {
	for {
		info, err := d.engine.ExecInspect(ctx, id, client.ExecInspectOptions{})
		if err != nil {
			return 0, err
		}
		if !info.Running {
			return info.ExitCode, nil
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return 0, err
		}
	}
}

// killExec ends a command by its process id, which works when the Engine runs on
// this machine and we may.
func (d *Driver) killExec(id string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.ctx), 2*time.Second)
	defer cancel()
	info, err := d.engine.ExecInspect(ctx, id, client.ExecInspectOptions{})
	if err != nil || !info.Running || info.PID <= 1 {
		return
	}
	if err := killHere(info.PID, info.ContainerID); err != nil && !errors.Is(err, errElsewhere) {
		d.opts.Log.Debug("command not killed", "container", info.ContainerID, "err", err)
	}
}

// errElsewhere: the Engine's processes are not on this machine.
var errElsewhere = errors.New("the Docker Engine runs elsewhere")

// limitedBuffer keeps the beginning of what is written.
type limitedBuffer struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	limit int
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf.Write(p[:min(len(p), max(0, b.limit-b.buf.Len()))])
	return len(p), nil
}

func (b *limitedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
