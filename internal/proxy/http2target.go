package proxy

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// http2Transport speaks HTTP/2 to a target, over TLS or with prior knowledge.
func http2Transport(config *tls.Config, secure bool) *http.Transport {
	t := &http.Transport{
		DisableCompression: true,
		Protocols:          new(http.Protocols),
		TLSClientConfig:    config,
	}
	t.Protocols.SetHTTP2(secure)
	t.Protocols.SetUnencryptedHTTP2(!secure)
	return t
}

// http1Transport speaks HTTP/1.1 to a target, for clients of HTTP/2. It repeats
// a request by the rule of net/http, which is ours too: only when a connection
// from the pool breaks before any byte of the response, and only what can be
// sent again.
func http1Transport(config *tls.Config) *http.Transport {
	t := &http.Transport{
		DisableCompression:     true,
		Protocols:              new(http.Protocols),
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxIdleConnsPerHost:    maxIdle,
		IdleConnTimeout:        defaultIdle,
		MaxResponseHeaderBytes: maxResponseHead,
	}
	t.Protocols.SetHTTP1(true)
	return t
}

// connectError is a connection to a target that could not be made: nothing was
// sent.
type connectError struct{ err error }

func (e *connectError) Error() string { return "proxy: connect to target: " + e.err.Error() }
func (e *connectError) Unwrap() error { return e.err }

// transport returns what carries requests of HTTP/2 clients to the target.
func (t *target) transport(version string) http.RoundTripper {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rounds != nil {
		return t.rounds
	}
	var tr *http.Transport
	if version == "HTTP1" {
		tr = http1Transport(t.group.clientTLS())
	} else {
		tr = http2Transport(t.group.clientTLS("h2"), t.tls)
	}
	dial := (&net.Dialer{Timeout: t.group.connectTimeout()}).DialContext
	tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, giveUp := context.WithCancel(ctx)
		defer giveUp()
		defer context.AfterFunc(t.connecting, giveUp)()
		conn, err := dial(ctx, network, address)
		if err == nil {
			conn, err = t.own(conn)
		}
		if err != nil {
			return nil, &connectError{err}
		}
		return conn, nil
	}
	t.rounds = tr
	return tr
}

// ownedConn is a connection of a target's transport. It is closed with the target,
// whatever the transport thinks of it.
type ownedConn struct {
	net.Conn
	t *target
}

// own takes a new connection in; it fails when the target is gone.
func (t *target) own(conn net.Conn) (net.Conn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone.Load() {
		conn.Close()
		return nil, errTargetGone
	}
	if t.owned == nil {
		t.owned = make(map[*ownedConn]struct{})
	}
	c := &ownedConn{conn, t}
	t.owned[c] = struct{}{}
	return c, nil
}

func (c *ownedConn) Close() error {
	c.t.mu.Lock()
	delete(c.t.owned, c)
	c.t.mu.Unlock()
	return c.Conn.Close()
}

// silence ends an exchange of which no byte has moved for the idle timeout.
type silence struct {
	timer *time.Timer
	after time.Duration
}

func watchSilence(after time.Duration, end func()) *silence {
	return &silence{time.AfterFunc(after, end), after}
}

func (s *silence) touch() { s.timer.Reset(s.after) }
func (s *silence) stop()  { s.timer.Stop() }
