package link

import "context"

// awaiting is what callers of WaitAck and WaitConnected wait for. changed is
// closed and replaced at each change.
type awaiting struct {
	changed   chan struct{}
	connected bool
	closed    bool
	epoch     uint64
	version   uint64
	nack      *NackError
}

// WaitAck waits until the proxy serves the version, or a later one, of the
// epoch published last. A refused version is a *NackError.
func (c *Client) WaitAck(ctx context.Context, version uint64) error {
	return c.wait(ctx, func() (bool, error) {
		if c.newest != nil && c.await.epoch == c.newest.Epoch && c.await.version >= version {
			return true, nil
		}
		if n := c.await.nack; n != nil && n.Version >= version && c.newest != nil && n.Epoch == c.newest.Epoch {
			return true, n
		}
		return false, nil
	})
}

// WaitConnected waits for a connection.
func (c *Client) WaitConnected(ctx context.Context) error {
	return c.wait(ctx, func() (bool, error) { return c.await.connected, nil })
}

// Acked is the version, within the epoch published last, that the proxy serves.
func (c *Client) Acked() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.newest == nil || c.await.epoch != c.newest.Epoch {
		return 0
	}
	return c.await.version
}

// Connected reports whether the proxy is there, and who it is.
func (c *Client) Connected() (Identity, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.await.connected || c.identity == nil {
		return Identity{}, false
	}
	return *c.identity, true
}

// wait returns when check, called with the lock held, says so.
func (c *Client) wait(ctx context.Context, check func() (bool, error)) error {
	for {
		c.mu.Lock()
		done, err := check()
		changed, closed := c.await.changed, c.await.closed
		c.mu.Unlock()
		switch {
		case done:
			return err
		case closed:
			return ErrClosed
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// change applies f and wakes all who wait.
func (c *Client) change(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	close(c.await.changed)
	c.await.changed = make(chan struct{})
}

func (c *Client) connected(id *Identity) {
	c.change(func() { c.await.connected, c.identity = true, id })
}

func (c *Client) disconnected() {
	c.change(func() { c.await.connected, c.conn = false, nil })
}

func (c *Client) close() { c.change(func() { c.await.closed = true }) }

func (c *Client) acked(epoch, version uint64) {
	c.change(func() { c.await.epoch, c.await.version, c.await.nack = epoch, version, nil })
}

func (c *Client) nacked(n *NackError) { c.change(func() { c.await.nack = n }) }
