package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// inputPiece is the longest payload of input, in bytes: AWS's agents take no more.
const inputPiece = 1024

// clientVersion is that of the session-manager-plugin whose protocol this is: AWS
// reads it as a number of four parts.
const clientVersion = "1.2.0.0"

// resumeTime is how long a client tries to come back after it lost its connection.
const resumeTime = 30 * time.Second

// maxShort is how many connections in a row may break within a second.
const maxShort = 20

// ErrOver ends a client whose session ended while there was no connection.
var ErrOver = errors.New("the connection was lost, and the session ended meanwhile")

// ClientOptions of NewClient; URL, Token, Stdout and Stderr are required.
type ClientOptions struct {
	URL, Token string // of the session, as ExecuteCommand answers them
	// Pipes asks for a command without a terminal. Only grue knows how.
	Pipes          bool
	Stdout, Stderr io.Writer
	// Resume gets a new token for a session whose connection was lost; "" means that
	// the session is over. nil = no coming back.
	Resume func(ctx context.Context) (token string, err error)
	HTTP   *http.Client // that dials; nil = http.DefaultClient
}

// Client is the end of a session where a person or a script is. Use NewClient,
// then Run; the other methods wait until the session has begun.
type Client struct {
	o      ClientOptions
	stream *Stream

	ready chan struct{} // closed when the session has begun
	begin sync.Once
	done  chan struct{} // closed with closed or failed
	end   sync.Once

	closed *Closed
	failed error
}

// NewClient makes a client that has not connected yet.
func NewClient(o ClientOptions) *Client {
	c := &Client{o: o, ready: make(chan struct{}), done: make(chan struct{})}
	c.stream = NewStream(StreamOptions{Kind: InputData, Window: 256 << 10, Handle: c.handle, Closed: c.channelClosed})
	return c
}

// Run connects, carries the session to its end and returns how the server closed
// it. A lost connection is resumed. When ctx ends the session is left alone.
func (c *Client) Run(ctx context.Context) (Closed, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer c.finish(nil, context.Canceled)
	go func() {
		select {
		case <-c.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	short := 0 // connections in a row that broke at once
	for token := c.o.Token; ; {
		began := time.Now()
		err := c.once(ctx, token)
		if short++; time.Since(began) > time.Second {
			short = 0
		}
		select {
		case <-c.done:
			if c.closed != nil {
				return *c.closed, nil
			}
			return Closed{}, c.failed
		default:
		}
		if ctx.Err() != nil {
			return Closed{}, ctx.Err()
		}
		if short > maxShort {
			return Closed{}, err
		}
		if token, err = c.resume(ctx, err); err != nil {
			return Closed{}, err
		}
		select {
		case <-time.After(time.Duration(short) * 50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// once is the time of one connection.
func (c *Client) once(ctx context.Context, token string) error {
	conn, resp, err := websocket.Dial(ctx, c.o.URL, &websocket.DialOptions{HTTPClient: c.o.HTTP})
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return fmt.Errorf("the server refused the data channel: %s", resp.Status)
		}
		return err
	}
	link := WebSocket(conn)
	open := Open{MessageSchemaVersion: "1.0", RequestID: IDString(NewID()), TokenValue: token, ClientID: IDString(NewID()), ClientVersion: clientVersion}
	if c.o.Pipes {
		open.Streams = Pipes
	}
	if err := conn.Write(ctx, websocket.MessageText, encode(open)); err != nil {
		link.Close()
		return err
	}
	return c.stream.Serve(ctx, link)
}

// resume gets a new token after the connection broke by a cause.
func (c *Client) resume(ctx context.Context, cause error) (string, error) {
	if c.o.Resume == nil {
		return "", cause
	}
	ctx, cancel := context.WithTimeout(ctx, resumeTime)
	defer cancel()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		token, err := c.o.Resume(ctx)
		switch {
		case err == nil && token == "":
			return "", ErrOver
		case err == nil:
			return token, nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return "", fmt.Errorf("the connection was lost (%w) and could not be resumed: %w", cause, err)
		}
	}
}

// handle takes what the server sent.
func (c *Client) handle(m Message) {
	switch m.Kind {
	case HandshakeRequest:
		c.handshake(m.Payload)
	case HandshakeComplete:
		var done Complete
		if json.Unmarshal(m.Payload, &done) == nil && done.CustomerMessage != "" {
			fmt.Fprintln(c.o.Stderr, done.CustomerMessage)
		}
		c.begin.Do(func() { close(c.ready) })
	case Output, Failure, StdErr:
		c.begin.Do(func() { close(c.ready) }) // an agent without a handshake
		w := c.o.Stdout
		if m.Kind != Output {
			w = c.o.Stderr
		}
		if _, err := w.Write(m.Payload); err != nil {
			c.finish(nil, err)
		}
	}
}

// handshake answers what the server asks for.
func (c *Client) handshake(payload []byte) {
	var asked Request
	if json.Unmarshal(payload, &asked) != nil {
		c.finish(nil, errors.New("the server's handshake cannot be read"))
		return
	}
	answer := Response{ClientVersion: clientVersion, ProcessedClientActions: []ActionResult{}}
	for _, a := range asked.RequestedClientActions {
		r := c.perform(a)
		if r.Error != "" {
			answer.Errors = append(answer.Errors, r.Error)
		}
		answer.ProcessedClientActions = append(answer.ProcessedClientActions, r)
	}
	_ = c.stream.Send(context.Background(), HandshakeResponse, encode(answer)) // the first message never waits
	if len(answer.Errors) > 0 {
		c.finish(nil, errors.New(answer.Errors[0]))
	}
}

func (c *Client) perform(a Action) ActionResult {
	r := ActionResult{ActionType: a.ActionType, ActionStatus: ActionFailed}
	switch a.ActionType {
	case ActionSessionType:
		var t SessionType
		_ = json.Unmarshal(a.ActionParameters, &t) // a type that cannot be read is not known either
		switch t.SessionType {
		case StandardStream, InteractiveCommands, NonInteractiveCommands:
			r.ActionStatus = ActionSuccess
		default:
			r.Error = fmt.Sprintf("this client cannot do sessions of type %q", t.SessionType)
		}
	case ActionKMSEncryption:
		r.Error = "this client cannot encrypt sessions with a KMS key; use aws ecs execute-command"
	default:
		r.ActionStatus, r.Error = ActionUnsupported, fmt.Sprintf("this client does not know the action %q", a.ActionType)
	}
	return r
}

func (c *Client) channelClosed(closed Closed) { c.finish(&closed, nil) }

// finish ends Run.
func (c *Client) finish(closed *Closed, err error) {
	c.end.Do(func() {
		c.closed, c.failed = closed, err
		close(c.done)
	})
}

// send waits for the beginning of the session.
func (c *Client) send(kind PayloadType, payload []byte) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-c.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	select {
	case <-c.ready:
	case <-c.done:
		return io.ErrClosedPipe
	}
	if err := c.stream.Send(ctx, kind, payload); err != nil {
		return io.ErrClosedPipe
	}
	return nil
}

// Write sends input; it waits while the command does not take it.
func (c *Client) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		piece := p[:min(len(p), inputPiece)]
		if err := c.send(Output, piece); err != nil {
			return n, err
		}
		n, p = n+len(piece), p[len(piece):]
	}
	return n, nil
}

// CloseInput tells a command without a terminal that its input has ended.
func (c *Client) CloseInput() error { return c.send(Flag, FlagPayload(EndOfInput)) }

// Terminate asks for the end of the session.
func (c *Client) Terminate() error { return c.send(Flag, FlagPayload(Terminate)) }

// Resize tells the size of the terminal.
func (c *Client) Resize(s TerminalSize) error { return c.send(Size, encode(s)) }
