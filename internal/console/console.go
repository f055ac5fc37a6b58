package console

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/store"
)

// Limits.
const (
	// TokenLife is how long a token may be used for its one connection.
	TokenLife = time.Minute
	// HangUp is how long a command goes on without its client.
	HangUp = 20 * time.Second
	// MaxSessions is how many there may be at once.
	MaxSessions = 200
)

// ErrTooMany refuses a session when there are MaxSessions.
var ErrTooMany = errors.New("too many sessions are open; end one first")

// Options of New; Store, Exec and State are required.
type Options struct {
	Store *store.Store
	Logs  *logs.Store // for transcripts; nil = none
	// Exec is the runtime's.
	Exec func(ctx context.Context, task, container string, cmd []string, streams runtime.ExecIO) (int, error)
	// State tells in words why the container of a session does not run, or will not
	// for long, and whether it has ended; "" while it runs.
	State  func(t Target) (why string, ended bool)
	HangUp time.Duration // 0 = HangUp
	Now    func() time.Time
	Log    *slog.Logger
}

// Target is a container.
type Target struct {
	arn.Scope
	Cluster, Task, Container string
}

// Request asks for a session.
type Request struct {
	Target
	Command  []string
	Caller   string // ARN of who asks, for the log
	LogGroup string // that gets a transcript; "" = none
}

// Sessions are all sessions of this process.
type Sessions struct {
	o      Options
	ctx    context.Context // ends with Close
	cancel context.CancelCauseFunc
	work   sync.WaitGroup

	mu     sync.Mutex
	live   map[string]*console
	lost   map[string]*lost
	closed bool
}

// lost is a session that a process before this one had.
type lost struct {
	arn.Scope
	token token
}

// token lets a client in once; its zero value lets nobody in. Sessions.mu guards it.
type token struct {
	value string
	until time.Time
}

// New makes a Sessions without live sessions.
func New(o Options) (*Sessions, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.HangUp == 0 {
		o.HangUp = HangUp
	}
	c := &Sessions{o: o, live: map[string]*console{}, lost: map[string]*lost{}}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	return c, c.recall()
}

// Start makes a session that waits for its client. The token is good for one
// connection within TokenLife; without one the session is dropped.
func (c *Sessions) Start(r Request) (id, tokenValue string, err error) {
	s := newConsole(c, r)
	if err := s.openTranscript(); err != nil {
		return "", "", err
	}
	tokenValue, err = c.add(s)
	if err != nil {
		return "", "", err
	}
	c.o.Log.Info("session asked for", "session", s.id, "task", r.Task, "container", r.Container, "caller", r.Caller)
	return s.id, tokenValue, nil
}

func (c *Sessions) add(s *console) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return "", errStopping
	}
	if len(c.live) >= MaxSessions {
		return "", ErrTooMany
	}
	c.live[s.id] = s
	c.work.Go(s.run)
	return s.token.renew(c.o.Now()), nil
}

// Resume makes a new token for a session whose client lost its connection. It is ""
// when the session is over; known is false for one that never was.
func (c *Sessions) Resume(scope arn.Scope, id string) (tokenValue string, known bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.live[id]; s != nil && s.Scope == scope {
		return s.token.renew(c.o.Now()), true
	}
	if l := c.lost[id]; l != nil && l.Scope == scope {
		return l.token.renew(c.o.Now()), true
	}
	return "", wellFormed(id)
}

// Terminate ends a session; one that does not exist has ended.
func (c *Sessions) Terminate(scope arn.Scope, id string) {
	c.mu.Lock()
	s := c.live[id]
	c.mu.Unlock()
	if s != nil && s.Scope == scope {
		s.stop(errTerminated)
	}
}

// Stop begins to end every session and lets no other begin.
func (c *Sessions) Stop() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel(errStopping)
}

// Close ends every session, tells the clients and waits for all to end.
func (c *Sessions) Close() {
	c.Stop()
	c.work.Wait()
}

func (c *Sessions) remove(s *console) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.live, s.id)
}

// admit uses up a token.
func (c *Sessions) admit(id, value string) (s *console, gone *lost) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.o.Now()
	if s := c.live[id]; s != nil && s.token.use(value, now) {
		return s, nil
	}
	if l := c.lost[id]; l != nil && l.token.use(value, now) {
		delete(c.lost, id)
		return nil, l
	}
	return nil, nil
}

func (c *Sessions) exists(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.live[id] != nil || c.lost[id] != nil
}

func (t *token) renew(now time.Time) string {
	var b [48]byte
	_, _ = rand.Read(b[:]) // never fails
	*t = token{value: base64.RawURLEncoding.EncodeToString(b[:]), until: now.Add(TokenLife)}
	return t.value
}

func (t *token) use(value string, now time.Time) bool {
	if t.value == "" || now.After(t.until) || subtle.ConstantTimeCompare([]byte(value), []byte(t.value)) != 1 {
		return false
	}
	*t = token{}
	return true
}

// idPrefix is how ECS names its sessions.
const idPrefix = "ecs-execute-command-"

func newSessionID() string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails
	return idPrefix + hex.EncodeToString(b[:])[:17]
}

func wellFormed(id string) bool {
	return len(id) == len(idPrefix)+17 && id[:len(idPrefix)] == idPrefix
}
