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
	requestsBeforeAway = 10_000
)

// connSet holds the HTTP/2 connections of clients, to end them in order.
type connSet struct {
	once  sync.Once
	base  *http.Server // its Shutdown sends GOAWAY to all
	h2    *http2.Server
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

func (s *connSet) init() {
	s.once.Do(func() {
		s.base = &http.Server{MaxHeaderBytes: maxRequestHead}
		s.h2 = &http2.Server{MaxConcurrentStreams: maxStreams, IdleTimeout: defaultIdle}
		_ = http2.ConfigureServer(s.base, s.h2)
		s.conns = make(map[net.Conn]struct{})
	})
}

func (s *connSet) add(c net.Conn) {
	s.mu.Lock()
	s.conns[c] = struct{}{}
	s.mu.Unlock()
}

func (s *connSet) remove(c net.Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

// shutdown tells all clients to go elsewhere after the requests that they have.
func (s *connSet) shutdown() {
	s.init()
	_ = s.base.Shutdown(closedContext()) // has no listeners: runs the hook of HTTP/2
}

func (s *connSet) closeAll() {
	s.init()
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
	tls      *tls.ConnectionState
	peer     netip.AddrPort
	id       uint32
	born     time.Time
	requests atomic.Int64
}

// serveHTTP2 serves a connection on which the client chose HTTP/2.
func (p *Proxy) serveHTTP2(s *socket, tcp *net.TCPConn, conn *tls.Conn, state *tls.ConnectionState) {
	p.h2conns.init()
	p.h2conns.add(conn)
	defer p.h2conns.remove(conn)
	c := &h2Conn{proxy: p, socket: s, tls: state, id: p.connID.Add(1), born: time.Now()}
	if a, ok := tcp.RemoteAddr().(*net.TCPAddr); ok {
		c.peer = netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), a.AddrPort().Port())
	}
	p.h2conns.h2.ServeConn(conn, &http2.ServeConnOpts{
		Context: p.ctx, BaseConfig: p.h2conns.base, Handler: http.HandlerFunc(c.serve),
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
	if c.requests.Add(1) >= requestsBeforeAway || c.proxy.closing.Load() || time.Since(c.born) > f.keepAlive {
		w.Header().Set("Connection", "close") // becomes GOAWAY
	}
	x.serve()
	x.finish()
}
