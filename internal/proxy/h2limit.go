package proxy

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// What Service Connect adds to HTTP/2 exchanges: a bound of the whole request, and
// bodies that can be sent again.

var errLate = errors.New("proxy: the answer did not come whole in time")

// bound prepares the context of all attempts. The request's time begins when it
// has come whole (route.Connect.RequestTimeout).
func (x *h2Exchange) bound(out *http.Request) (done func()) {
	x.ctx = x.r.Context()
	m := x.ex.front.listener.Connect
	if m == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancelCause(x.ctx)
	x.ctx = ctx
	var over atomic.Bool
	limit := time.AfterFunc(time.Hour, func() {
		x.late.Store(true)
		cancel(errLate)
	})
	limit.Stop()
	start := func() {
		if m.RequestTimeout > 0 && !over.Load() {
			limit.Reset(m.RequestTimeout)
		}
	}
	if out.Body == nil {
		start()
	} else {
		x.body.src, x.body.onEnd = readerFunc(x.readBody), start
	}
	return func() {
		over.Store(true)
		limit.Stop()
		cancel(nil)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// readBody reads the request's body from the client.
func (x *h2Exchange) readBody(p []byte) (int, error) {
	n, err := x.r.Body.Read(p)
	x.in.Add(int64(n))
	return n, err
}

// attemptBody is the body of one attempt. It is false when the body's beginning
// is lost.
func (x *h2Exchange) attemptBody(quiet *silence) (io.ReadCloser, bool) {
	b := &countedBody{src: readerFunc(x.readBody), quiet: quiet}
	if x.body.src != nil {
		again, ok := x.body.again()
		if !ok {
			return nil, false
		}
		b.src = again
	}
	return b, true
}

// repeatable tells whether a request that broke may go to another target: the
// target has refused it, or it can be done twice.
func (x *h2Exchange) repeatable(err error) bool {
	if x.ex.group.resilience == nil || x.r.Context().Err() != nil || !x.body.whole() {
		return false
	}
	return refusedStream(err) || idempotentMethod(x.r.Method) || x.r.Header.Get("Idempotency-Key") != ""
}

// refusedStream tells whether a target said that it has not looked at a request.
// net/http has no error value for it.
func refusedStream(err error) bool {
	return strings.Contains(err.Error(), "REFUSED_STREAM") || strings.Contains(err.Error(), "GOAWAY")
}
