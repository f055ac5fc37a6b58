package proxy

import (
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Tracer makes spans of requests. Its methods are called by many goroutines.
//
// Strings that it is given may point into buffers that are used again: what it keeps
// longer than a call it must copy (strings.Clone).
type Tracer interface {
	// Begin starts the span of a request that a target is about to be sent.
	Begin(r *Traced) Span
}

// Span is the span of one request.
type Span interface {
	// Traceparent is what the target is told: the span as its parent, in W3C's form.
	Traceparent() string
	// End ends the span; r has the outcome, too.
	End(r *Traced)
}

// Traced is what a Tracer learns of a request.
type Traced struct {
	Parent, State  string // W3C's traceparent and tracestate as the client sent them; "" = none
	Began          time.Time
	Method, Scheme string // the method may be "" where the request was none
	Host, Path     string
	Port           string // of the listener
	Client         netip.AddrPort
	LB             string // "app/name/id"; "" = an endpoint of Service Connect
	Endpoint       string // ARN of that

	// At the end:
	Group, Target   string    // ARN and "ip:port"; "" = none was chosen
	Sent, Answered  time.Time // to the target, by it; zero = not
	Status          int       // sent to the client
	TargetStatus    int       // 0 = the load balancer itself answered
	Received, Wrote int64     // bytes of bodies
	Ended           time.Time
}

// traced is what an exchange itself knows.
func (x *exchange) traced() Traced {
	t := Traced{
		Began: x.started, Scheme: x.front.scheme, Port: x.front.port, LB: x.front.listener.LB,
		Sent: x.sent, Answered: x.answered, Status: x.status, TargetStatus: x.tstatus, Received: x.received, Wrote: x.bytes,
	}
	if x.front.mesh() {
		t.Endpoint = x.front.listener.ARN
	}
	if x.group != nil {
		t.Group = x.group.group.arn
	}
	if x.target != nil {
		t.Target = x.target.address
	}
	return t
}

// traced describes the request of an HTTP/1.1 client.
func (c *clientConn) traced() Traced {
	t := c.ex.traced()
	t.Method, t.Host, t.Path, t.Client = c.req.method, c.req.host, c.req.path, c.peer
	for i := range c.req.fields {
		switch f := &c.req.fields[i]; {
		case f.id == headerTraceParent:
			t.Parent = f.value
		case f.id == headerOther && equalFold(f.name, "tracestate"):
			t.State = joinList(t.State, f.value)
		}
	}
	return t
}

// beginSpan starts the span of a request, once.
func (c *clientConn) beginSpan() {
	if c.ex.span == nil {
		t := c.traced()
		c.ex.span = c.proxy.options.Tracer.Begin(&t)
	}
}

// endSpan ends it; requests that no target was to be sent get theirs now.
func (c *clientConn) endSpan() {
	t := c.traced()
	t.Ended = time.Now()
	if c.ex.span == nil {
		c.ex.span = c.proxy.options.Tracer.Begin(&t)
	}
	c.ex.span.End(&t)
	c.ex.span = nil
}

// appendTraceparent tells the target whose child its work is.
func (c *clientConn) appendTraceparent(out []byte) []byte {
	if c.ex.span == nil {
		return out
	}
	return appendField(out, "traceparent", c.ex.span.Traceparent())
}

// traced describes the request of an HTTP/2 client.
func (x *h2Exchange) traced() Traced {
	t := x.ex.traced()
	t.Method, t.Host, t.Client = x.r.Method, x.r.Host, x.conn.peer
	t.Path, _, _ = strings.Cut(x.r.RequestURI, "?")
	t.Parent, t.State = x.r.Header.Get("Traceparent"), strings.Join(x.r.Header["Tracestate"], ",")
	return t
}

// beginSpan starts the span of a request, once, and tells the target.
func (x *h2Exchange) beginSpan(h http.Header) {
	if x.ex.span == nil {
		t := x.traced()
		x.ex.span = x.conn.proxy.options.Tracer.Begin(&t)
	}
	h.Set("Traceparent", x.ex.span.Traceparent())
}

func (x *h2Exchange) endSpan() {
	t := x.traced()
	t.Ended = time.Now()
	if x.ex.span == nil {
		x.ex.span = x.conn.proxy.options.Tracer.Begin(&t)
	}
	x.ex.span.End(&t)
	x.ex.span = nil
}
