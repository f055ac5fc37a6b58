package proxy

import (
	"net"
	"strconv"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// exchange serves the request whose head is the next n unread bytes, and tells
// whether the connection goes on. It loads the table once: rules and weights
// never change within a request.
func (c *clientConn) exchange(n int) bool {
	v := c.proxy.view.Load()
	f := v.fronts[c.socket]
	if f == nil {
		return false // the listener has gone
	}
	c.ex = exchange{view: v, front: f, started: time.Now(), cookies: c.ex.cookies[:0]}
	if c.expired.Swap(false) || c.proxy.closing.Load() {
		_ = c.conn.SetReadDeadline(time.Time{}) // it came just in time
	}
	c.idleTimeout = f.idleTimeout
	head := c.in.unread()[:n]
	c.in.hold(n)
	err := c.req.parse(head)
	if err == nil {
		err = c.admit(f)
	}
	if err != nil {
		r := err.(*refusal)
		c.req.classify(r.class, r.reason)
		c.ex.close = true
		c.answer(c.ex.ownAnswer(r.status))
	} else {
		c.ex.close = !c.req.keepAlive || c.req.closes(&f.listener.Attributes) ||
			c.proxy.closing.Load() || c.ex.started.Sub(c.born) > f.keepAlive
		c.expectBody()
		c.act()
	}
	c.finish()
	if c.ex.close {
		if c.reqBody.in != nil && !c.reqBody.done || err != nil {
			c.linger()
		}
		return false
	}
	return !c.expired.Load() && !c.gone.Load()
}

// admit checks what the listener refuses in well-formed requests.
func (c *clientConn) admit(f *front) error {
	if c.req.refuses(&f.listener.Attributes) {
		return &refusal{400, c.req.class, c.req.reason}
	}
	if f.mesh() {
		if c.req.http10 {
			return errUpgradeRequired
		}
		return nil
	}
	if countForwarded(c.req.fields) > maxForwarded {
		return errForwardedFor
	}
	return nil
}

// expectBody prepares the reading of the request's body.
func (c *clientConn) expectBody() {
	switch {
	case c.req.chunked:
		c.reqBody.reset(&c.in, framedChunked, 0)
	case c.req.length > 0:
		c.reqBody.reset(&c.in, framedLength, c.req.length)
	default:
		c.reqBody.reset(&c.in, framedNone, 0)
	}
}

// act does what the first matching rule says.
func (c *clientConn) act() {
	q := &c.req
	c.match = route.Request{Method: q.method, Host: q.host, Path: q.path, Query: q.query, Source: c.peer.Addr(), Headers: q}
	rule := c.ex.front.rules.Match(&c.match)
	c.ex.rule = rule
	switch a := &rule.Action; {
	case a.Forward != nil:
		c.ex.action = "forward"
		c.forward()
	case a.Redirect != nil:
		c.ex.action = "redirect"
		c.answerInstead(c.redirect(a.Redirect))
	default:
		c.ex.action = "fixed-response"
		c.answerInstead(&answer{status: a.Fixed.Status, contentType: a.Fixed.ContentType, body: a.Fixed.Body})
	}
}

// redirect makes the answer of a redirect action.
func (c *clientConn) redirect(r *route.Redirect) *answer {
	host, _ := cutPort(c.req.host)
	location, err := r.Location(route.Origin{
		Protocol: c.ex.front.listener.Protocol, Host: host, Port: c.ex.front.port,
		Path: c.req.path, Query: c.req.query,
	})
	if err != nil {
		return c.ex.ownAnswer(500)
	}
	a := elbAnswer(r.Status)
	a.location, c.ex.redirect = location, location
	return a
}

// answerInstead answers a request that no target sees. Its body is read when it
// is short, otherwise the connection is closed behind the answer.
func (c *clientConn) answerInstead(a *answer) {
	if !c.reqBody.done && (c.req.expect || !c.swallow()) {
		c.ex.close = true
	}
	c.answer(a)
}

// maxSwallow is how much of a body that nobody wants is read to keep the
// connection usable.
const maxSwallow = 64 << 10

func (c *clientConn) swallow() bool {
	c.enter(phaseStream)
	for c.reqBody.read < maxSwallow {
		if _, err := c.reqBody.next(); err != nil {
			return c.reqBody.done
		}
	}
	return false
}

// answer sends an answer of the load balancer itself.
func (c *clientConn) answer(a *answer) {
	f := c.ex.front
	c.ex.status = a.status
	out := append(c.out[:0], "HTTP/1.1 "...)
	out = append(out, statusLine(a.status)...)
	if reasonPhrase(a.status) == "" {
		out = append(out, ' ')
	}
	out = append(out, "\r\n"...)
	if f.serverHeader && !f.mesh() {
		out = appendField(out, "Server", elbServer)
	}
	out = append(out, "Date: "...)
	out = c.ex.started.UTC().AppendFormat(out, httpDate)
	out = append(out, "\r\n"...)
	if a.contentType != "" {
		out = appendField(out, "Content-Type", a.contentType)
	}
	if a.location != "" {
		out = appendField(out, "Location", a.location)
	}
	out = append(out, "Content-Length: "...)
	out = strconv.AppendInt(out, int64(len(a.body)), 10)
	out = append(out, "\r\n"...)
	out = appendConnection(out, c.req.http10, c.ex.close)
	out = f.appendOwn(out)
	out = append(out, "\r\n"...)
	if c.req.method != "HEAD" {
		out = append(out, a.body...)
	}
	c.out = out
	c.send(out)
}

// httpDate is the format of Date and Expires.
const httpDate = "Mon, 02 Jan 2006 15:04:05 GMT"

func appendField(out []byte, name, value string) []byte {
	out = append(out, name...)
	out = append(out, ": "...)
	out = append(out, value...)
	return append(out, "\r\n"...)
}

// appendConnection appends the Connection field that a client needs.
func appendConnection(out []byte, http10, closing bool) []byte {
	switch {
	case closing:
		return append(out, "Connection: close\r\n"...)
	case http10:
		return append(out, "Connection: keep-alive\r\n"...)
	}
	return out // HTTP/1.1 connections last unless told otherwise
}

// send writes to the client. A failure means that the client has gone.
func (c *clientConn) send(p []byte) bool {
	n, err := c.conn.Write(p)
	c.ex.bytes += int64(n)
	if err != nil {
		c.ex.close = true
		c.gone.Store(true)
		return false
	}
	return true
}

// finish counts the exchange and logs it.
func (c *clientConn) finish() {
	c.limit.Store(0)
	if c.gone.Load() && c.ex.tstatus == 0 && c.ex.status == 0 {
		c.ex.status = statusClientClosed
	}
	c.ex.received += c.reqBody.read
	meter := c.ex.front.meter
	if c.ex.group != nil {
		meter = c.ex.group.meter
	}
	counts := meter.shard(c.id)
	counts.bytes.Add(uint64(c.ex.received + c.ex.bytes))
	if c.ex.target != nil {
		counts.requests.Add(1)
	}
	counts.decided(&c.ex)
	if c.ex.tstatus != 0 {
		counts.answered(c.ex.tstatus, c.ex.answered.Sub(c.ex.sent))
	} else {
		counts.made(c.ex.status)
	}
	if c.ex.front.log != nil {
		c.logAccess()
	}
	if c.socket.logs() {
		c.logMesh()
	}
	if c.proxy.options.Tracer != nil {
		c.endSpan()
	}
}

// statusClientClosed is logged when the client closed before it was answered.
const statusClientClosed = 460

func portOf(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	return port
}
