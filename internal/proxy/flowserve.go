package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// defaultFlowIdle ends a TCP connection on which nothing moved.
const defaultFlowIdle = 350 * time.Second

// maxFlowTries bounds the targets of one group that one flow tries to connect to.
const maxFlowTries = 3

// idleOf is the idle time-out of a connection: the group's, or else the
// listener's.
func (ref *groupRef) idleOf(f *front) time.Duration {
	switch {
	case ref.flows.Idle > 0:
		return ref.flows.Idle
	case f.listener.Attributes.IdleTimeout > 0:
		return f.listener.Attributes.IdleTimeout
	}
	return defaultFlowIdle
}

// serveFlow serves a connection of a layer 4 listener with goroutines: those
// with TLS on either side, and all of them where there is no loop for them.
func (p *Proxy) serveFlow(s *socket, f *front, conn *net.TCPConn) {
	id := p.connID.Add(1)
	r := &relay{proxy: p, id: id, client: conn, rawClient: conn, kind: flowTCP}
	inside := len(f.listener.Binds) > 0
	if f.tls != nil {
		r.kind = flowTLS
		if !inside && !r.secure(f) {
			return
		}
	}
	client, local := addrPortOf(conn.RemoteAddr()), addrPortOf(conn.LocalAddr())
	pick := p.pickFlow(func(v *view) *front { return v.fronts[s] }, client)
	if pick.front == nil {
		reset(conn)
		return
	}
	count := pick.meter(r.kind).shard(id)
	if pick.target == nil {
		count.rejected.Add(1)
		reset(conn)
		return
	}
	if pick.unhealthy {
		count.unhealthy.Add(1)
	}
	if !r.connect(&pick, client, local) {
		reset(conn)
		return
	}
	if f.tls != nil && inside && !r.secure(f) {
		r.server.Close()
		pick.target.release()
		return
	}
	r.run(&pick)
}

// secure ends the client's TLS, or closes the connection. Inside a task that comes
// after its container has accepted a connection: one that does not listen yet lets
// the handshake fail, so that the caller's proxy knows that nothing was sent.
func (r *relay) secure(f *front) bool {
	secure, err := r.proxy.handshake(r.rawClient, f)
	if err != nil {
		f.meter.flow(flowTLS).shard(r.id).clientTLS.Add(1)
		r.rawClient.Close()
		return false
	}
	r.client, r.alpn = secure, secure.ConnectionState().NegotiatedProtocol
	return true
}

// handshake ends a client's TLS.
func (p *Proxy) handshake(conn *net.TCPConn, f *front) (*tls.Conn, error) {
	secure := tls.Server(conn, f.tls)
	ctx, cancel := context.WithTimeout(p.ctx, handshakeTimeout)
	defer cancel()
	return secure, secure.HandshakeContext(ctx)
}

// reset ends a connection with RST.
func reset(conn *net.TCPConn) {
	_ = conn.SetLinger(0)
	conn.Close()
}

func addrPortOf(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		ap := tcp.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}

// connect tries targets until one accepts. The pick's target is
// claimed afterwards, unless it fails.
func (r *relay) connect(pick *flowPick, client, local netip.AddrPort) bool {
	count := pick.meter(r.kind).shard(r.id)
	var tried []*target
	for pick.target != nil {
		err := r.dial(pick.target, pick.ref, client, local)
		if err == nil {
			return true
		}
		pick.target.failed()
		pick.target.release()
		tried = append(tried, pick.target)
		var handshake *handshakeError
		if errors.As(err, &handshake) {
			count.targetTLS.Add(1)
		}
		pick.ref.meter.shard(r.id).connectErrors.Add(1)
		pick.next(client, tried)
	}
	count.rejected.Add(1)
	return false
}

// dial connects to a target as its group says.
func (r *relay) dial(t *target, ref *groupRef, client, local netip.AddrPort) error {
	dialer := net.Dialer{Timeout: connectTimeout, KeepAlive: -1}
	if ref.flows.PreserveClientIP {
		dialer.Control = r.proxy.sources.control(r.proxy.log, client, t)
	}
	conn, err := dialer.DialContext(t.connecting, "tcp", t.address)
	if err != nil {
		return err
	}
	tcp := conn.(*net.TCPConn)
	if ref.flows.ProxyProtocol {
		if _, err := tcp.Write(proxyHeader(client, local, false)); err != nil {
			tcp.Close()
			return err
		}
	}
	r.server, r.rawServer = tcp, tcp
	if ref.protocol != route.ProtocolTLS {
		return nil
	}
	var protocols []string
	if r.alpn != "" {
		protocols = []string{r.alpn}
	}
	secure := tls.Client(tcp, ref.group.clientTLS(protocols...))
	ctx, cancel := context.WithTimeout(r.proxy.ctx, handshakeTimeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		tcp.Close()
		return &handshakeError{err}
	}
	r.server = secure
	return nil
}
