package oci

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/runtime/oci/shim"
)

// Exec implements runtime.Driver. The shim gives the command our pipes, or
// gives us its terminal, so that no byte passes through the shim.
func (d *Driver) Exec(ctx context.Context, id, container string, cmd []string, streams runtime.ExecIO) (int, error) {
	t, err := d.find(id)
	if err != nil {
		return 0, &Error{Op: "exec in", Task: id, Err: err}
	}
	code, err := t.exec(ctx, container, cmd, streams)
	if err != nil {
		return 0, &Error{Op: "exec in", Task: id, Err: err}
	}
	return code, nil
}

func (t *task) exec(ctx context.Context, container string, cmd []string, streams runtime.ExecIO) (int, error) {
	if t.snapshot().Phase == runtime.PhaseStopped {
		return 0, fmt.Errorf("container %s is not running", container)
	}
	conn, err := shim.Dial(t.dir)
	if err != nil {
		return 0, fmt.Errorf("the task's supervisor does not answer: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	req := shim.Request{Op: "exec", Container: container, Cmd: cmd, TTY: streams.TTY, User: streams.User, Env: streams.Env}
	p := newPlumbing()
	defer p.close()
	if streams.TTY {
		err = shim.Send(conn, req)
	} else {
		var files []*os.File
		if files, err = p.open(streams); err == nil {
			err = shim.Send(conn, req, files...)
		}
		p.closeTheirs()
	}
	if err != nil {
		return 0, err
	}
	replies := shim.NewReplies(conn)
	r, err := replies.Next()
	if err == nil && r.Error == "" && streams.TTY {
		err = p.terminal(replies.TTY(), streams)
	}
	for err == nil && !r.Done {
		r, err = replies.Next()
	}
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	if err != nil {
		return 0, fmt.Errorf("the container ended during the command: %w", err)
	}
	if r.Error != "" {
		return 0, &runtime.StartError{Err: errors.New(r.Error)}
	}
	p.drain()
	return r.Code, nil
}
