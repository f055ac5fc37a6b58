package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/charmbracelet/x/term"

	"github.com/grue-ecs/grue/internal/client"
	"github.com/grue-ecs/grue/internal/session"
)

// execCmd is `grue exec`.
type execCmd struct {
	Of        string   `arg:"" name:"service-or-task" help:"Service, by name or ARN, or task, by ARN, id or at least 8 first digits of the id."`
	Command   []string `arg:"" optional:"" passthrough:"partial" help:"Command with its arguments. Default: /bin/sh."`
	Container string   `help:"Container, where the task has several." placeholder:"NAME"`
	Index     int      `help:"Which of the service's running tasks, in the order of their start." default:"1" placeholder:"N"`
	client.Flags
}

// Help is the long help.
func (execCmd) Help() string {
	return `Runs a command in a running container, as root, in the container's environment and working
directory; the task must have been started with execute command enabled. At a terminal the command
gets one, too. Otherwise standard input, output and error are passed on as they are, and at a
grue the exit code is the command's. Amazon ECS knows only terminals and tells no exit code.

Examples:
  grue exec web
  grue exec web --index 2 -- sh -c 'ps aux | head'
  grue exec 3f2a91c07b --container sidecar -- env
  grue exec web -- cat /etc/hosts > hosts
  tar c app | grue exec web -- tar x -C /tmp
  grue exec web --aws --cluster prod -- /bin/bash`
}

// Run opens the session and carries it.
func (c *execCmd) Run(s *streams) error {
	if c.Index < 1 {
		return usageError(fmt.Sprintf("--index counts from 1; it was %d", c.Index))
	}
	command := c.Command
	if len(command) > 0 && command[0] == "--" {
		command = command[1:]
	}
	if len(command) == 0 {
		command = []string{"/bin/sh"}
	}
	ctx, stop := s.context()
	defer stop()
	cl, err := c.Open(ctx)
	if err != nil {
		return err
	}
	screen := isTerminal(s.in) && isTerminal(beneath(s.out))
	done := func() {}
	if terminal(s.err) { // elsewhere standard error is the command's alone
		done = s.doing("opening a session in " + c.Of)
	}
	x, err := cl.Execute(ctx, client.Execution{
		Of: c.Of, Index: c.Index, Container: c.Container, Command: command, Pipes: !screen, Stdout: beneath(s.out), Stderr: beneath(s.err),
	})
	done()
	if err != nil {
		return err
	}
	closed, err := s.carry(ctx, x, screen)
	return ending(ctx, x, closed, err)
}

// carry joins a session to the streams until it ends.
func (s *streams) carry(ctx context.Context, x *client.Executed, screen bool) (session.Closed, error) {
	live, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if screen {
		restore, err := raw(s.in)
		if err != nil {
			return session.Closed{}, err
		}
		defer restore()
		go followSize(live, beneath(s.out), x.Client)
	}
	go func() {
		_, _ = io.Copy(x.Client, s.in) // it ends with either side
		switch {
		case x.Pipes:
			_ = x.CloseInput()
		case !screen:
			_, _ = x.Write([]byte{4}) // Ctrl-D, for Amazon's terminal
		}
	}()
	go func() {
		select {
		case <-ctx.Done(): // Ctrl-C where there is no terminal, or SIGTERM
			_ = x.Terminate()
		case <-live.Done():
		}
	}()
	return x.Run(live)
}

// ending is the exit code of a session, with a sentence if it did not end by itself.
func ending(ctx context.Context, x *client.Executed, closed session.Closed, err error) error {
	why := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(closed.Output), "----------ERROR-------"))
	switch {
	case err != nil:
		return fmt.Errorf("session %s: %w", x.ID, err)
	case ctx.Err() != nil:
		return silent(130)
	case why != "" && closed.ExitCode != nil:
		return coded{code: *closed.ExitCode, err: errors.New(why)}
	case why != "":
		return errors.New(why)
	case closed.ExitCode != nil && *closed.ExitCode != 0:
		return silent(*closed.ExitCode)
	}
	return nil
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}

// raw passes every key on as it is, until restore is called.
func raw(in io.Reader) (restore func(), err error) {
	fd := in.(*os.File).Fd()
	was, err := term.MakeRaw(fd)
	if err != nil {
		return nil, fmt.Errorf("the terminal cannot be switched to raw mode: %w", err)
	}
	return func() { _ = term.Restore(fd, was) }, nil
}

// followSize tells the session the size of the screen, now and when it changes.
func followSize(ctx context.Context, out io.Writer, x *session.Client) {
	changes, stop := sizeChanges()
	defer stop()
	for {
		if cols, rows, err := term.GetSize(out.(*os.File).Fd()); err == nil && cols > 0 && rows > 0 {
			_ = x.Resize(session.TerminalSize{Cols: uint32(cols), Rows: uint32(rows)})
		}
		select {
		case <-changes:
		case <-ctx.Done():
			return
		}
	}
}
