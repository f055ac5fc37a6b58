//go:build linux

package shim

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Request is the one line with which a client opens a connection.
//
//	watch  answers with a line of runtime.Status now and at each change; further
//	       lines {"Op":"stop"} may follow on the same connection
//	flush  answers with an ExecReply when what the containers wrote before is in
//	       their logs
//	exec   comes with three files, or none for a terminal; answers with an
//	       ExecReply when the command has started (with the terminal's file)
//	       and with another when it has ended
type Request struct {
	Op        string
	Container string   `json:",omitempty"`
	Cmd       []string `json:",omitempty"`
	TTY       bool     `json:",omitempty"`
	User      string   `json:",omitempty"` // uid:gid instead of the container's
	Env       []string `json:",omitempty"` // added to the container's
}

// ExecReply answers an exec.
type ExecReply struct {
	Error string `json:",omitempty"`
	Done  bool
	Code  int
}

// server answers on the task's socket.
type server struct {
	c    *containers
	stop func()

	execs sync.WaitGroup // commands whose end has not been told

	mu      sync.Mutex
	ended   bool // no command begins any more
	status  runtime.Status
	changed chan struct{} // closed and replaced at each change
}

func newServer(c *containers, stop func(), st runtime.Status) *server {
	return &server{c: c, stop: stop, status: st, changed: make(chan struct{})}
}

func (s *server) publish(st runtime.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = st
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *server) now() (runtime.Status, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status, s.changed
}

func (s *server) accept(l *net.UnixListener) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return
		}
		go s.handle(conn)
	}
}

func (s *server) handle(conn *net.UnixConn) {
	defer conn.Close()
	buf := make([]byte, 1<<20)
	files, n, err := receive(conn, buf)
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	// More lines may have come along with the first.
	first, rest, _ := bytes.Cut(buf[:n], []byte("\n"))
	var r Request
	if err != nil || json.Unmarshal(first, &r) != nil {
		return
	}
	switch r.Op {
	case "watch":
		s.watch(conn, rest)
	case "flush":
		s.c.flush()
		reply(conn, ExecReply{Done: true}, nil)
	case "exec":
		if !s.begin() {
			reply(conn, ExecReply{Error: "the task has ended", Done: true}, nil)
			return
		}
		defer s.execs.Done()
		s.exec(conn, r, files)
	}
}

// begin counts a command, unless told waits already.
func (s *server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.execs.Add(1)
	}
	return !s.ended
}

// watch streams the newest status until the client goes; early is what the
// client had sent by then. The last status is sent before the process ends,
// because main waits for that.
func (s *server) watch(conn *net.UnixConn, early []byte) {
	go func() {
		lines := bufio.NewScanner(io.MultiReader(bytes.NewReader(early), conn))
		for lines.Scan() {
			var r Request
			if json.Unmarshal(lines.Bytes(), &r) == nil && r.Op == "stop" {
				s.stop()
			}
		}
		conn.Close()
	}()
	enc := json.NewEncoder(conn)
	for {
		st, changed := s.now()
		if enc.Encode(st) != nil || st.Phase == runtime.PhaseStopped {
			return
		}
		<-changed
	}
}

// lastWords is how long clients have to take the end of their commands.
const lastWords = 5 * time.Second

// told waits until the clients of commands, all of which have ended, know how. A
// command that comes later is refused.
func (s *server) told() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	done := make(chan struct{})
	go func() { s.execs.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(lastWords):
	}
}

// exec runs a command for a client. When the client goes, the command is hung up
// on if it has a terminal, and killed.
func (s *server) exec(conn *net.UnixConn, r Request, files []*os.File) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	p, tty, err := s.startExec(r, files)
	if err != nil {
		reply(conn, ExecReply{Error: err.Error(), Done: true}, nil)
		return
	}
	for _, f := range files {
		f.Close() // only the command may hold them, or the client waits for ever
	}
	reply(conn, ExecReply{}, tty)
	if tty != nil {
		tty.Close()
	}
	go func() {
		conn.Read(make([]byte, 1))
		cancel()
	}()
	code, err := p.wait(ctx, r.TTY)
	if err == nil {
		reply(conn, ExecReply{Done: true, Code: code}, nil)
	}
}

func (s *server) startExec(r Request, files []*os.File) (*process, *os.File, error) {
	if !r.TTY {
		if len(files) != 3 {
			return nil, nil, fmt.Errorf("exec with %d files instead of 3", len(files))
		}
		p, err := s.c.spawn(r, files, nil)
		return p, nil, err
	}
	c, err := listenConsole(s.c.dir)
	if err != nil {
		return nil, nil, err
	}
	defer c.close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, err
	}
	defer null.Close()
	p, err := s.c.spawn(r, []*os.File{null, null, null}, c)
	if err != nil {
		return nil, nil, err
	}
	tty, err := c.master()
	return p, tty, err
}
