package link

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// ErrClosed is the result of waiting on a closed client.
var ErrClosed = errors.New("link: client is closed")

// NackError is a table version that the proxy refused.
type NackError struct {
	Epoch, Version uint64
	Reason         string
}

func (e *NackError) Error() string {
	return fmt.Sprintf("link: proxy refused table version %d: %s", e.Version, e.Reason)
}

// Client is the server's side of the link. It reconnects for ever until it is
// closed.
type Client struct {
	path   string
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{} // capacity 1: something to send

	mu       sync.Mutex
	conn     net.Conn
	identity *Identity
	newest   *route.Table
	sent     *route.Table // on this connection
	shutdown bool
	taken    []uint64 // sequences of traffic to confirm
	asked    uint64   // newest question for vitals
	askedOn  uint64   // newest that was sent
	vitals   *Vitals
	vitalsOf uint64 // question that they answer
	await    awaiting
	inbox    inbox
}

// Dial starts a client of the socket at path and waits for its first
// connection. When ctx ends before, the client is closed and ctx's error
// returned; afterwards ctx has no more effect.
func Dial(ctx context.Context, path string) (*Client, error) {
	c := New(path)
	if err := c.WaitConnected(ctx); err != nil {
		c.Close()
		return nil, fmt.Errorf("link: connect to %s: %w", path, err)
	}
	return c, nil
}

// New starts a client that connects whenever the proxy is there.
func New(path string) *Client {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Client{path: path, cancel: cancel, done: make(chan struct{}), wake: make(chan struct{}, 1)}
	c.await.changed = make(chan struct{})
	go c.run(ctx)
	return c
}

// Publish hands over a table. It never blocks; the newest wins. The table must
// not be changed afterwards.
func (c *Client) Publish(t *route.Table) {
	c.mu.Lock()
	c.newest, c.await.nack = t, nil
	c.mu.Unlock()
	c.poke()
}

// Shutdown asks the proxy to end in good order.
func (c *Client) Shutdown() {
	c.mu.Lock()
	c.shutdown = true
	c.mu.Unlock()
	c.poke()
}

// Close ends the client and waits for it. The proxy goes on.
func (c *Client) Close() {
	c.cancel()
	<-c.done
}

func (c *Client) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// Pauses between attempts to connect: short, for a restarted proxy is back
// within a second.
const (
	redialFirst = 20 * time.Millisecond
	redialMost  = 500 * time.Millisecond
)

func (c *Client) run(ctx context.Context) {
	defer close(c.done)
	defer c.close()
	pause := redialFirst
	for ctx.Err() == nil {
		conn, err := DialUnix(ctx, c.path)
		if err == nil {
			pause = redialFirst
			c.serve(ctx, conn)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, redialMost)
	}
}

// serve runs one connection until it breaks.
func (c *Client) serve(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	gone := make(chan struct{})
	var writer sync.WaitGroup
	c.mu.Lock()
	c.conn, c.sent, c.taken = conn, nil, nil
	c.mu.Unlock()
	writer.Go(func() { c.write(conn, gone) })
	err := c.read(bufio.NewReaderSize(conn, 64<<10))
	conn.Close()
	close(gone)
	writer.Wait()
	c.disconnected()
	if ctx.Err() == nil {
		slog.Debug("proxy link broke", "err", err)
	}
}

// write sends whatever is due each time it is woken.
func (c *Client) write(conn net.Conn, gone chan struct{}) {
	for {
		for {
			m := c.due()
			if m == nil {
				break
			}
			faultSend.Hit()
			if err := writeMessage(conn, m); err != nil {
				conn.Close()
				return
			}
			faultSent.Hit()
		}
		select {
		case <-gone:
			return
		case <-c.wake:
		}
	}
}

// due takes the next message to send, or nil.
func (c *Client) due() *message {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.taken) > 0:
		m := &message{Kind: kindTrafficTaken, Sequence: c.taken[0]}
		c.taken = c.taken[1:]
		return m
	case c.newest != nil && c.newest != c.sent:
		c.sent = c.newest
		return &message{Kind: kindTable, Epoch: c.newest.Epoch, Version: c.newest.Version, Table: c.newest}
	case c.asked > c.askedOn:
		c.askedOn = c.asked
		return &message{Kind: kindVitals, Sequence: c.asked}
	case c.shutdown:
		c.shutdown = false
		return &message{Kind: kindShutdown}
	}
	return nil
}

func (c *Client) read(r *bufio.Reader) error {
	for {
		m, err := readMessage(r)
		if err != nil {
			return err
		}
		c.receive(m)
	}
}

func (c *Client) receive(m *message) {
	switch m.Kind {
	case kindHello:
		c.connected(m.Identity)
		c.inbox.hello(m.Identity)
	case kindAck:
		faultAck.Hit()
		c.inbox.bound(m.Failures) // who waits for the version finds them
		c.acked(m.Epoch, m.Version)
	case kindNack:
		c.nacked(&NackError{m.Epoch, m.Version, m.Error})
	case kindHealth:
		c.inbox.health(m.Health, m.Full)
	case kindTraffic:
		c.inbox.traffic(m.Sequence, m.Traffic, c.take)
	case kindVitals:
		c.told(m.Sequence, m.Vitals)
	}
}

// take confirms counts, which the proxy then forgets.
func (c *Client) take(sequence uint64) {
	c.mu.Lock()
	c.taken = append(c.taken, sequence)
	c.mu.Unlock()
	c.poke()
}
