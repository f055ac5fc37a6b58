package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// socket is one listening address. Which listener it serves is in the view.
type socket struct {
	proxy    *Proxy
	key      socketKey
	listener *net.TCPListener
	bind     atomic.Pointer[route.Bind] // of the table in force
	done     chan struct{}              // the accept loop has ended
	accepts  bool
	looped   bool // the loops accept
}

func listenTCP(address string) (*net.TCPListener, error) {
	config := net.ListenConfig{Control: listenControl}
	l, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	return l.(*net.TCPListener), nil
}

// bindable reports whether an address can be bound now.
func bindable(address string) bool {
	l, err := listenTCP(address)
	if err != nil {
		return false
	}
	l.Close()
	return true
}

func (p *Proxy) startAccepting(s *socket) {
	if s.looped = p.loops.accept(s); s.looped {
		return
	}
	s.accepts = true
	p.running.Go(s.accept)
}

// accept hands each connection to a goroutine of its own.
func (s *socket) accept() {
	defer close(s.done)
	for {
		conn, err := s.listener.AcceptTCP()
		if err != nil {
			if isTemporary(err) {
				s.proxy.log.Warn("accept", "netns", s.key.netns, "address", s.key.address, "err", err)
				if sleep(s.proxy.ctx, 20*time.Millisecond) {
					continue
				}
			}
			return
		}
		s.proxy.serving.Go(func() { s.proxy.serveConn(s, conn) })
	}
}

// isTemporary reports errors of accept that pass: out of file descriptors, or a
// connection that ended in the queue.
func isTemporary(err error) bool {
	for _, e := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ECONNABORTED, syscall.ENOBUFS, syscall.ENOMEM} {
		if isErrno(err, e) {
			return true
		}
	}
	return false
}

// serveConn serves a new connection by the protocol that it speaks.
func (p *Proxy) serveConn(s *socket, conn *net.TCPConn) {
	f := p.view.Load().fronts[s]
	if f == nil {
		conn.Close()
		return
	}
	if f.layer4 {
		p.serveFlow(s, f, conn)
		return
	}
	f.meter.shard(p.connID.Load()).newConns.Add(1)
	f.meter.active.Add(1)
	defer f.meter.active.Add(-1)
	if proto := f.listener.Protocol; proto == route.ProtocolHTTP2 || proto == route.ProtocolGRPC {
		p.serveHTTP2(s, conn, conn, nil)
		return
	}
	if f.tls == nil {
		newClientConn(p, s, conn, f.idleTimeout).serve()
		return
	}
	secure := tls.Server(conn, f.tls)
	ctx, cancel := context.WithTimeout(p.ctx, handshakeTimeout)
	err := secure.HandshakeContext(ctx)
	cancel()
	if err != nil {
		f.meter.shard(p.connID.Load()).tlsErrors.Add(1)
		secure.Close()
		return
	}
	state := secure.ConnectionState()
	if state.NegotiatedProtocol == "h2" {
		p.serveHTTP2(s, conn, secure, &state)
		return
	}
	c := newClientConn(p, s, secure, f.idleTimeout)
	c.raw, _ = conn.SyscallConn()
	c.tls = &state
	c.serve()
}
