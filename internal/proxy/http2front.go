package proxy

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

// Limits of HTTP/2 connections of clients.
const (
	maxStreams         = 128
	maxMeshStreams     = 1000 // Service Connect: a task has one connection for all it does
	requestsBeforeAway = 10_000
)

// connSet holds the HTTP/2 connections of clients, to end them in order.
type connSet struct {
	mu      sync.Mutex
	servers map[h2Limits]h2Server
	conns   map[net.Conn]struct{}
}

// h2Limits are what connections of different listeners differ in.
type h2Limits struct {
	idle    time.Duration
	streams uint32
}

// h2Server serves connections with the same limits. Shutdown of base sends GOAWAY
// to all.
type h2Server struct {
	base *http.Server
	h2   *http2.Server
}

func limitsOf(f *front) h2Limits {
	if f.mesh() {
		return h2Limits{f.idleTimeout, maxMeshStreams}
	}
	return h2Limits{defaultIdle, maxStreams}
}

// add takes a connection in, and tells who serves it.
func (s *connSet) add(c net.Conn, l h2Limits) h2Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		s.conns, s.servers = make(map[net.Conn]struct{}), make(map[h2Limits]h2Server)
	}
	s.conns[c] = struct{}{}
	server, ok := s.servers[l]
	if !ok {
		server = h2Server{&http.Server{MaxHeaderBytes: maxRequestHead}, &http2.Server{MaxConcurrentStreams: l.streams, IdleTimeout: l.idle}}
		_ = http2.ConfigureServer(server.base, server.h2)
		s.servers[l] = server
	}
	return server
}

func (s *connSet) remove(c net.Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

func (s *connSet) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// shutdown tells all clients to go elsewhere after the requests that they have.
func (s *connSet) shutdown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, server := range s.servers {
		_ = server.base.Shutdown(closedContext()) // has no listeners: runs the hook of HTTP/2
	}
}

func (s *connSet) closeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Close()
	}
}

// h2Conn is one HTTP/2 connection of a client.
type h2Conn struct {
	proxy    *Proxy
	socket   *socket
	tls      *tls.ConnectionState // nil without TLS
	peer     netip.AddrPort
	id       uint32
	born     time.Time
	requests atomic.Int64
}

// serveHTTP2 serves a connection on which the client chose HTTP/2, in the
// handshake of TLS or by prior knowledge.
func (p *Proxy) serveHTTP2(s *socket, tcp *net.TCPConn, conn net.Conn, state *tls.ConnectionState) {
	f := p.view.Load().fronts[s]
	if f == nil {
		conn.Close()
		return
	}
	server := p.h2conns.add(conn, limitsOf(f))
	defer p.h2conns.remove(conn)
	c := &h2Conn{proxy: p, socket: s, tls: state, id: p.connID.Add(1), born: time.Now()}
	if a, ok := tcp.RemoteAddr().(*net.TCPAddr); ok {
		c.peer = netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	}
	server.h2.ServeConn(conn, &http2.ServeConnOpts{
		Context: p.ctx, BaseConfig: server.base, Handler: http.HandlerFunc(c.serve),
	})
}

// serve is one request.
func (c *h2Conn) serve(w http.ResponseWriter, r *http.Request) {
	v := c.proxy.view.Load()
	f := v.fronts[c.socket]
	if f == nil {
		panic(http.ErrAbortHandler) // the listener has gone
	}
	x := &h2Exchange{conn: c, w: w, r: r}
	x.ex = exchange{view: v, front: f, started: time.Now()}
	if c.requests.Add(1) >= requestsBeforeAway && !f.mesh() || c.proxy.closing.Load() || time.Since(c.born) > f.keepAlive {
		w.Header().Set("Connection", "close") // becomes GOAWAY
	}
	x.serve()
	x.finish()
	if x.aborted {
		panic(http.ErrAbortHandler)
	}
}
