package console

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/session"
)

// Why a command was ended.
var (
	errTerminated = errors.New("the session was terminated")
	errHungUp     = errors.New("the client went away")
	errStopping   = errors.New("the session ended because grue is stopping")
)

// taskEnded is why a container is no more.
type taskEnded string

func (e taskEnded) Error() string { return string(e) }

// outcome is how a session ended.
type outcome struct {
	text string // for the person; "" = the command ended by itself
	code *int
}

func (o outcome) String() string {
	if o.text == "" && o.code != nil {
		return fmt.Sprintf("exit code %d", *o.code)
	}
	return o.text
}

// killed is the exit code of a command that a SIGKILL ended, and of one whose
// container ended, also when nobody is left to tell the code.
const killed = 128 + 9

// noticeTime is how long after such an end the task's state tells of it.
const noticeTime = 3 * time.Second

// outcome says how a command ended.
func (s *console) outcome(code int, err error) outcome {
	var notStarted *runtime.StartError
	var gone taskEnded
	end := killed
	switch cause := context.Cause(s.command); {
	case errors.As(cause, &gone):
		return outcome{text: sentence(string(gone)), code: &end}
	case cause != nil:
		return s.failed(cause)
	case errors.As(err, &notStarted):
		none := 127
		return outcome{text: "----------ERROR-------\nUnable to start command: " + notStarted.Error(), code: &none}
	case err != nil || code == killed:
		if why := s.containerEnded(); why != "" {
			return outcome{text: why, code: &end}
		}
		if err != nil {
			return s.failed(err)
		}
	}
	return outcome{code: &code}
}

// failed says how a session ended that was not up to its command.
func (s *console) failed(err error) outcome {
	if errors.Is(err, errTerminated) {
		return outcome{}
	}
	return outcome{text: sentence(err.Error())}
}

// sentence begins with a capital and ends with a full stop.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(text[size:], ".") + "."
}

// containerEnded waits a little for the news that the container has ended.
func (s *console) containerEnded() string {
	limit := time.After(noticeTime)
	for {
		why, _ := s.all.o.State(s.Target)
		if why != "" {
			return why
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-limit:
			return ""
		case <-s.command.Done():
			return ""
		}
	}
}

// goodbye sends the rest of the output and the last message, and waits for the
// client to go.
func (s *console) goodbye(o outcome) {
	ctx, cancel := s.patience()
	_ = s.stream.Flush(ctx) // or nobody is there to take it
	there := s.connected(ctx)
	cancel()
	s.stream.Close(session.Closed{SessionID: s.id, DestinationID: s.Task, Output: o.text, ExitCode: o.code})
	if there {
		ctx, cancel = s.patience()
		defer cancel()
		s.left(ctx)
	}
}

// patience ends goodbyeTime after the command was ended: nobody may want the rest.
func (s *console) patience() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(s.life)
	stop := context.AfterFunc(s.command, func() { time.AfterFunc(goodbyeTime, cancel) })
	return ctx, func() { stop(); cancel() }
}
