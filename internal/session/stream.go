package session

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

const (
	tick      = 20 * time.Millisecond // between looks for what is to be sent again
	maxQueue  = 50000                 // messages that wait for a connection to take them
	writeTime = 20 * time.Minute      // for one message: a person may stop the output of a terminal
)

// ErrReplaced ends a connection whose place another has taken.
var ErrReplaced = errors.New("another connection took over")

// StreamOptions of NewStream; Kind is required.
type StreamOptions struct {
	Kind   string // of what this end sends: InputData or OutputData
	Window int    // bytes on their way before Send waits; 0 = 1 MiB
	// Handle gets what the other end sent, in order, one at a time. It must not wait
	// for the stream.
	Handle func(Message)
	// Room tells whether there is room for more input; nil = always. What finds none
	// is not acknowledged, so it comes again.
	Room func() bool
	// Urgent gets each flag at once, before its turn; nil = nobody.
	Urgent func(flag uint32)
	// Closed gets the channel_closed of the other end; nil = nobody.
	Closed func(Closed)
}

// Stream is both directions of a session, whole and in order, over one connection
// after the other. All methods are safe for concurrent use.
type Stream struct {
	o StreamOptions

	order sync.Mutex // held while Handle runs
	mu    sync.Mutex
	out   outgoing
	in    incoming
	conn  *conn         // nil while there is no connection
	moved chan struct{} // closed and replaced when something was acknowledged
	final []byte        // channel_closed, once it was sent
}

// conn is one connection.
type conn struct {
	link   Link
	cancel context.CancelCauseFunc
	wake   chan struct{}

	mu    sync.Mutex
	queue [][]byte
	last  bool // nothing may follow
}

// NewStream makes a stream without a connection.
func NewStream(o StreamOptions) *Stream {
	if o.Window == 0 {
		o.Window = 1 << 20
	}
	return &Stream{o: o, out: newOutgoing(o.Kind), in: newIncoming(), moved: make(chan struct{})}
}

// Serve works on a connection until it breaks, ctx ends or another one takes its
// place. Messages that were not acknowledged are sent again first.
func (s *Stream) Serve(ctx context.Context, l Link) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c := &conn{link: l, cancel: cancel, wake: make(chan struct{}, 1)}
	s.attach(c)
	var work sync.WaitGroup
	work.Go(func() { cancel(c.write(ctx)) })
	work.Go(func() { s.repeat(ctx, c) })
	stop := context.AfterFunc(ctx, l.Close)
	err := s.read(ctx, c)
	cancel(err)
	stop()
	l.Close()
	work.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == c {
		s.conn = nil
	}
	return context.Cause(ctx)
}

func (s *Stream) attach(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.cancel(ErrReplaced)
	}
	s.conn = c
	for _, raw := range s.out.all(time.Now()) {
		c.put(raw)
	}
	if s.final != nil {
		c.finish(s.final)
	}
}

// Send sends a payload; it waits while too much is on its way.
func (s *Stream) Send(ctx context.Context, kind PayloadType, payload []byte) error {
	if err := s.await(ctx, func() bool { return s.out.bytes < s.o.Window && len(s.out.unacked) < maxHeld/2 }); err != nil {
		return err
	}
	defer s.mu.Unlock()
	raw := s.out.push(kind, payload, time.Now())
	if s.conn != nil {
		s.conn.put(raw)
	}
	return nil
}

// Flush waits until the other end acknowledged everything.
func (s *Stream) Flush(ctx context.Context) error {
	if err := s.await(ctx, func() bool { return len(s.out.unacked) == 0 }); err != nil {
		return err
	}
	s.mu.Unlock()
	return nil
}

// await waits for a condition and returns with s.mu held, unless ctx ended.
func (s *Stream) await(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		if ctx.Err() == nil && cond() {
			return nil
		}
		moved := s.moved
		s.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Close sends channel_closed as the last message of this connection, and of each
// one that follows. The connection ends by the other end's hand, or with the
// context of Serve.
func (s *Stream) Close(c Closed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.final = closing(c, time.Now())
	if s.conn != nil {
		s.conn.finish(s.final)
	}
}

// read takes messages until the connection breaks.
func (s *Stream) read(ctx context.Context, c *conn) error {
	for {
		raw, err := c.link.Read(ctx)
		if err != nil {
			return err
		}
		m, err := Parse(raw)
		if err != nil {
			return err // a connection that damages messages is of no use
		}
		s.take(c, m)
	}
}

func (s *Stream) take(c *conn, m Message) {
	switch m.Type {
	case Acknowledge:
		var a Acknowledgement
		if json.Unmarshal(m.Payload, &a) == nil && a.Type == s.o.Kind {
			s.acknowledged(a)
		}
	case ChannelClosed:
		var closed Closed
		if json.Unmarshal(m.Payload, &closed) == nil && s.o.Closed != nil {
			s.o.Closed(closed)
		}
	case InputData, OutputData:
		if m.Type != s.o.Kind {
			s.data(c, m)
		}
	}
}

func (s *Stream) acknowledged(a Acknowledgement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.ack(a.Sequence, time.Now())
	close(s.moved)
	s.moved = make(chan struct{})
}

func (s *Stream) data(c *conn, m Message) {
	s.order.Lock()
	defer s.order.Unlock()
	if m.Kind == Flag && s.o.Urgent != nil {
		s.o.Urgent(FlagValue(m.Payload))
	}
	ready, ack := s.in.accept(m, s.o.Room == nil || s.o.Room())
	if ack {
		c.put(acknowledge(&m, time.Now()))
	}
	for _, m := range ready {
		s.o.Handle(m)
	}
}

// repeat sends again what was not acknowledged.
func (s *Stream) repeat(ctx context.Context, c *conn) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-t.C:
			if c.busy() {
				continue // the connection has not taken what is waiting yet
			}
			s.mu.Lock()
			due := s.out.due(now)
			s.mu.Unlock()
			for _, raw := range due {
				c.put(raw)
			}
		}
	}
}

// put queues a message; a connection that takes none is given up.
func (c *conn) put(raw []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last {
		return
	}
	if len(c.queue) >= maxQueue {
		c.cancel(errors.New("the other end does not read"))
		return
	}
	c.queue = append(c.queue, raw)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// finish queues the last message.
func (c *conn) finish(raw []byte) {
	c.put(raw)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = true
}

func (c *conn) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue) > 0
}

// write writes what is queued.
func (c *conn) write(ctx context.Context) error {
	for {
		c.mu.Lock()
		queue := c.queue
		c.queue = nil
		c.mu.Unlock()
		for _, raw := range queue {
			one, cancel := context.WithTimeout(ctx, writeTime)
			err := c.link.Write(one, raw)
			cancel()
			if err != nil {
				return err
			}
		}
		if len(queue) > 0 {
			continue
		}
		select {
		case <-c.wake:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
