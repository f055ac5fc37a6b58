package console

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs"
)

const (
	maxLine  = 200 << 10 // of an event, in bytes; a longer line becomes several
	maxBatch = 500 << 10 // that waits to be written
	maxLines = 5000
	quiet    = time.Second // after which what waits is written
)

// transcript copies what a command writes into a log stream, a line an event.
type transcript struct {
	store         *logs.Store
	scope         arn.Scope
	group, stream string
	now           func() time.Time
	failed        func(error) // told once

	mu    sync.Mutex
	lines []logs.Input
	bytes int
	rest  []byte // of the line that has no end yet
	timer *time.Timer
	over  bool
}

// ErrNoLogGroup tells that the log group for the transcript does not exist.
var ErrNoLogGroup = errors.New("the log group for the transcript does not exist")

// openTranscript makes the log stream before the session begins: AWS refuses a
// session whose log group does not exist, too.
func (s *console) openTranscript() error {
	if s.LogGroup == "" || s.all.o.Logs == nil {
		return nil
	}
	if _, err := s.all.o.Logs.Group(s.Scope, s.LogGroup); err != nil {
		return fmt.Errorf("%w: %s", ErrNoLogGroup, s.LogGroup)
	}
	if err := s.all.o.Logs.CreateStream(s.Scope, s.LogGroup, s.id); err != nil {
		return err
	}
	s.script = &transcript{
		store: s.all.o.Logs, scope: s.Scope, group: s.LogGroup, stream: s.id, now: s.all.o.Now,
		failed: func(err error) { s.all.o.Log.Warn("the transcript of a session ends", "session", s.id, "err", err) },
	}
	return nil
}

// Write takes output; it never fails. A nil transcript takes it, too.
func (t *transcript) Write(p []byte) (int, error) {
	if t == nil {
		return len(p), nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rest = append(t.rest, p...)
	for {
		line, after, ok := bytes.Cut(t.rest, []byte("\n"))
		if !ok && len(t.rest) < maxLine {
			break
		}
		cut := min(len(line), maxLine)
		if cut < len(line) {
			after = t.rest[cut:]
		}
		t.add(line[:cut])
		t.rest = bytes.Clone(after)
	}
	if t.bytes >= maxBatch || len(t.lines) >= maxLines {
		t.flush()
	} else if t.timer == nil && len(t.lines) > 0 {
		t.timer = time.AfterFunc(quiet, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.flush()
		})
	}
	return len(p), nil
}

func (t *transcript) add(line []byte) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return // AWS's events are not empty
	}
	t.lines = append(t.lines, logs.Input{Time: t.now().UnixMilli(), Message: string(bytes.ToValidUTF8(line, []byte("\uFFFD")))})
	t.bytes += len(line)
}

func (t *transcript) flush() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
	lines := t.lines
	t.lines, t.bytes = nil, 0
	if len(lines) == 0 || t.over {
		return
	}
	if _, err := t.store.Put(t.scope, t.group, t.stream, lines); err != nil {
		t.over = true
		t.failed(err)
	}
}

// Close writes what is left.
func (t *transcript) Close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.add(t.rest)
	t.rest = nil
	t.flush()
}

// both writes to the client and, if it went there, to the transcript.
func (s *console) both(w io.Writer) io.Writer {
	if s.script == nil {
		return w
	}
	return io.MultiWriter(w, s.script)
}
