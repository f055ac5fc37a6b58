package fake

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Exec acts as a small shell in a container that is said to run. Programs: echo
// WORD…, warn WORD… (to the standard error), env, cat, fill BYTES, size (waits for
// a size of the terminal and prints it), hang, exit CODE, and sh, which reads such
// commands line by line. A command ends with 137 when its task does.
func (d *Driver) Exec(ctx context.Context, id, container string, cmd []string, streams runtime.ExecIO) (int, error) {
	d.mu.Lock()
	t := d.tasks[id]
	if t == nil || t.status.Phase != runtime.PhaseRunning {
		d.mu.Unlock()
		return 0, fmt.Errorf("task %s does not run: %w", id, runtime.ErrNotFound)
	}
	gone := t.gone
	d.mu.Unlock()
	if streams.Stdin == nil {
		streams.Stdin = strings.NewReader("")
	}
	if streams.Stdout == nil {
		streams.Stdout = io.Discard
	}
	if streams.Stderr == nil || streams.TTY {
		streams.Stderr = streams.Stdout
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sh := &shell{ExecIO: streams, ctx: ctx}
	type end struct {
		code int
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		code, err := sh.run(cmd)
		ended <- end{code, err}
	}()
	select {
	case e := <-ended:
		return e.code, e.err
	case <-gone:
		return 137, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

type shell struct {
	runtime.ExecIO
	ctx context.Context
}

func (s *shell) run(cmd []string) (int, error) {
	if len(cmd) == 0 {
		return 0, &runtime.StartError{Err: errors.New("no command")}
	}
	args := strings.Join(cmd[1:], " ")
	switch cmd[0] {
	case "echo":
		fmt.Fprintln(s.Stdout, args)
	case "warn":
		fmt.Fprintln(s.Stderr, args)
	case "env":
		fmt.Fprintln(s.Stdout, "USER="+s.User, strings.Join(s.Env, " "))
	case "cat":
		_, _ = io.Copy(s.Stdout, s.Stdin)
	case "fill":
		n, _ := strconv.Atoi(args)
		for line := strings.Repeat("0123456789abcde\n", 64); n > 0; n -= len(line) {
			if _, err := io.WriteString(s.Stdout, line[:min(len(line), n)]); err != nil {
				return 1, nil
			}
		}
	case "size":
		select {
		case size := <-s.Sizes:
			fmt.Fprintln(s.Stdout, size.Cols, size.Rows)
		case <-s.ctx.Done():
		}
	case "hang":
		<-s.ctx.Done()
	case "exit":
		n, _ := strconv.Atoi(args)
		return n, nil
	case "sh", "/bin/sh":
		return s.lines()
	default:
		return 0, &runtime.StartError{Err: fmt.Errorf("exec: %q: executable file not found in $PATH", cmd[0])}
	}
	return 0, nil
}

// lines reads commands, with a prompt at a terminal.
func (s *shell) lines() (code int, err error) {
	in := bufio.NewReader(s.Stdin)
	s.Stdin = in
	for {
		if s.TTY {
			io.WriteString(s.Stdout, "$ ")
		}
		line, err := s.line(in)
		if s.TTY && err != nil || err != nil && line == "" {
			return code, nil
		}
		cmd := strings.Fields(line)
		if len(cmd) == 0 {
			continue
		}
		if code, err = s.run(cmd); err != nil {
			fmt.Fprintln(s.Stderr, err)
			code = 127
		}
		if cmd[0] == "exit" {
			return code, nil
		}
	}
}

// line reads a line; at a terminal the key Enter ends it.
func (s *shell) line(in *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		c, err := in.ReadByte()
		if err != nil {
			return b.String(), err
		}
		b.WriteByte(c)
		if c == '\n' || c == '\r' && s.TTY {
			return b.String(), nil
		}
	}
}
