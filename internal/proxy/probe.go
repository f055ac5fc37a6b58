package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// Pauses between the additional probes of a target in state initial. AWS's
// intervals begin at 5 seconds; a task that is ready after 80 milliseconds need
// not wait for them, for the first passing check makes a new target healthy.
// Failures of additional probes do not count.
const (
	eagerFirst   = 20 * time.Millisecond
	eagerMost    = 250 * time.Millisecond
	eagerConnect = 500 * time.Millisecond
)

// Defaults of checks whose table says nothing.
const (
	defaultInterval = 30 * time.Second
	defaultTimeout  = 5 * time.Second
)

// startProbe starts the probing of a target. The caller holds the group's lock.
func (p *Proxy) startProbe(t *target, spec *route.Group) {
	ctx, cancel := context.WithCancel(p.ctx)
	t.health.stop = cancel
	p.running.Go(func() { t.probeLoop(ctx, *spec) })
}

// probeLoop probes on a schedule that the duration of a probe does not shift.
func (t *target) probeLoop(ctx context.Context, spec route.Group) {
	interval := spec.Check.Interval
	if interval <= 0 {
		interval = defaultInterval
	}
	next := time.Now().Add(interval)
	eager := eagerFirst
	t.beginChecking()
	for counts := false; ctx.Err() == nil; {
		initial := t.isInitial()
		v := t.probe(ctx, &spec, initial && !counts)
		if ctx.Err() != nil {
			return
		}
		if t.layer4 && v.reason != "" {
			v = failed(reasonFailed) // network load balancers tell no more
		}
		t.group.observed(t, v, counts || !initial)
		now := time.Now()
		for !now.Before(next) {
			next = next.Add(interval)
		}
		wait := next.Sub(now)
		counts = true
		if t.isInitial() && eager < wait {
			wait, counts = eager, false
			eager = min(eager*3/2, eagerMost)
		}
		if !sleep(ctx, wait) {
			return
		}
	}
}

func (t *target) isInitial() bool {
	t.group.mu.Lock()
	defer t.group.mu.Unlock()
	return t.health.state == stateInitial
}

// beginChecking moves a new target from its registration to its first checks.
func (t *target) beginChecking() {
	t.group.mu.Lock()
	h := &t.health
	began := h.state == stateInitial && h.reason == reasonRegistration
	if began {
		h.reason, h.description = reasonChecking, describe(reasonChecking)
	}
	t.group.mu.Unlock()
	if began {
		t.group.proxy.healthChanged(t)
	}
}

// sleep waits and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// probe does one health check. An eager one gives up early on connecting.
func (t *target) probe(ctx context.Context, spec *route.Group, eager bool) verdict {
	timeout := spec.Check.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	address := t.address
	if port := spec.Check.Port; port != "" && port != "traffic-port" {
		host, _, err := net.SplitHostPort(t.address)
		if err != nil {
			return failed(reasonInternal)
		}
		address = net.JoinHostPort(host, port)
	}
	if spec.Version == "HTTP2" || spec.Version == "GRPC" {
		return probeHTTP2(ctx, spec, address)
	}
	dialer := net.Dialer{}
	if eager {
		dialer.Timeout = eagerConnect
	}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return verdictOf(err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })
	defer stop()
	if spec.Flows != nil && spec.Flows.ProxyProtocol {
		if _, err := conn.Write(proxyLocalHeader()); err != nil {
			return verdictOf(err)
		}
	}
	if spec.Check.Protocol == route.ProtocolTCP {
		return verdict{} // it is connected
	}
	if spec.Check.Protocol == "HTTPS" {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	unset := "200"
	if t.layer4 {
		unset = "200-399"
	}
	return probeHTTP1(conn, &spec.Check, address, unset)
}

// probeHTTP1 asks and reads the status; redirects are not followed and the body
// is ignored.
func probeHTTP1(conn net.Conn, c *route.Check, address, unset string) verdict {
	path := c.Path
	if path == "" {
		path = "/"
	}
	ask := "GET " + path + " HTTP/1.1\r\nHost: " + address +
		"\r\nConnection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n\r\n"
	if _, err := conn.Write([]byte(ask)); err != nil {
		return verdictOf(err)
	}
	var in reader
	in.reset(conn)
	defer in.free()
	var answer response
	for seen := 0; ; {
		b := in.unread()
		if end := headEndLenient(b, seen); end >= 0 {
			if answer.parse(b[:end]) != nil {
				return failed(reasonFailed)
			}
			if answer.status >= 200 {
				return match(c.Matcher, unset, answer.status)
			}
			in.consume(end)
			seen = 0
			continue
		}
		seen = len(b)
		if err := in.fill(maxResponseHead); err != nil {
			return verdictOf(err)
		}
	}
}

// verdictOf tells a probe without an answer in time from one that failed.
func verdictOf(err error) verdict {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || os.IsTimeout(err) {
		return failed(reasonTimeout)
	}
	return failed(reasonFailed)
}

// match compares a code with a matcher such as "200,202" or "200-299".
func match(matcher, unset string, code int) verdict {
	if matcher == "" {
		matcher = unset
	}
	for item := range strings.SplitSeq(matcher, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(item), "-")
		if !isRange {
			high = low
		}
		from, err1 := strconv.Atoi(low)
		to, err2 := strconv.Atoi(high)
		if err1 == nil && err2 == nil && from <= code && code <= to {
			return verdict{}
		}
	}
	return mismatch(code)
}
