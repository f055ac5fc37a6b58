package oci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

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
	req := shim.Request{Op: "exec", Container: container, Cmd: cmd, TTY: streams.TTY}
	p := &plumbing{}
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
		p.terminal(replies.TTY(), streams)
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
		return 0, errors.New(r.Error)
	}
	p.drain()
	return r.Code, nil
}

// plumbing joins the streams of a caller to those of a command.
type plumbing struct {
	theirs, ours []*os.File
	out          sync.WaitGroup
}

// open makes the three files of a command.
func (p *plumbing) open(s runtime.ExecIO) ([]*os.File, error) {
	in, inEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.theirs = append(p.theirs, in)
	if s.Stdin == nil {
		inEnd.Close()
	} else {
		p.ours = append(p.ours, inEnd)
		// Nobody waits for this one: a reader cannot be made to return.
		go func() { io.Copy(inEnd, s.Stdin); inEnd.Close() }()
	}
	for _, w := range []io.Writer{s.Stdout, s.Stderr} {
		if w == nil {
			w = io.Discard
		}
		read, write, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		p.theirs, p.ours = append(p.theirs, write), append(p.ours, read)
		p.out.Go(func() { io.Copy(w, read) })
	}
	return p.theirs, nil
}

// terminal copies between a caller and a terminal.
func (p *plumbing) terminal(tty *os.File, s runtime.ExecIO) {
	if tty == nil {
		return
	}
	p.ours = append(p.ours, tty)
	if s.Stdin != nil {
		go io.Copy(tty, s.Stdin)
	}
	w := s.Stdout
	if w == nil {
		w = io.Discard
	}
	p.out.Go(func() { io.Copy(w, tty) })
}

func (p *plumbing) closeTheirs() {
	for _, f := range p.theirs {
		f.Close()
	}
	p.theirs = nil
}

// drain waits until the output is complete.
func (p *plumbing) drain() { p.out.Wait() }

func (p *plumbing) close() {
	p.closeTheirs()
	for _, f := range p.ours {
		f.Close()
	}
	p.out.Wait()
}
