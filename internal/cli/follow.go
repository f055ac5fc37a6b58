package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/grue-ecs/grue/internal/client"
)

// follow prints a deployment while it goes on. It serves every verb that waits
// for one.
type follow struct {
	client   *client.Client
	watching client.Watching
	flags    string // repeated: for commands that are told
	out      io.Writer
	json     bool // a snapshot a line, instead of sentences
	quiet    bool // nothing but the ending
	// goal tells that what is waited for has come. It is asked before the end of
	// the deployment is looked at.
	goal func(*client.Snapshot) bool
	// approvals: somebody else approves; without it a deployment that waits for
	// approval ends the wait with exitApproval.
	approvals bool
	forever   bool          // go on with the next deployment: only ctx ends it
	timeout   time.Duration // 0 = none
	side      *streams      // is told, on standard error, what is slow or in trouble; nil = nobody is

	last    *client.Snapshot
	trouble string // that was told
}

// run follows until the goal or the end of the deployment, and returns a silent
// exit code for every end but a good one.
func (f *follow) run(ctx context.Context) error {
	if f.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.timeout)
		defer cancel()
	}
	looking := func() {}
	if f.side != nil {
		looking = f.side.doing("looking at " + f.watching.Service + " at " + f.client.Where())
	}
	defer looking()
	for s, err := range f.client.Observe(ctx, f.watching) {
		looking()
		if err != nil {
			if f.last == nil || !client.Passing(err) {
				return err
			}
			f.bear(err) // it was there a moment ago
			continue
		}
		f.trouble = ""
		if err := f.tell(s); err != nil {
			return err
		}
		f.last = s
		if code, over := f.ended(s); over {
			return codeError(code)
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return f.late()
	}
	return silent(exitError) // interrupted
}

// bear tells once that looks fail for now.
func (f *follow) bear(err error) {
	if text := client.Explain(err).Error(); f.side != nil && text != f.trouble {
		f.trouble = text
		fmt.Fprintf(f.side.err, "grue: %s; trying again\n", text)
	}
}

// ended tells whether the wait is over, and with which exit code.
func (f *follow) ended(s *client.Snapshot) (code int, over bool) {
	switch {
	case f.forever:
		return 0, false
	case f.goal != nil && f.goal(s):
		if s.Deployment != nil && s.Deployment.Outcome.Final() {
			return exitOf(s.Deployment.Outcome), true
		}
		return exitOK, true
	case s.Deployment == nil:
		return exitOK, f.goal == nil
	case s.Deployment.Outcome.Final():
		return exitOf(s.Deployment.Outcome), f.goal == nil || s.Deployment.Outcome != client.Deployed
	case s.Deployment.Outcome == client.WaitsForApproval:
		return exitApproval, !f.approvals
	}
	return 0, false
}

func (f *follow) late() error {
	at := "nothing was seen"
	if f.last != nil && f.last.Deployment != nil {
		at = "it is at " + f.last.Deployment.Line()
	}
	return coded{exitTimeout, fmt.Errorf("time is up after %s; %s", f.timeout, at)}
}

// tell prints what is new.
func (f *follow) tell(s *client.Snapshot) error {
	if f.json {
		return f.tellJSON(s)
	}
	lines := client.Changes(f.last, s, f.flags)
	if f.quiet {
		lines = nil
		if d := s.Deployment; d != nil && d.Outcome.Final() {
			lines = []string{d.Ending(s.Service)}
		}
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(f.out, line); err != nil {
			return err
		}
	}
	return nil
}

// tellJSON prints the snapshot with the events that are new, when there is any
// news.
func (f *follow) tellJSON(s *client.Snapshot) error {
	fresh := s.NewEvents(f.last)
	if f.last != nil && len(fresh) == 0 && same(f.last, s) {
		return nil
	}
	short := *s
	short.Events = append([]client.Event{}, fresh...)
	return printJSONLine(f.out, short)
}

// same tells whether two snapshots differ in nothing but their time and events.
func same(a, b *client.Snapshot) bool {
	x, y := *a, *b
	x.At, x.Events, y.At, y.Events = time.Time{}, nil, time.Time{}, nil
	one, err1 := json.Marshal(x)
	two, err2 := json.Marshal(y)
	return cmp.Or(err1, err2) == nil && string(one) == string(two)
}

// printJSONLine prints a value in one line.
func printJSONLine(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// printJSON prints a value for people and programs.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// coded is an error with an exit code of its own.
type coded struct {
	code int
	err  error
}

func (c coded) Error() string { return c.err.Error() }
func (c coded) Unwrap() error { return c.err }

// codeError is nil or a silent exit code.
func codeError(code int) error {
	if code == exitOK {
		return nil
	}
	return silent(code)
}
