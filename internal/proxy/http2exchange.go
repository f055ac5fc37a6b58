package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// h2Exchange serves one request of an HTTP/2 client. It does what clientConn
// does, on net/http's types: multiplexing costs more than they do.
type h2Exchange struct {
	conn  *h2Conn
	w     http.ResponseWriter
	r     *http.Request
	ex    exchange
	wrote bool
	in    atomic.Int64 // bytes of the request's body

	body    replay
	ctx     context.Context // of all attempts
	late    atomic.Bool     // RequestTimeout is over
	aborted bool            // the client must see that the answer is not complete
}

// grpc reports whether the client speaks gRPC.
func (x *h2Exchange) grpc() bool {
	return strings.HasPrefix(x.r.Header.Get("Content-Type"), "application/grpc")
}

// cookie implements cookieSource.
func (x *h2Exchange) cookie(name string) (string, bool) {
	for _, line := range x.r.Header["Cookie"] {
		if value, ok := findCookie(line, name); ok {
			return value, true
		}
	}
	return "", false
}

// Next implements route.Headers.
func (x *h2Exchange) Next(name string, from int) (string, int) {
	values := x.r.Header[textproto.CanonicalMIMEHeaderKey(name)]
	if from >= len(values) {
		return "", -1
	}
	return values[from], from + 1
}

func (x *h2Exchange) serve() {
	if status := x.admit(); status != 0 {
		x.answer(x.ex.ownAnswer(status))
		return
	}
	path, query, _ := strings.Cut(x.r.RequestURI, "?")
	x.ex.rule = x.ex.front.rules.Match(&route.Request{
		Method: x.r.Method, Host: x.r.Host, Path: path, Query: query, Source: x.conn.peer.Addr(), Headers: x,
	})
	switch a := &x.ex.rule.Action; {
	case a.Forward != nil:
		x.ex.action = "forward"
		x.forward()
	case a.Redirect != nil:
		x.ex.action = "redirect"
		x.redirect(a.Redirect, path, query)
	default:
		x.ex.action = "fixed-response"
		x.answer(&answer{status: a.Fixed.Status, contentType: a.Fixed.ContentType, body: a.Fixed.Body})
	}
}

// admit returns the status of a request that is refused for its form.
func (x *h2Exchange) admit() int {
	switch {
	case x.r.Method == "TRACE" || x.r.Method == "CONNECT":
		return 405
	case len(x.r.RequestURI) > maxRequestLine:
		return 414
	case !validAuthority(x.r.Host):
		return 400
	}
	for i := 0; i < len(x.r.RequestURI); i++ {
		if c := x.r.RequestURI[i]; c <= ' ' || c == 0x7f {
			return 400
		}
	}
	n := 0
	for _, line := range x.r.Header["X-Forwarded-For"] {
		n += 1 + strings.Count(line, ",")
	}
	if n > maxForwarded {
		return 463
	}
	return 0
}

func (x *h2Exchange) redirect(r *route.Redirect, path, query string) {
	host, _ := cutPort(x.r.Host)
	location, err := r.Location(route.Origin{
		Protocol: x.ex.front.listener.Protocol, Host: host, Port: x.ex.front.port, Path: path, Query: query,
	})
	if err != nil {
		x.answer(x.ex.ownAnswer(500))
		return
	}
	a := x.ex.ownAnswer(r.Status)
	a.location, x.ex.redirect = location, location
	x.answer(a)
}

// forward sends the request to a target of the group whose turn it is.
func (x *h2Exchange) forward() {
	s := sticky{exchange: &x.ex, cookies: x}
	ref := s.chooseGroup()
	if ref == nil {
		x.answer(x.ex.ownAnswer(503))
		return
	}
	x.ex.group = ref
	if ref.version == "HTTP1" && x.grpc() || ref.version == "GRPC" && x.r.Method != "POST" {
		x.answer(x.ex.ownAnswer(464))
		return
	}
	host, uri := x.r.Host, x.r.RequestURI
	if x.ex.rule.Transformed() {
		var err error
		if host, uri, err = x.ex.rule.Rewrite(host, uri); err != nil {
			x.answer(x.ex.ownAnswer(500))
			return
		}
	}
	x.attempts(&s, x.outgoing(host, uri))
}

// attempts tries targets until one was sent the request; see forward.go.
func (x *h2Exchange) attempts(s *sticky, out *http.Request) {
	var tried [maxMeshTries]*target
	tries, status := x.ex.group.tries(), 502
	defer x.bound(out)()
	for n := 0; n < tries; {
		t := s.chooseTarget(tried[:n])
		if t == nil && n > 0 && x.ex.elsewhere() {
			t = s.chooseTarget(tried[:n])
		}
		if t == nil && n > 0 && x.ex.group.patient(x.ctx, n) {
			t = s.chooseTarget(nil)
		}
		if t == nil && n == 0 && x.decideAgain() {
			return
		}
		if t == nil {
			if n == 0 {
				status = 503
			}
			break
		}
		if n > 0 {
			x.ex.group.meter.shard(x.conn.id).retries.Add(1)
		}
		r := x.attempt(t, out)
		if x.r.Context().Err() == nil {
			x.ex.judge(t, r)
		}
		t.release()
		if r == resultDone {
			return
		}
		if r == resultNext {
			tried[n] = t
			n++
			if !x.late.Load() {
				continue
			}
			r = resultTimeout
		}
		if r == resultTimeout {
			status, x.ex.flag = 504, flagTimeout
		}
		break
	}
	if x.r.Context().Err() != nil {
		x.ex.status, x.ex.flag = statusClientClosed, flagClientGone
		return
	}
	x.answer(x.ex.ownAnswer(status))
}

// decideAgain is clientConn.decideAgain.
func (x *h2Exchange) decideAgain() bool {
	v := x.conn.proxy.view.Load()
	f := v.fronts[x.conn.socket]
	if v == x.ex.view || f == nil {
		return false
	}
	x.ex = exchange{view: v, front: f, started: x.ex.started, span: x.ex.span}
	x.body = replay{}
	x.serve()
	return true
}

var errSilent = errors.New("proxy: no byte moved for the idle timeout")

// attempt sends the request to one target that was claimed.
func (x *h2Exchange) attempt(t *target, out *http.Request) result {
	x.ex.target, x.ex.flag = t, ""
	ctx, cancel := context.WithCancelCause(x.ctx)
	defer cancel(nil)
	undo, ok := t.onCut(func() { cancel(errTargetGone) })
	if !ok {
		return resultNext
	}
	defer undo()
	quiet := watchSilence(x.ex.front.idleTimeout, func() { cancel(errSilent) })
	defer quiet.stop()
	x.ex.sent = time.Now()
	out = out.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got1xxResponse: x.interim}))
	if x.r.Body != nil && out.Body != nil {
		if out.Body, ok = x.attemptBody(quiet); !ok {
			return resultBad
		}
	}
	out.URL.Scheme = map[bool]string{true: "https", false: "http"}[t.tls]
	out.URL.Host = t.address
	resp, err := t.transport(x.ex.group.version).RoundTrip(out)
	if err != nil {
		return x.failed(ctx, err)
	}
	defer resp.Body.Close()
	quiet.touch()
	x.ex.answered = time.Now()
	x.relay(t, resp, quiet)
	return resultDone
}

// failed tells what an attempt without a response means.
func (x *h2Exchange) failed(ctx context.Context, err error) result {
	var connect *connectError
	x.ex.flag = flagBroken
	switch {
	case x.late.Load():
		return resultTimeout
	case errors.As(err, &connect) && x.r.Context().Err() == nil:
		x.ex.group.meter.shard(x.conn.id).connectErrors.Add(1)
		x.ex.flag = flagNoConnect
		if isTimeout(connect.err) && !x.ex.target.draining.Load() && x.ex.group.resilience == nil {
			return resultTimeout
		}
		return resultNext
	case errors.Is(context.Cause(ctx), errSilent):
		return resultTimeout
	case x.repeatable(err):
		return resultNext
	}
	return resultBad
}

// interim passes a 1xx response on.
func (x *h2Exchange) interim(code int, header textproto.MIMEHeader) error {
	if code == 100 || code == 101 {
		return nil
	}
	h := x.w.Header()
	for name, values := range header {
		h[name] = values
	}
	x.w.WriteHeader(code)
	for name := range header {
		delete(h, name)
	}
	return nil
}

// countedBody reads the request's body. The transport may close it without
// harm: the request may yet go to another target.
type countedBody struct {
	src   io.Reader
	quiet *silence
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.src.Read(p)
	b.quiet.touch()
	return n, err
}

func (b *countedBody) Close() error { return nil }

// answer sends an answer of the load balancer itself. gRPC clients get it as a
// gRPC status.
func (x *h2Exchange) answer(a *answer) {
	x.ex.status = a.status
	if x.wrote {
		return
	}
	h, f := x.w.Header(), x.ex.front
	x.setOwn(h)
	if f.serverHeader && !f.mesh() {
		h.Set("Server", elbServer)
	}
	if x.grpc() && a.status >= 400 {
		h.Set("Content-Type", "application/grpc")
		h.Set("Grpc-Status", strconv.Itoa(grpcStatus(a.status)))
		h.Set("Grpc-Message", statusLine(a.status))
		x.w.WriteHeader(http.StatusOK)
		return
	}
	if a.contentType != "" {
		h.Set("Content-Type", a.contentType)
	} else {
		h["Content-Type"] = nil
	}
	if a.location != "" {
		h.Set("Location", a.location)
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	x.w.WriteHeader(a.status)
	if x.r.Method != "HEAD" {
		n, _ := io.WriteString(x.w, a.body)
		x.ex.bytes += int64(n)
	}
}

// grpcStatus maps an HTTP status as gRPC's own document does.
func grpcStatus(status int) int {
	switch status {
	case 400:
		return 13
	case 401:
		return 16
	case 403:
		return 7
	case 404:
		return 12
	case 429, 502, 503, 504:
		return 14
	}
	return 2
}

// setOwn sets the response fields that the listener sets.
func (x *h2Exchange) setOwn(h http.Header) {
	for name, value := range x.ex.front.listener.ResponseHeaders {
		if value == "" {
			h.Del(name)
			continue
		}
		h.Set(name, value)
	}
}

// finish counts the exchange and logs it.
func (x *h2Exchange) finish() {
	meter := x.ex.front.meter
	if x.ex.group != nil {
		meter = x.ex.group.meter
	}
	x.ex.received = x.in.Load()
	counts := meter.shard(x.conn.id)
	counts.bytes.Add(uint64(x.ex.received + x.ex.bytes))
	if x.ex.target != nil {
		counts.requests.Add(1)
	}
	counts.decided(&x.ex)
	if x.ex.tstatus != 0 {
		counts.answered(x.ex.tstatus, x.ex.answered.Sub(x.ex.sent))
	} else {
		counts.made(x.ex.status)
	}
	if x.ex.front.log != nil {
		x.logAccess()
	}
	if x.conn.socket.logs() {
		x.logMesh()
	}
	if x.conn.proxy.options.Tracer != nil {
		x.endSpan()
	}
}
