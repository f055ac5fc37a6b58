package proxy

import (
	"errors"
	"io"
	"net"
)

// tunnel joins client and target after 101. The connection counts as a request
// in flight until one side ends; the idle timeout applies to both directions
// together, and changes of rules and weights do not move it.
func (c *clientConn) tunnel(b *backend, up *upload) result {
	c.ex.close = true
	if c.req.upgrade == "" || up != nil {
		c.attach(nil)
		b.close()
		c.stopUpload(up)
		c.ex.tstatus = 0
		return resultBad // nobody asked for another protocol
	}
	c.stickTo(b.target)
	out := c.appendResponseHead(c.out[:0])
	out = append(out, "Connection: upgrade\r\nUpgrade: websocket\r\n"...)
	out = append(out, c.ex.cookies...)
	out = append(out, "\r\n"...)
	out = append(out, b.in.unread()...)
	c.out = out[:0]
	c.enter(phaseTunnel)
	if c.send(out) {
		c.join(b)
	}
	c.attach(nil)
	b.close()
	c.gone.Store(false) // however a tunnel ends, it was answered
	return resultDone
}

// join copies in both directions until both have ended.
func (c *clientConn) join(b *backend) {
	toTarget := make(chan struct{})
	c.proxy.running.Go(func() {
		defer close(toTarget)
		if early := c.in.unread(); len(early) > 0 {
			c.reqBody.read += int64(len(early))
			if b.write(early) != nil {
				return
			}
		}
		n := c.pump(b.conn, c.conn)
		c.reqBody.read += n
		closeWrite(b.conn)
	})
	c.ex.bytes += c.pump(c.conn, b.conn)
	closeWrite(c.conn)
	<-toTarget
}

// pump copies until the source ends or either side fails; a failure ends both.
func (c *clientConn) pump(to, from net.Conn) (copied int64) {
	buf := make([]byte, smallBuffer)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			c.touch()
			if _, werr := to.Write(buf[:n]); werr != nil {
				err = werr
			} else {
				copied += int64(n)
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_ = from.SetDeadline(past)
				_ = to.SetDeadline(past)
			}
			return copied
		}
	}
}

// closeWrite ends one direction of a connection.
func closeWrite(conn net.Conn) {
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	conn.Close()
}
