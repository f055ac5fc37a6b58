package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/coder/websocket"

	"github.com/grue-ecs/grue/internal/session"
)

// Path is where data channels are, as on AWS; the session's id follows.
const Path = "/v1/data-channel/"

const (
	openTime = 15 * time.Second // for the first message of a connection
	maxOpen  = 64 << 10
)

// crashed is what the client of a session hears whose process died.
const crashed = "The session ended because grue was restarted. The task runs on: open another session."

// StreamURL is where the data channel of a session is, on the host and the port
// that its caller used: endpoint is "http://127.0.0.1:4566".
func StreamURL(endpoint, id string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		u = &url.URL{}
	}
	out := url.URL{Scheme: "ws", Host: u.Host, Path: Path + id, RawQuery: "role=publish_subscribe"}
	if u.Scheme == "https" {
		out.Scheme = "wss"
	}
	return out.String()
}

// ServeHTTP is a data channel: GET Path + id.
func (c *Sessions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Path[min(len(r.URL.Path), len(Path)):]
	if !c.exists(id) {
		http.Error(w, "there is no such session; it may have ended", http.StatusNotFound)
		return
	}
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept has answered
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(maxOpen)
	open, ok := readOpen(c.ctx, conn)
	if !ok {
		_ = conn.Close(websocket.StatusPolicyViolation, "the first message must be the token of the session")
		return
	}
	s, gone := c.admit(id, open.TokenValue)
	switch {
	case s != nil:
		s.serve(session.WebSocket(conn), open.Streams == session.Pipes)
	case gone != nil:
		c.forget(id)
		serveLost(c.ctx, session.WebSocket(conn), id)
	default:
		_ = conn.Close(websocket.StatusPolicyViolation, "the token is not valid, or was used before; get another with ResumeSession")
	}
}

func readOpen(ctx context.Context, conn *websocket.Conn) (open session.Open, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, openTime)
	defer cancel()
	kind, doc, err := conn.Read(ctx)
	return open, err == nil && kind == websocket.MessageText && json.Unmarshal(doc, &open) == nil
}

// serveLost tells a client that its session is over.
func serveLost(ctx context.Context, l session.Link, id string) {
	ctx, cancel := context.WithTimeout(ctx, goodbyeTime)
	defer cancel()
	st := session.NewStream(session.StreamOptions{Kind: session.OutputData, Handle: func(session.Message) {}})
	stop := context.AfterFunc(ctx, l.Close)
	defer stop()
	st.Close(session.Closed{SessionID: id, Output: crashed})
	_ = st.Serve(ctx, l) // until the client goes
}

// serve carries one connection of the session.
func (s *console) serve(l session.Link, pipes bool) {
	s.join(pipes)
	defer s.leave()
	_ = s.stream.Serve(s.life, l) // the reason is the client's
}

func (s *console) join(pipes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hangUp != nil {
		s.hangUp.Stop()
		s.hangUp = nil
	}
	s.change(+1)
	if !s.first {
		s.first, s.pipes = true, pipes
		close(s.opened)
	}
}

func (s *console) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change(-1)
	if s.conns == 0 {
		s.hangUp = time.AfterFunc(s.all.o.HangUp, func() {
			s.stop(errHungUp)
			s.kill()
		})
	}
}

func (s *console) change(n int) {
	s.conns += n
	close(s.moved)
	s.moved = make(chan struct{})
}

// connected waits until there is a connection, or ctx has ended.
func (s *console) connected(ctx context.Context) bool {
	return s.wait(ctx, func(conns int) bool { return conns > 0 })
}

// left waits until there is none, at most lastTime.
func (s *console) left(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lastTime)
	defer cancel()
	s.wait(ctx, func(conns int) bool { return conns == 0 })
}

func (s *console) wait(ctx context.Context, cond func(conns int) bool) bool {
	for {
		s.mu.Lock()
		ok, moved := cond(s.conns), s.moved
		s.mu.Unlock()
		if ok {
			return true
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return false
		}
	}
}
