package proxy

import (
	"errors"
	"time"
)

// Forwarding and its retry rule. Within one request:
//
//   - A connection to a target that cannot be made is tried at up to maxTries
//     different targets: nothing was sent yet. Then it is 502; a connect that
//     takes 10 seconds is 504 at once.
//   - A connection from the pool that breaks before the first byte of the
//     response is replaced by a fresh one, if the request can be sent again:
//     its body is complete in our buffer, and either its method is idempotent
//     (or it carries an Idempotency-Key), or the target's machine has
//     acknowledged nothing of it. That is the race of a target that closes an
//     idle connection in the moment in which it is used.
//   - Nothing else is ever sent twice. A fresh connection that breaks is 502.
//
// A group with route.Resilience is kinder: a connection that takes too long, or
// fails in TLS, sends the request to another target, too; and so does one that
// breaks before the first byte of the response, under the condition above. When no
// other target is left, of joint groups in another one neither, it tries those again,
// a little later. Time is
// bounded for the request as a whole (route.Connect.RequestTimeout).

// maxTries bounds the targets that one request tries to connect to.
const maxTries = 3

// smallBody is the longest body that is read before a target is chosen, which
// makes its request one that can be sent again.
const smallBody = 16 << 10

// result is how one attempt to forward ended.
type result uint8

const (
	resultDone    result = iota // the response was relayed, as far as it went
	resultRetry                 // send again on a fresh connection
	resultNext                  // could not connect: try another target
	resultBad                   // 502
	resultTimeout               // 504
	resultClient                // the client's body was at fault
)

// forward sends the request to a target of the group whose turn it is.
func (c *clientConn) forward() {
	ref := c.chooseGroup()
	if ref == nil {
		c.answerInstead(c.ex.ownAnswer(503))
		return
	}
	c.ex.group = ref
	if ref.version != "HTTP1" {
		c.answerInstead(c.ex.ownAnswer(464)) // HTTP/1.1 to a group of HTTP/2 or gRPC
		return
	}
	if c.ex.rule.Transformed() && !c.transform() {
		c.answerInstead(c.ex.ownAnswer(500))
		return
	}
	if !c.prepareBody() {
		return
	}
	if c.proxy.options.Tracer != nil {
		c.beginSpan()
	}
	if c.ex.front.mesh() {
		c.buildMeshHead()
	} else {
		c.buildHead()
	}
	c.attempts()
}

// attempts tries targets until one was sent the request.
func (c *clientConn) attempts() {
	var tried [maxMeshTries]*target
	tries, status := c.ex.group.tries(), 502
	if _, complete := c.smallBodyBytes(); complete {
		c.bound()
	}
	for n := 0; n < tries; {
		t := c.chooseTarget(tried[:n])
		if t == nil && n > 0 && c.ex.elsewhere() {
			t = c.chooseTarget(tried[:n])
		}
		if t == nil && n > 0 && c.ex.group.patient(c.proxy.ctx, n) {
			t = c.chooseTarget(nil)
		}
		if t == nil && n == 0 && c.decideAgain() {
			return
		}
		if t == nil {
			if n == 0 {
				status = 503
			}
			break
		}
		if n > 0 {
			c.ex.group.meter.shard(c.id).retries.Add(1)
		}
		r := c.attempt(t)
		if !c.gone.Load() {
			c.ex.judge(t, r)
		}
		t.release()
		switch r {
		case resultDone:
			return
		case resultNext:
			tried[n] = t
			n++
			if !c.overdue() {
				continue
			}
			status, c.ex.flag = 504, flagTimeout
		case resultTimeout:
			status = 504
		case resultClient:
			status = 400
			if c.expired.Load() {
				status = 408
			}
		}
		break
	}
	if c.gone.Load() {
		c.ex.close, c.ex.flag = true, flagClientGone
		return
	}
	c.answerFailure(status)
}

// bound begins the time in which the answer must have come whole: now, for the
// request has.
func (c *clientConn) bound() {
	if m := c.ex.front.listener.Connect; m != nil && m.RequestTimeout > 0 {
		c.limit.Store(time.Now().Add(m.RequestTimeout).UnixNano())
	}
}

// overdue reports that this time is over.
func (c *clientConn) overdue() bool {
	limit := c.limit.Load()
	return limit != 0 && time.Now().UnixNano() > limit
}

// decideAgain serves the request under the table in force when its group ran
// out of targets because a newer table has taken them away. Nothing was sent
// yet, so the request still sees one table only.
func (c *clientConn) decideAgain() bool {
	v := c.proxy.view.Load()
	f := v.fronts[c.socket]
	if v == c.ex.view || f == nil {
		return false
	}
	c.ex = exchange{view: v, front: f, started: c.ex.started, close: c.ex.close, cookies: c.ex.cookies[:0], again: true, span: c.ex.span}
	c.act()
	return true
}

// attempt sends the request to one target that was claimed: on an idle
// connection if there is one, then, where the rule allows, on a fresh one.
func (c *clientConn) attempt(t *target) result {
	c.ex.target, c.ex.flag = t, ""
	now := time.Now()
	b := t.get(now.UnixNano(), !c.req.idempotent())
	if b != nil {
		if r := c.roundTrip(b); r != resultRetry {
			return r
		}
		c.ex.group.meter.shard(c.id).retries.Add(1)
	}
	b, err := t.dial()
	if err != nil {
		return c.connectFailed(t, err)
	}
	r := c.roundTrip(b)
	if r == resultRetry {
		return resultBad
	}
	return r
}

// connectFailed tells what a failed connect means.
func (c *clientConn) connectFailed(t *target, err error) result {
	c.ex.group.meter.shard(c.id).connectErrors.Add(1)
	c.ex.flag = flagNoConnect
	var handshake *handshakeError
	switch {
	case c.ex.group.resilience != nil:
		return resultNext // nothing was sent
	case errors.As(err, &handshake):
		return resultBad
	case isTimeout(err) && !t.draining.Load():
		return resultTimeout
	}
	return resultNext
}

// prepareBody has a small body complete in the buffer before a target is
// chosen. It is false when the request has been dealt with.
func (c *clientConn) prepareBody() bool {
	if c.reqBody.done {
		return true
	}
	if c.req.expect && !c.ex.again && len(c.in.unread()) == 0 && !c.send100() {
		return false
	}
	if c.req.chunked || c.req.length > smallBody {
		return true
	}
	c.enter(phaseHead) // a small body is due within the idle timeout, like a head
	for int64(len(c.in.unread())) < c.req.length {
		if err := c.in.fill(smallBody); err != nil {
			c.bodyFailed(err)
			return false
		}
	}
	return true
}

func (c *clientConn) send100() bool {
	_, err := c.conn.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	if err != nil {
		c.gone.Store(true)
		c.ex.close = true
	}
	return err == nil
}

// bodyFailed ends a request whose body did not come.
func (c *clientConn) bodyFailed(err error) {
	c.ex.close = true
	if isTimeout(err) {
		_ = c.conn.SetDeadline(time.Time{})
		c.answer(c.ex.ownAnswer(408))
		return
	}
	c.ex.status = 400 // the client closed before it sent the whole body
}

// smallBodyBytes returns the body if all of it waits in the buffer.
func (c *clientConn) smallBodyBytes() ([]byte, bool) {
	if c.reqBody.framing == framedNone {
		return nil, true
	}
	if c.reqBody.framing == framedLength && c.reqBody.read == 0 && int64(len(c.in.unread())) >= c.req.length {
		return c.in.unread()[:c.req.length], true
	}
	return nil, false
}

// roundTrip sends the request on a connection and relays the response. It ends
// the connection or gives it back.
func (c *clientConn) roundTrip(b *backend) result {
	c.attach(b)
	before := b.sent
	small, complete := c.smallBodyBytes()
	out := append(c.out, small...)
	c.out = out[:len(c.out)]
	c.ex.sent = time.Now()
	c.enter(phaseWait)
	var up *upload
	err := b.write(out)
	if err == nil && !complete {
		up = c.startUpload(b)
	}
	if err == nil || b.sent > before {
		err = c.awaitHead(b)
	}
	if err != nil {
		return c.broken(b, up, err, complete, before)
	}
	return c.relay(b, up)
}

// broken finds out what an attempt that got no response means, and cleans up.
func (c *clientConn) broken(b *backend, up *upload, err error, complete bool, before uint64) result {
	repeatable := complete && !c.ex.heard && !c.expired.Load() && !c.gone.Load() &&
		(c.req.idempotent() || b.undelivered(before))
	again := repeatable && b.reused && !b.target.gone.Load()
	c.ex.flag = flagBroken
	c.attach(nil)
	b.close()
	fault := c.stopUpload(up)
	switch {
	case fault != nil:
		return resultClient
	case again:
		return resultRetry
	case c.gone.Load():
		return resultBad
	case c.expired.Load() && !b.target.gone.Load():
		c.ex.flag = flagTimeout
		return resultTimeout
	case repeatable && c.ex.group.resilience != nil:
		return resultNext
	}
	return resultBad
}

// undelivered reports that the target's machine has acknowledged nothing that
// was sent after the first before bytes.
func (b *backend) undelivered(before uint64) bool {
	if b.raw == nil {
		return false // TLS: the bytes on the wire are not ours to count
	}
	acked, ok := delivered(b.raw)
	return ok && acked <= before+1 // the SYN counts as one
}

// awaitHead reads the response's head, passing interim ones on.
func (c *clientConn) awaitHead(b *backend) error {
	for seen := 0; ; {
		in := b.in.unread()
		if end := headEndLenient(in, seen); end >= 0 {
			if end > maxResponseHead {
				return errBufferFull
			}
			if err := c.resp.parse(in[:end]); err != nil {
				return err
			}
			b.in.hold(end)
			if c.resp.status >= 200 || c.resp.status == 101 {
				c.ex.answered = time.Now()
				return nil
			}
			if err := c.interim(); err != nil {
				return err
			}
			b.in.release()
			seen = 0
			continue
		}
		seen = len(in)
		if err := b.in.fill(maxResponseHead + 1); err != nil {
			return err
		}
		c.ex.heard = true
	}
}

// interim passes a 1xx response on; 100 was already said by ourselves, and
// HTTP/1.0 knows none.
func (c *clientConn) interim() error {
	if c.resp.status == 100 || c.req.http10 {
		return nil
	}
	out := c.appendResponseHead(nil)
	out = append(out, "\r\n"...)
	if _, err := c.conn.Write(out); err != nil {
		c.gone.Store(true)
		return err
	}
	return nil
}

// answerFailure answers for a target that did not.
func (c *clientConn) answerFailure(status int) {
	if !c.reqBody.done {
		if _, complete := c.smallBodyBytes(); !complete || !c.swallow() {
			c.ex.close = true
		}
	}
	c.ex.tstatus = 0
	c.expired.Store(false)
	c.enter(phaseStream)
	c.answer(c.ex.ownAnswer(status))
}
