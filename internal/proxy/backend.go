package proxy

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// Bounds of connecting to a target: connect timeout is answered with 504,
// a TLS handshake that does not end with 502.
const (
	connectTimeout   = 10 * time.Second
	handshakeTimeout = 10 * time.Second
)

// backend is one HTTP/1.1 connection to a target.
type backend struct {
	target    *target
	conn      net.Conn
	raw       syscall.RawConn // nil with TLS
	in        reader
	reused    bool
	idleSince int64
	sent      uint64 // bytes written on this connection
	closed    atomic.Bool
}

// dial connects to the target.
func (t *target) dial() (*backend, error) {
	conn, err := (&net.Dialer{Timeout: t.group.connectTimeout()}).DialContext(t.connecting, "tcp", t.address)
	if err != nil {
		return nil, err
	}
	if t.tls {
		secure := tls.Client(conn, t.group.clientTLS("http/1.1"))
		_ = conn.SetDeadline(time.Now().Add(handshakeTimeout))
		if err := secure.Handshake(); err != nil {
			conn.Close()
			return nil, &handshakeError{err}
		}
		_ = conn.SetDeadline(time.Time{})
		conn = secure
	}
	b := &backend{target: t, conn: conn, raw: rawConn(conn)}
	b.in.reset(conn)
	if !t.track(b) {
		b.close()
		return nil, errTargetGone
	}
	return b, nil
}

// handshakeError is a failed TLS handshake with a target.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return "proxy: TLS handshake with target: " + e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

func (b *backend) write(p []byte) error {
	n, err := b.conn.Write(p)
	b.sent += uint64(n)
	return err
}

// close ends the connection; the owner of the backend calls it, once.
func (b *backend) close() {
	b.closed.Store(true)
	b.conn.Close()
	b.target.forget(b)
	b.in.free()
}

// interrupt makes the owner's pending reads and writes fail.
func (b *backend) interrupt() { _ = b.conn.SetDeadline(past) }

// past is a deadline that has gone by.
var past = time.Unix(1, 0)

// dead reports whether the target has closed the idle connection, or sent
// something on it that nobody asked for.
func (b *backend) dead() bool {
	if b.raw == nil {
		return false // TLS: found out by using it
	}
	return peekReadable(b.raw)
}

// rawConn returns the system's handle of a TCP connection, nil for others.
func rawConn(conn net.Conn) syscall.RawConn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// isTimeout reports an interruption or a time-out of the network.
func isTimeout(err error) bool {
	return os.IsTimeout(err)
}

const connRefused = syscall.ECONNREFUSED

func isErrno(err error, e syscall.Errno) bool { return errors.Is(err, e) }
