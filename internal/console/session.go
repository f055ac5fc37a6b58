package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/session"
)

const (
	handshakeTime = 30 * time.Second // for the client's answer
	lastTime      = 20 * time.Second // for the client to go after channel_closed
	goodbyeTime   = 2 * time.Second  // the same, when the command was ended
	lookTime      = time.Second      // between looks whether the container runs
	outputPiece   = 4 << 10          // longest payload of output, in bytes
	window        = 512 << 10        // of output that may be on its way
)

// rootUser runs the commands: those of ECS Exec are root's, whoever the container's
// user is.
const rootUser = "0:0"

// Version that the handshake tells: clients look at it for abilities of an agent.
const agentVersion = "3.3.0.0"

// console is one session. It begins with run, and ends with it.
type console struct {
	Request
	all    *Sessions
	id     string
	token  token
	script *transcript // nil = none

	stream *session.Stream
	input  *input
	sizes  chan runtime.TerminalSize

	life    context.Context // of the session
	kill    context.CancelFunc
	command context.Context // of the command; ends with a cause
	stop    context.CancelCauseFunc

	opened   chan struct{} // closed when the first client came
	answered chan string   // what is wrong with the client's handshake, once
	once     sync.Once     // of answered
	pipes    bool          // set before opened is closed

	mu     sync.Mutex
	first  bool // a client came
	conns  int
	moved  chan struct{} // closed and replaced when conns changes
	hangUp *time.Timer
}

func newConsole(all *Sessions, r Request) *console {
	s := &console{
		Request: r, all: all, id: newSessionID(), input: newInput(), sizes: make(chan runtime.TerminalSize, 1),
		opened: make(chan struct{}), answered: make(chan string, 1), moved: make(chan struct{}),
	}
	s.life, s.kill = context.WithCancel(context.Background())
	s.command, s.stop = context.WithCancelCause(all.ctx)
	s.stream = session.NewStream(session.StreamOptions{
		Kind: session.OutputData, Window: window, Handle: s.handle, Room: s.input.room,
		Urgent: func(flag uint32) {
			if flag == session.Terminate {
				s.stop(errTerminated)
			}
		},
	})
	return s
}

// run is the life of a session.
func (s *console) run() {
	defer s.all.remove(s)
	defer s.kill()
	defer s.stop(nil)
	defer s.input.end()
	select {
	case <-s.opened:
	case <-time.After(TokenLife):
		return
	case <-s.command.Done():
		return
	}
	if err := s.all.remember(s); err != nil {
		s.goodbye(outcome{text: "The session could not be recorded: " + err.Error()})
		return
	}
	defer s.all.forget(s.id)
	o := s.work()
	s.script.Close()
	s.all.o.Log.Info("session ended", "session", s.id, "task", s.Task, "container", s.Container, "why", o.String())
	s.goodbye(o)
}

// work shakes hands and runs the command.
func (s *console) work() outcome {
	began := time.Now()
	if err := s.shakeHands(); err != nil {
		return s.failed(err)
	}
	done := session.Complete{HandshakeTimeToComplete: time.Since(began)}
	if err := s.send(session.HandshakeComplete, done); err != nil {
		return s.failed(err)
	}
	watch, stopWatch := context.WithCancel(s.command)
	defer stopWatch()
	go s.look(watch)
	streams := runtime.ExecIO{
		Stdin: s.input, Stdout: s.both(s.writer(session.Output)), Stderr: s.both(s.writer(session.StdErr)), User: rootUser,
	}
	if !s.pipes {
		streams.TTY, streams.Sizes, streams.Env = true, s.sizes, []string{"TERM=xterm-256color"}
	}
	code, err := s.all.o.Exec(s.command, s.Task, s.Container, s.Command, streams)
	return s.outcome(code, err)
}

func (s *console) shakeHands() error {
	kind := session.InteractiveCommands
	if s.pipes {
		kind = session.NonInteractiveCommands
	}
	parameters, err := json.Marshal(session.SessionType{SessionType: kind, Properties: map[string]any{}})
	if err != nil {
		return err
	}
	err = s.send(session.HandshakeRequest, session.Request{
		AgentVersion:           agentVersion,
		RequestedClientActions: []session.Action{{ActionType: session.ActionSessionType, ActionParameters: parameters}},
	})
	if err != nil {
		return err
	}
	select {
	case wrong := <-s.answered:
		if wrong != "" {
			return errors.New(wrong)
		}
		return nil
	case <-time.After(handshakeTime):
		return fmt.Errorf("the client did not answer the handshake within %v; update the session-manager-plugin", handshakeTime)
	case <-s.command.Done():
		return context.Cause(s.command)
	}
}

func (s *console) send(kind session.PayloadType, doc any) error {
	payload, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return s.stream.Send(s.command, kind, payload)
}

// handle takes what the client sent.
func (s *console) handle(m session.Message) {
	switch m.Kind {
	case session.Output:
		s.input.write(m.Payload)
	case session.Size:
		var size session.TerminalSize
		if json.Unmarshal(m.Payload, &size) == nil {
			s.resize(size)
		}
	case session.Flag:
		if s.pipes && session.FlagValue(m.Payload) == session.EndOfInput {
			s.input.end()
		}
	case session.HandshakeResponse:
		var r session.Response
		wrong := ""
		if json.Unmarshal(m.Payload, &r) != nil {
			wrong = "the client's handshake cannot be read"
		} else if len(r.Errors) > 0 {
			wrong = r.Errors[0]
		}
		s.once.Do(func() { s.answered <- wrong })
	}
}

// resize keeps the newest size until the terminal takes it.
func (s *console) resize(size session.TerminalSize) {
	next := runtime.TerminalSize{Cols: uint16(min(size.Cols, 65535)), Rows: uint16(min(size.Rows, 65535))}
	for {
		select {
		case s.sizes <- next:
			return
		default:
		}
		select {
		case <-s.sizes:
		default:
		}
	}
}

// look ends the command when its container has, unless that ends it: then its exit
// code tells.
func (s *console) look(ctx context.Context) {
	for pause := lookTime; ; {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		why, ended := s.all.o.State(s.Target)
		if ended && pause == noticeTime {
			s.stop(taskEnded(why))
			return
		}
		if ended {
			pause = noticeTime
		}
	}
}

// writer sends output to the client and waits while too much is on its way.
func (s *console) writer(kind session.PayloadType) writer { return writer{s, kind} }

type writer struct {
	s    *console
	kind session.PayloadType
}

func (w writer) Write(p []byte) (n int, err error) {
	for n < len(p) {
		piece := p[n:min(len(p), n+outputPiece)]
		if err := w.s.stream.Send(w.s.command, w.kind, piece); err != nil {
			return n, err
		}
		n += len(piece)
	}
	return n, nil
}
