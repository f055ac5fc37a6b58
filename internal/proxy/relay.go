package proxy

import "strconv"

// relay sends the response, whose head is parsed, to the client and ends or
// gives back the target's connection.
func (c *clientConn) relay(b *backend, up *upload) result {
	p := &c.resp
	c.ex.tstatus, c.ex.status = p.status, p.status
	if p.status == 101 {
		c.limit.Store(0) // a tunnel lasts
		return c.tunnel(b, up)
	}
	f := p.framing(c.req.method)
	c.rspBody.reset(&b.in, f, p.length)
	chunk := (f == framedChunked || f == framedClose) && !c.req.http10
	if c.req.http10 && (f == framedChunked || f == framedClose) {
		c.ex.close = true // the end of the connection is the end of the body
	}
	up.settle()
	if up != nil && !up.finished() {
		c.ex.close = true // the response came before the body was read
	}
	c.stickTo(b.target)
	out := c.appendResponseHead(c.out[:0])
	switch {
	case chunk:
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
	case p.length >= 0 && !p.chunked && p.status != 204:
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, p.length, 10)
		out = append(out, "\r\n"...)
	}
	out = append(out, c.ex.cookies...)
	out = appendConnection(out, c.req.http10, c.ex.close)
	out = append(out, "\r\n"...)
	c.enter(phaseStream)
	complete := c.copyBody(out, chunk)
	c.conclude(b, up, complete && p.keepAlive && f != framedClose)
	if !complete {
		c.ex.close = true
	}
	return resultDone
}

// appendResponseHead appends the status line and the fields that pass through.
func (c *clientConn) appendResponseHead(out []byte) []byte {
	p, f := &c.resp, c.ex.front
	out = append(out, "HTTP/1.1 "...)
	out = strconv.AppendInt(out, int64(p.status), 10)
	out = append(out, ' ')
	out = append(out, p.reason...)
	out = append(out, "\r\n"...)
	for i := range p.fields {
		h := &p.fields[i]
		switch {
		case h.id == headerOther:
			if f.overrides(h.name) {
				continue
			}
		case h.id == headerContentLength, h.id == headerServer && !f.serverHeader:
			continue
		case h.id == headerUpgrade && p.status == 426:
			// says what the target wants instead
		case h.id.hopByHop() && h.id != headerProxyAuthenticate:
			continue
		}
		out = appendField(out, h.name, h.value)
	}
	return f.appendOwn(out)
}

// copyBody sends out, which begins with the response's head, and the body.
// Before it waits for more it sends what has arrived.
func (c *clientConn) copyBody(out []byte, chunk bool) (complete bool) {
	defer func() { c.out = out[:0] }()
	for {
		data, err := c.rspBody.take()
		if chunk {
			out = appendChunk(out, data)
		} else {
			out = append(out, data...)
		}
		ended := c.rspBody.done
		if ended && chunk {
			out = appendLastChunk(out, c.rspBody.chunks.trailer)
		}
		more := len(data) > 0 && !ended && err == nil
		if more && len(out) < largeBuffer {
			continue // there may be more at hand
		}
		if len(out) > 0 && !c.send(out) {
			return false
		}
		out = out[:0]
		if ended || err != nil {
			return ended
		}
		c.touch()
		if more {
			continue
		}
		if err := c.rspBody.wait(); err != nil && !c.rspBody.done {
			return false
		}
		c.touch()
	}
}

// conclude gives the target's connection back if it can be used again.
func (c *clientConn) conclude(b *backend, up *upload, reusable bool) {
	c.attach(nil)
	if up != nil && !up.finished() {
		reusable = false
	}
	if !reusable || len(b.in.unread()) > 0 || c.expired.Load() || c.gone.Load() ||
		c.req.closes(&c.ex.front.listener.Attributes) {
		b.close()
		c.stopUpload(up)
		return
	}
	c.stopUpload(up)
	if up == nil && c.reqBody.framing == framedLength {
		c.in.consume(int(c.req.length)) // it was sent from the buffer
		c.reqBody.done, c.reqBody.read = true, c.req.length
	}
	b.target.put(b, c.ex.answered.UnixNano())
}
