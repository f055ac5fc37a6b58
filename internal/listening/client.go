package listening

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/grue-ecs/grue/internal/link"
)

// patience bounds each exchange with the keeper: serving goes on without one. One that
// is only slow must not be taken for one that hangs: it has the sockets.
const patience = 5 * time.Second

// rest is how long a keeper that did not answer in time is left alone.
const rest = 15 * time.Second

// Client is a proxy's side of a Keeper. It works without one, too: then nothing is
// kept. Its methods are safe for concurrent use.
type Client struct {
	path     string
	patience time.Duration

	mu    sync.Mutex
	conn  *net.UnixConn
	kept  map[string]bool // what the keeper holds; true = our socket of that name
	later time.Time       // no new attempt before
}

// NewClient makes a client of the keeper at path, which may not be there yet.
func NewClient(path string) *Client { return &Client{path: path, patience: patience} }

// Take returns every socket that the keeper holds, for a process that begins. The
// caller closes the files. Without a keeper there are none.
func (c *Client) Take() (map[string]*os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.connect() {
		return nil, nil
	}
	files := map[string]*os.File{}
	err := c.ask(frame{Verb: verbTake}, func(f frame, file *os.File) {
		if old := files[f.Name]; old != nil {
			old.Close()
		}
		files[f.Name] = file
		c.kept[f.Name] = true
	})
	if err != nil {
		for _, f := range files {
			f.Close()
		}
		c.lose(err)
		return nil, fmt.Errorf("listening: take: %w", err)
	}
	return files, nil
}

// Socket is a listening socket.
type Socket interface {
	SyscallConn() (syscall.RawConn, error)
}

// Sync makes the keeper hold exactly these sockets. It sends only what changed
// since the last call, and everything to a new keeper.
func (c *Client) Sync(sockets map[string]Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fresh := c.conn == nil
	if !c.connect() || fresh && !c.learn() {
		return
	}
	var gone []string
	for name := range c.kept {
		if sockets[name] == nil {
			gone = append(gone, name)
		}
	}
	if !c.drop(gone) {
		return
	}
	for name, s := range sockets {
		if c.kept[name] {
			continue
		}
		raw, err := s.SyscallConn()
		if err != nil {
			continue // just closed
		}
		_ = c.conn.SetDeadline(time.Now().Add(c.patience))
		if err := send(c.conn, frame{Verb: verbKeep, Name: name}, raw); err != nil {
			c.lose(err)
			return
		}
		c.kept[name] = true
	}
}

// Vacate makes the keeper close its copy of a socket, so that its address can be
// bound again.
func (c *Client) Vacate(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, held := c.kept[name]; c.conn != nil && held {
		c.drop([]string{name})
	}
}

// Alive tells whether a keeper answers; if not, the next Sync looks for a new one
// and hands everything over.
func (c *Client) Alive() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil {
		return false
	}
	if err := c.ask(frame{Verb: verbPing}, nil); err != nil {
		c.lose(err)
		return false
	}
	return true
}

// Close leaves the keeper with what it holds.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
	c.later = time.Now().Add(24 * time.Hour)
}

func (c *Client) connect() bool {
	if c.conn != nil {
		return true
	}
	if time.Now().Before(c.later) {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.patience)
	defer cancel()
	conn, err := link.DialUnix(ctx, c.path)
	if err != nil {
		return false
	}
	c.conn, c.kept = conn, map[string]bool{}
	return true
}

// learn asks a new keeper, or one that other proxies used, what it holds.
func (c *Client) learn() bool {
	err := c.ask(frame{Verb: verbTake}, func(f frame, file *os.File) {
		file.Close()
		c.kept[f.Name] = false
	})
	if err != nil {
		c.lose(err)
	}
	return err == nil
}

func (c *Client) drop(names []string) bool {
	slices.Sort(names)
	for part := range slices.Chunk(names, 1000) {
		if err := c.ask(frame{Verb: verbDrop, Names: part}, nil); err != nil {
			c.lose(err)
			return false
		}
		for _, name := range part {
			delete(c.kept, name)
		}
	}
	return true
}

// ask sends a request and waits until it is done; each is told of what came
// before that.
func (c *Client) ask(f frame, each func(frame, *os.File)) error {
	_ = c.conn.SetDeadline(time.Now().Add(c.patience))
	if err := send(c.conn, f, nil); err != nil {
		return err
	}
	for {
		got, file, err := receive(c.conn)
		switch {
		case err != nil:
			return err
		case got.Verb == verbDone:
			return nil
		case got.Verb != verbKeep || file == nil || each == nil:
			if file != nil {
				file.Close()
			}
			return fmt.Errorf("%w: %q", errVerb, got.Verb)
		}
		each(got, file)
	}
}

// lose ends a connection that failed. A keeper that is there but silent is not
// asked again for a while.
func (c *Client) lose(err error) {
	c.conn.Close()
	c.conn, c.kept = nil, nil
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.later = time.Now().Add(rest)
	}
	if errors.Is(err, io.EOF) {
		c.later = time.Time{}
	}
}
