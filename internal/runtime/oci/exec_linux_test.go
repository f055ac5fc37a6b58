package oci

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

func TestExec(t *testing.T) {
	w := newWorld(t)
	c := app("a", "hang=")
	c.User, c.Env = "app", []string{"MARK=here"}
	id := w.start(w.spec(c))
	w.running(id)
	t.Run("streams and exit code", func(t *testing.T) {
		var out, errs bytes.Buffer
		code, err := w.Exec(t.Context(), id, "a", []string{"/guest", "env=MARK", "id=", "warn=oops", "echo=", "exit=5"},
			runtime.ExecIO{Stdin: strings.NewReader("typed\n"), Stdout: &out, Stderr: &errs})
		if code != 5 || err != nil || out.String() != "here\n1000 1001 [2000]\ntyped\n" || errs.String() != "oops\n" {
			t.Errorf("%d, %v, %q, %q", code, err, out.String(), errs.String())
		}
	})
	t.Run("terminal", func(t *testing.T) {
		var out bytes.Buffer
		code, err := w.Exec(t.Context(), id, "a", []string{"/guest", "print=tty", "exit=4"}, runtime.ExecIO{Stdout: &out, TTY: true})
		if code != 4 || err != nil || out.String() != "tty\r\n" {
			t.Errorf("%d, %v, %q", code, err, out.String())
		}
	})
	t.Run("terminal of root", func(t *testing.T) {
		var out bytes.Buffer
		sizes := make(chan runtime.TerminalSize, 2)
		sizes <- runtime.TerminalSize{Cols: 80, Rows: 24}
		sizes <- runtime.TerminalSize{Cols: 100, Rows: 30}
		code, err := w.Exec(t.Context(), id, "a", []string{"/guest", "size=100x30", "id=", "env=MARK", "env=EXTRA", "env=HOME", "status=CapEff"},
			runtime.ExecIO{Stdout: &out, TTY: true, Sizes: sizes, User: "0:0", Env: []string{"EXTRA=1"}})
		lines := strings.Split(out.String(), "\r\n")
		if code != 0 || err != nil || len(lines) != 7 || lines[0] != "size 100x30" || !strings.HasPrefix(lines[1], "0 0 ") ||
			lines[2] != "here" || lines[3] != "1" || lines[4] != "/root" || strings.HasSuffix(lines[5], "\t0000000000000000") {
			t.Errorf("%d, %v, %q", code, err, out.String())
		}
	})
	t.Run("hung up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		out := writes{func() { cancel() }}
		if _, err := w.Exec(ctx, id, "a", []string{"/guest", "print=ready", "hang="}, runtime.ExecIO{Stdout: out, TTY: true}); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
	t.Run("no such program", func(t *testing.T) {
		if _, err := w.Exec(t.Context(), id, "a", []string{"/nope"}, runtime.ExecIO{}); err == nil || !strings.Contains(err.Error(), "no such file") || !errors.As(err, new(*runtime.StartError)) {
			t.Errorf("%v", err)
		}
	})
	t.Run("no such container", func(t *testing.T) {
		if _, err := w.Exec(t.Context(), id, "zz", []string{"/guest"}, runtime.ExecIO{}); err == nil {
			t.Error("no error")
		}
		if _, err := w.Exec(t.Context(), "ghost", "a", []string{"/guest"}, runtime.ExecIO{}); !errors.Is(err, runtime.ErrNotFound) {
			t.Errorf("%v", err)
		}
	})
	t.Run("given up", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := w.Exec(ctx, id, "a", []string{"/guest", "hang="}, runtime.ExecIO{Stdout: io.Discard}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		until(t, "the command is killed", func() bool { return w.processes(id) == 2 })
	})
	t.Run("output in other hands", func(t *testing.T) {
		for _, tty := range []bool{false, true} {
			var out bytes.Buffer
			code, err := w.Exec(t.Context(), id, "a", []string{"/guest", "leave=", "print=all of it", "exit=2"}, runtime.ExecIO{Stdout: &out, TTY: tty})
			if code != 2 || err != nil || strings.TrimSpace(out.String()) != "all of it" {
				t.Errorf("terminal %v: %d, %v, %q", tty, code, err, out.String())
			}
		}
	})
	w.stop(id)
	w.remove(id)
}

// What a container wrote before a Flush is in its log after it.
func TestFlush(t *testing.T) {
	w := newWorld(t)
	id := w.start(w.spec(app("a", "hang=")))
	path := w.running(id).Containers[0].LogFile
	for i := range 20 {
		// As the container itself writes: through its first process's standard output.
		line := fmt.Sprint("line ", i)
		if code, err := w.Exec(t.Context(), id, "a", []string{"/guest", "tell=" + line}, runtime.ExecIO{User: "0:0"}); code != 0 || err != nil {
			t.Fatal(code, err)
		}
		if err := w.Flush(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if doc, err := os.ReadFile(path); err != nil || !strings.Contains(string(doc), `"`+line+`"`) {
			t.Fatalf("%s is missing: %v", line, err)
		}
	}
	w.stop(id)
	if err := w.Flush(t.Context(), "ghost"); !errors.Is(err, runtime.ErrNotFound) {
		t.Error(err)
	}
	w.remove(id)
}

// A command that the end of its container ends has told all and has an exit code.
func TestExecUntilTheEnd(t *testing.T) {
	w := newWorld(t)
	id := w.start(w.spec(app("a", "hang=")))
	w.running(id)
	var out bytes.Buffer
	type end struct {
		code int
		err  error
	}
	began, ended := make(chan struct{}), make(chan end, 1)
	go func() {
		first := sync.OnceFunc(func() { close(began) })
		code, err := w.Exec(t.Context(), id, "a", []string{"/guest", "print=last words", "hang="}, runtime.ExecIO{Stdout: io.MultiWriter(&out, writes{first})})
		ended <- end{code, err}
	}()
	<-began
	w.stop(id)
	if e := <-ended; e.code != 137 || e.err != nil || out.String() != "last words\n" {
		t.Errorf("%d, %v, %q", e.code, e.err, out.String())
	}
	w.remove(id)
}

// processes counts those of container a, with the one that lists them.
func (w *world) processes(id string) (n int) {
	w.t.Helper()
	var out bytes.Buffer
	code, err := w.Exec(w.t.Context(), id, "a", []string{"/guest", "ls=/proc"}, runtime.ExecIO{Stdout: &out, User: "0:0"})
	if code != 0 || err != nil {
		w.t.Fatalf("%d, %v", code, err)
	}
	for name := range strings.Lines(out.String()) {
		if _, err := strconv.Atoi(strings.TrimSpace(name)); err == nil {
			n++
		}
	}
	return n
}

// writes calls fn at each write.
type writes struct{ fn func() }

func (w writes) Write(p []byte) (int, error) {
	w.fn()
	return len(p), nil
}

func TestStats(t *testing.T) {
	w := newWorld(t)
	c := app("a", "serve=:80")
	c.MemoryMiB = 64
	id := w.start(w.spec(c))
	s := w.running(id)
	until(t, "an answer", func() bool { _, err := http.Get("http://" + s.IP); return err == nil })
	st, err := w.Stats(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if a := st["a"]; a.CPU <= 0 || a.MemoryBytes == 0 || a.MemoryLimit != 64<<20 || a.PIDs == 0 || a.RxBytes == 0 || a.TxBytes == 0 {
		t.Errorf("%+v", a)
	}
	w.stop(id)
	w.remove(id)
}

func TestBridgePorts(t *testing.T) {
	w := newWorld(t)
	c := app("a", "hang=")
	c.Ports = []runtime.Port{{Container: 80}, {Container: 81, Protocol: "udp"}, {Container: 82, Host: 18082}}
	s := w.spec(c)
	s.NetworkMode = runtime.ModeBridge
	id := w.start(s)
	st := w.running(id)
	p := st.Containers[0].Ports
	if len(p) != 3 || p[0].Host < 32768 || p[0].Protocol != "tcp" || p[1].Protocol != "udp" || p[2].Host != 18082 || p[0].BindIP != "0.0.0.0" {
		t.Errorf("%+v", p)
	}
	second := w.spec(c)
	second.NetworkMode = runtime.ModeBridge
	if st := w.stopped(w.start(second)); st.Fail == nil || st.Fail.Reason != "CannotStartContainerError: Bind for 0.0.0.0:18082 failed: port is already allocated" {
		t.Errorf("%s", show(st))
	}
	w.Close()
	w.open()
	third := w.spec(c)
	third.NetworkMode = runtime.ModeBridge
	if st := w.stopped(w.start(third)); st.Fail == nil {
		t.Errorf("ports were forgotten: %s", show(st))
	}
	w.stop(id)
	for _, x := range []string{id, second.ID, third.ID} {
		w.remove(x)
	}
}

func TestLogs(t *testing.T) {
	w := newWorld(t)
	w.Close()
	w.opts.LogBytes, w.opts.LogFiles = 2000, 3
	w.open()
	long := strings.Repeat("x", 300<<10)
	s := w.stopped(w.start(w.spec(app("a", "lines=5000"))))
	files, _ := filepath.Glob(s.Containers[0].LogFile + "*")
	if len(files) != 3 {
		t.Errorf("files %v", files)
	}
	for _, f := range files {
		if st, _ := os.Stat(f); st.Size() > 2000+66<<10 {
			t.Errorf("%s has %d bytes", f, st.Size())
		}
	}
	c := app("a", "env=LONG")
	c.Env = []string{"LONG=" + long[:100<<10]}
	s = w.stopped(w.start(w.spec(c)))
	if out := w.output(s, "a"); len(out) != 1 || len(out[0]) != len("stdout: ")+100<<10 {
		t.Errorf("%d lines", len(out))
	}
	w.remove(s.ID)
	if _, err := os.Stat(s.Containers[0].LogFile); err != nil {
		t.Errorf("Remove took the log: %v", err)
	}
}
