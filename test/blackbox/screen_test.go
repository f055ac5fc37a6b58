package blackbox

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"github.com/containerd/console"

	"github.com/grue-ecs/grue/test/harness"
)

// screen is a program at a terminal of 80 by 24 characters.
type screen struct {
	t    testing.TB
	tty  console.Console
	cmd  *exec.Cmd
	done chan struct{} // closed when everything it wrote was read

	mu   sync.Mutex
	text []byte
	seen int // up to where sees has looked
}

// atScreen starts a program; its standard output may go elsewhere.
func atScreen(t testing.TB, cmd *exec.Cmd) *screen {
	t.Helper()
	tty, path, err := console.NewPty()
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	s := &screen{t: t, tty: tty, cmd: cmd, done: make(chan struct{})}
	s.resize(80, 24)
	cmd.Stdin, cmd.Stderr = own, own
	if cmd.Stdout == nil {
		cmd.Stdout = own
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.done)
		buf := make([]byte, 64<<10)
		for {
			n, err := tty.Read(buf)
			s.mu.Lock()
			s.text = append(s.text, buf[:n]...)
			s.mu.Unlock()
			if err != nil {
				return // the last one at the terminal has gone
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-s.done
		tty.Close()
	})
	return s
}

func (s *screen) resize(cols, rows uint16) {
	if err := s.tty.Resize(console.WinSize{Width: cols, Height: rows}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) types(text string) {
	if _, err := io.WriteString(s.tty, text); err != nil {
		s.t.Fatal(err)
	}
}

// sees waits for a text after the one that was seen last.
func (s *screen) sees(text string) {
	s.t.Helper()
	if harness.Eventually(func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		i := bytes.Index(s.text[s.seen:], []byte(text))
		if i >= 0 {
			s.seen += i + len(text)
		}
		return i >= 0
	}) != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.t.Fatalf("never seen: %q after %q", text, s.text[:s.seen])
	}
}

// ends waits for the end of the program and checks its exit code.
func (s *screen) ends(code int) {
	s.t.Helper()
	_ = s.cmd.Wait() // the code tells
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.t.Errorf("ended with %d, want %d: %s", got, code, s.text)
	}
}

// wire is a way to a server that can be cut.
type wire struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

// wireTo listens on loopback and passes connections on.
func wireTo(t testing.TB, addr string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l}
	t.Cleanup(func() { l.Close(); w.cut() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", addr)
			if err != nil {
				near.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, near, far)
			w.mu.Unlock()
			go func() { _, _ = io.Copy(far, near); far.Close() }()
			go func() { _, _ = io.Copy(near, far); near.Close() }()
		}
	}()
	return w
}

// cut breaks every connection; new ones are let through.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
	w.conns = nil
}
