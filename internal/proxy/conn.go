package proxy

import (
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// clientConn serves one HTTP/1.x connection of a client. One goroutine reads a
// request, forwards it and relays the response; the buffers live as long as the
// connection, and nothing is allocated for a usual request.
type clientConn struct {
	proxy  *Proxy
	socket *socket
	conn   net.Conn
	raw    syscall.RawConn // of the TCP connection; nil when there is none
	tls    *tls.ConnectionState
	peer   netip.AddrPort
	source string // the peer in X-Forwarded-For
	id     uint32
	born   time.Time

	in      reader
	out     []byte
	req     request
	resp    response
	reqBody body
	rspBody body
	match   route.Request
	ex      exchange

	phase       atomic.Int32
	since       atomic.Int64
	deadline    atomic.Int64
	limit       atomic.Int64 // when the answer must have come whole; 0 = whenever
	idleTimeout time.Duration
	expired     atomic.Bool // the watch ended something
	gone        atomic.Bool // the client has closed
	uploading   atomic.Bool
	backendMu   sync.Mutex
	backend     *backend
}

// exchange is what is known about the request being served; the access log and
// the counters are made of it.
type exchange struct {
	view     *view
	front    *front
	rule     *route.CompiledRule
	group    *groupRef
	target   *target
	started  time.Time // the head is complete
	sent     time.Time // the request left for the target
	answered time.Time // the response's first byte
	status   int       // sent to the client
	tstatus  int       // received from the target
	received int64
	bytes    int64 // sent to the client
	action   string
	redirect string
	failure  string // error_reason
	trace    string
	span     Span   // nil without a Tracer
	newHost  string // transformed
	newURL   string
	cookies  []byte // Set-Cookie lines of stickiness
	flag     string // of Service Connect's access log, see meshanswer.go
	unwell   bool   // the answer's status of gRPC counts as a failure
	again    bool   // decided anew under a newer table
	heard    bool   // the target has said something
	close    bool   // the client connection ends after this exchange
}

// defaultIdle is idle_timeout.timeout_seconds when the table says nothing.
const (
	defaultIdle      = 60 * time.Second
	defaultKeepAlive = 3600 * time.Second
)

func newClientConn(p *Proxy, s *socket, conn net.Conn, idle time.Duration) *clientConn {
	c := &clientConn{proxy: p, socket: s, conn: conn, id: p.connID.Add(1), born: time.Now(), idleTimeout: idle}
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		c.peer = a.AddrPort()
		c.peer = netip.AddrPortFrom(c.peer.Addr().Unmap(), c.peer.Port())
	}
	if t, ok := conn.(syscall.Conn); ok {
		c.raw, _ = t.SyscallConn()
	}
	return c
}

// serve runs until the connection ends.
func (c *clientConn) serve() {
	c.in.reset(c.conn)
	c.enter(phaseIdle)
	c.proxy.watch.add(c)
	defer func() {
		c.proxy.watch.remove(c)
		c.conn.Close()
		c.in.free()
	}()
	for {
		n, err := c.readHead()
		if err != nil {
			c.refuse(err)
			return
		}
		if !c.exchange(n) {
			return
		}
		c.in.release()
		if cap(c.out) > smallBuffer {
			c.out = nil
		}
		c.enter(phaseIdle)
	}
}

// readHead waits for a complete request head and returns its length; the bytes
// are still unread. An end between two requests is io.EOF.
func (c *clientConn) readHead() (int, error) {
	for seen := 0; ; {
		b := c.in.unread()
		for seen == 0 && len(b) >= 2 && b[0] == '\r' && b[1] == '\n' {
			c.in.consume(2) // an empty line before a request is tolerated
			b = c.in.unread()
		}
		if end := headEnd(b, seen); end >= 0 {
			if end > maxRequestHead {
				return 0, errHeaderSize
			}
			return end, nil
		}
		if err := headTooFar(b, seen); err != nil {
			return 0, err
		}
		if seen == 0 && len(b) > 0 {
			c.enter(phaseHead) // from here the whole head is due
		}
		seen = len(b)
		if err := c.in.fill(maxRequestHead + 4); err != nil {
			if len(b) == 0 || err == errBufferFull {
				if err == errBufferFull {
					err = errHeaderSize
				}
				return 0, err
			}
			if isTimeout(err) {
				return 0, errSlowHead
			}
			return 0, io.ErrUnexpectedEOF
		}
	}
}

var errSlowHead = &refusal{408, compliant, ""}

// headTooFar finds an endless request line and line ends that are not CRLF
// before the head is complete.
func headTooFar(b []byte, seen int) error {
	lines := 0
	for i := range b {
		if b[i] != '\n' {
			continue
		}
		lines++
		if i >= seen && (i == 0 || b[i-1] != '\r') {
			return errHeader
		}
	}
	if lines == 0 && len(b) > maxRequestLine {
		return errURITooLong
	}
	return nil
}

// refuse ends the connection after an error of reading a head: with an answer
// if there was something of a request.
func (c *clientConn) refuse(err error) {
	r, ok := err.(*refusal)
	if !ok {
		return
	}
	c.ex = exchange{started: time.Now(), close: true}
	c.ex.view = c.proxy.view.Load()
	c.ex.front = c.ex.view.fronts[c.socket]
	if c.ex.front == nil {
		return
	}
	c.req.classify(r.class, r.reason)
	c.enter(phaseStream)
	c.answer(c.ex.ownAnswer(r.status))
	c.finish()
	c.linger()
}

// linger closes in a way that lets the client read the answer although it is
// still sending: a reset would take the answer away from it.
func (c *clientConn) linger() {
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	_ = c.conn.SetReadDeadline(time.Now().Add(lingerTime))
	_, _ = io.CopyN(io.Discard, c.conn, lingerBytes)
}

const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 256 << 10
)
