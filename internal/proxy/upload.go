package proxy

import (
	"errors"
	"io"
	"sync/atomic"
	"time"
)

// upload streams a request's body to the target while the response may already
// come back.
type upload struct {
	done  chan struct{}
	fault error       // of the client's side
	ok    bool        // the whole body was sent
	last  atomic.Bool // only the last write is left
}

func (c *clientConn) startUpload(b *backend) *upload {
	up := &upload{done: make(chan struct{})}
	c.uploading.Store(true)
	c.proxy.running.Go(func() {
		defer close(up.done)
		defer c.uploading.Store(false)
		c.upload(up, b)
	})
	return up
}

func (c *clientConn) upload(up *upload, b *backend) {
	var out []byte
	for {
		data, err := c.reqBody.next()
		out = out[:0]
		if c.req.chunked {
			out = appendChunk(out, data)
			if errors.Is(err, io.EOF) || c.reqBody.done {
				out = appendLastChunk(out, c.reqBody.chunks.trailer)
			}
		} else {
			out = data
		}
		if err != nil && !errors.Is(err, io.EOF) {
			up.fault = err
			if isTimeout(err) && !c.expired.Load() {
				up.fault = nil // we were told to stop
			}
			b.interrupt()
			return
		}
		up.last.Store(c.reqBody.done)
		if len(out) > 0 && b.write(out) != nil {
			return // the response, if there is one, tells why
		}
		if c.reqBody.done {
			up.ok = true
			c.bound()
			return
		}
		c.touch()
	}
}

// lastWrite is how long a response waits for the end of the write that it
// answers: the target may be faster than the goroutine that wrote.
const lastWrite = 20 * time.Millisecond

// settle waits, when only the last write is under way, until it has returned.
func (u *upload) settle() {
	if u == nil || !u.last.Load() {
		return
	}
	select {
	case <-u.done:
		return
	default:
	}
	late := time.NewTimer(lastWrite)
	defer late.Stop()
	select {
	case <-u.done:
	case <-late.C:
	}
}

// finished reports whether the whole body was sent.
func (u *upload) finished() bool {
	select {
	case <-u.done:
		return u.ok
	default:
		return false
	}
}

// stopUpload ends an upload and waits for it. It returns what was wrong with
// the client's body, if that was the reason for its end. The caller has closed
// the target's connection if the upload is not finished.
func (c *clientConn) stopUpload(up *upload) error {
	if up == nil {
		return nil
	}
	select {
	case <-up.done:
	default:
		_ = c.conn.SetReadDeadline(past)
		<-up.done
		_ = c.conn.SetReadDeadline(time.Time{})
	}
	if !up.ok {
		c.ex.close = true
	}
	return up.fault
}
