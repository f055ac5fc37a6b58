package proxy

import (
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Sides of a stream.
const (
	clientSide = 0
	targetSide = 1
)

// stream is one TCP connection through a loop:
//
//	connecting ──► joined ──► both directions have ended
//	    └─ refused: another target        └─ reset by one side, cut, idle: reset
//
// What a client sends while the target is being connected waits in the kernel.
type stream struct {
	slot    int32
	socket  *socket
	pick    flowPick
	client  netip.AddrPort
	idle    int64
	moved   int64 // when a byte moved last; while connecting, when that began
	tried   []*target
	counted int64 // when packets were
	packets uint32
	joined  bool
	queued  bool // in loop.again
	over    bool
	meter   *flowMeter
	count   *flowCounters
	ends    [2]end
}

// end is one socket of a stream.
type end struct {
	fd       int
	readable bool // there may be something to read
	writable bool // there may be room
	closing  bool // its peer has closed: reading goes on until the end is seen
	read     bool // the end was read
	wrote    bool // the end was written
	waits    bool // events tell when there is room
	bulk     bool // reads are large: worth a pipe
	out      []byte
	pipe     *pipe // bytes on their way to it
}

// newStream begins a flow for a connection that was accepted.
func newStream(l *loop, s *socket, fd int, client netip.AddrPort) {
	p := l.proxy
	pick := p.pickFlow(func(v *view) *front { return v.fronts[s] }, client)
	if pick.front == nil {
		resetFD(fd)
		return
	}
	if !pick.front.looped() { // since a moment ago: its targets want TLS
		if pick.target != nil {
			pick.target.release()
		}
		p.serveAside(s, fd)
		return
	}
	st := &stream{socket: s, pick: pick, client: client, moved: l.now}
	st.meter = pick.meter(flowTCP)
	st.count = st.meter.shard(l.id)
	if pick.target == nil {
		st.count.rejected.Add(1)
		resetFD(fd)
		return
	}
	if pick.unhealthy {
		st.count.unhealthy.Add(1)
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	st.ends[clientSide] = end{fd: fd, writable: true}
	st.ends[targetSide].fd = -1
	st.slot = l.admit(st)
	l.hurry(connectGrace * 8)
	p.serving.Add(1)
	st.connect(l)
}

// connect tries targets of the group until one can be tried.
func (st *stream) connect(l *loop) {
	for st.pick.target != nil {
		err := st.dial(l)
		if err == nil {
			return
		}
		st.refused(err)
	}
	st.count.rejected.Add(1)
	st.end(l, true)
}

// refused notes that the target could not be connected, and takes another one.
func (st *stream) refused(err error) {
	if fd := st.ends[targetSide].fd; fd >= 0 {
		unix.Close(fd)
		st.ends[targetSide] = end{fd: -1}
	}
	st.pick.ref.meter.shard(0).connectErrors.Add(1)
	if errors.Is(err, unix.ECONNREFUSED) {
		st.count.targetResets.Add(1)
	}
	st.pick.target.failed()
	st.pick.target.release()
	st.tried = append(st.tried, st.pick.target)
	st.pick.next(st.client, st.tried)
}

// dial begins to connect to the target.
func (st *stream) dial(l *loop) error {
	t := st.pick.target
	if !t.to.IsValid() {
		return os.ErrInvalid
	}
	sa, family := sockaddr(t.to)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if st.pick.ref.flows.PreserveClientIP {
		l.proxy.sources.bind(l.proxy.log, fd, st.client, t.to.Addr())
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	st.moved = l.now
	st.ends[targetSide] = end{fd: fd}
	if st.pick.ref.flows.ProxyProtocol {
		st.ends[targetSide].out = proxyHeader(st.client, st.local(), false)
	}
	if err := unix.Connect(fd, sa); err != nil && err != unix.EINPROGRESS {
		return err
	}
	return l.watch(st.slot, targetSide, fd, onRead|onWrite)
}

// local is the address that the client has connected to.
func (st *stream) local() netip.AddrPort {
	sa, err := unix.Getsockname(st.ends[clientSide].fd)
	if err != nil {
		return netip.AddrPort{}
	}
	return addrPort(sa)
}

// ready takes an event of one side.
func (st *stream) ready(l *loop, side int, events uint32) {
	e := &st.ends[side]
	if events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		e.readable = true
	}
	if events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		e.closing = true
	}
	if events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		e.writable = true
	}
	if !st.joined && !st.join(l) {
		return
	}
	st.move(l)
	// A client's reset is told at once, even if the target has no room. What a target
	// said before its own still goes to the client; a read tells of the reset then.
	if events&unix.EPOLLERR != 0 && !st.over && (side == clientSide || e.read) {
		st.resetBy(l, side)
	}
}

// join is called when connecting has ended. It is false when the target refused.
func (st *stream) join(l *loop) bool {
	e := &st.ends[targetSide]
	if !e.writable {
		return false
	}
	if e.closing { // only then it can have failed
		if code, err := unix.GetsockoptInt(e.fd, unix.SOL_SOCKET, unix.SO_ERROR); err != nil || code != 0 {
			st.refused(errors.Join(err, unix.Errno(code)))
			st.connect(l)
			return false
		}
	}
	st.joined, st.moved = true, l.now
	st.idle = int64(st.pick.ref.idleOf(st.pick.front))
	l.hurry(time.Duration(st.idle))
	st.meter.active.Add(1)
	st.count.opened.Add(1)
	st.tried = nil
	c := &st.ends[clientSide]
	if l.watch(st.slot, clientSide, c.fd, onRead) != nil {
		st.end(l, true)
		return false
	}
	return true
}

// tick looks at the time.
func (st *stream) tick(l *loop, now int64) {
	switch {
	case !st.joined && now-st.moved > int64(connectTimeout), !st.joined && st.pick.target.gaveUp():
		st.refused(os.ErrDeadlineExceeded)
		st.connect(l)
	case !st.joined:
		l.hurry(connectGrace * 8)
	case now-st.moved > st.idle:
		st.count.elbResets.Add(1)
		st.end(l, true)
	default:
		l.hurry(time.Duration(st.idle))
		if st.moved > st.counted && now-st.counted > int64(packetsEvery) {
			st.countPackets()
			st.counted = now
		}
	}
}

// packetsEvery is how often the packets of a connection that lasts are counted.
const packetsEvery = 10 * time.Second

// countPackets counts the segments between the client and here, both ways.
func (st *stream) countPackets() {
	info, err := unix.GetsockoptTCPInfo(st.ends[clientSide].fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return
	}
	n := info.Segs_in + info.Segs_out
	st.count.packets.Add(uint64(n - st.packets))
	st.packets = n
}

// resetBy hands a reset of one side on to the other.
func (st *stream) resetBy(l *loop, side int) {
	if side == clientSide {
		st.count.clientResets.Add(1)
	} else {
		st.count.targetResets.Add(1)
	}
	st.end(l, true)
}

// cutFor resets the stream if the target is its own.
func (st *stream) cutFor(l *loop, t *target) {
	if st.pick.target == t {
		st.cut(l)
	}
}

func (st *stream) cut(l *loop) {
	st.count.elbResets.Add(1)
	st.end(l, true)
}

// end closes both sockets and forgets the stream.
func (st *stream) end(l *loop, reset bool) {
	if st.over {
		return
	}
	st.over = true
	if st.joined {
		st.countPackets()
	}
	for i := range st.ends {
		e := &st.ends[i]
		if e.pipe != nil {
			l.drop(e.pipe)
		}
		switch {
		case e.fd < 0:
		case reset:
			resetFD(e.fd)
		default:
			unix.Close(e.fd)
		}
		*e = end{fd: -1}
	}
	l.leave(st.slot)
	if st.joined {
		st.meter.active.Add(-1)
	}
	if st.pick.target != nil {
		st.pick.target.release()
	}
	l.proxy.serving.Done()
}

// resetFD closes a socket with RST.
func resetFD(fd int) {
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	unix.Close(fd)
}
