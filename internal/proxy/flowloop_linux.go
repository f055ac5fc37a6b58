package proxy

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Connections of TCP listeners, and all of UDP, are served by event loops, one a
// core, each with an epoll instance of its own: no goroutine, no buffer and no
// pipe belongs to a connection on which nothing moves. A loop's flows are touched
// by its goroutine only; others send it work with do.

// loops are all of them. They start with the first listener that needs them.
type loops struct {
	mu   sync.Mutex
	all  []*loop
	over bool
}

// watched is what a loop looks after: a listener or a flow. Side tells its
// sockets apart.
type watched interface {
	ready(l *loop, side int, events uint32)
	tick(l *loop, now int64)
}

// slot holds a watched. The generation makes events recognisable that were meant
// for one that has left.
type slot struct {
	is  watched
	gen int32
}

type loop struct {
	proxy *Proxy
	id    uint32
	ep    int
	bell  int // eventfd

	mu     sync.Mutex
	todo   []func()
	rung   bool
	closed bool

	slots []slot
	free  []int32
	used  int // slots of flows
	again []*stream
	pause time.Duration // between two looks at every flow
	now   int64
	buf   []byte
	batch *batch  // of datagrams
	pipes []*pipe // spare ones
	piped int     // all of them

	over bool
}

// Pauses between two looks at every flow, for idle time-outs.
const (
	longestPause  = time.Second
	shortestPause = 20 * time.Millisecond
)

// start makes the loops run; it is nil when they are over.
func (ls *loops) start(p *Proxy) ([]*loop, error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.over {
		return nil, net.ErrClosed
	}
	for len(ls.all) < runtime.GOMAXPROCS(0) {
		l, err := newLoop(p, uint32(len(ls.all)))
		if err != nil {
			return nil, err
		}
		ls.all = append(ls.all, l)
		p.running.Go(l.run)
	}
	return ls.all, nil
}

func newLoop(p *Proxy, id uint32) (*loop, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	bell, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err == nil {
		err = unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, bell, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: -1})
	}
	if err != nil {
		unix.Close(ep)
		return nil, os.NewSyscallError("eventfd", err)
	}
	return &loop{proxy: p, id: id, ep: ep, bell: bell, pause: longestPause, buf: make([]byte, 64<<10)}, nil
}

// do runs f in the loop's goroutine, soon; never, and false, when the loop has ended.
func (l *loop) do(f func()) (ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.todo = append(l.todo, f)
	if !l.rung {
		l.rung = true
		_, _ = unix.Write(l.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
	return true
}

func (ls *loops) each(f func(*loop)) {
	ls.mu.Lock()
	all := ls.all
	ls.mu.Unlock()
	for _, l := range all {
		l.do(func() { f(l) })
	}
}

// stop ends every flow and the loops.
func (ls *loops) stop() {
	ls.mu.Lock()
	ls.over = true
	ls.mu.Unlock()
	ls.each(func(l *loop) {
		for i := range l.slots {
			if c, ok := l.slots[i].is.(interface{ cut(*loop) }); ok {
				c.cut(l)
			}
		}
		l.over = true
	})
}

// cut resets the connections of a target, and ends its UDP flows.
func (ls *loops) cut(t *target) {
	ls.each(func(l *loop) {
		for i := range l.slots {
			if f, ok := l.slots[i].is.(interface{ cutFor(*loop, *target) }); ok {
				f.cutFor(l, t)
			}
		}
	})
}

// run is the loop.
func (l *loop) run() {
	events := make([]unix.EpollEvent, 256)
	last := time.Now().UnixNano()
	for !l.over {
		n, err := unix.EpollWait(l.ep, events, l.timeout())
		if err != nil && !errors.Is(err, unix.EINTR) {
			l.proxy.log.Error("epoll", "err", err)
			time.Sleep(shortestPause)
			continue
		}
		l.now = time.Now().UnixNano()
		again := l.again
		l.again = nil
		for i := range max(n, 0) {
			l.dispatch(&events[i])
		}
		for _, st := range again {
			st.queued = false
			st.move(l)
		}
		if l.used > 0 && l.now-last >= int64(l.pause) {
			last, l.pause = l.now, longestPause
			for i := range l.slots {
				if w := l.slots[i].is; w != nil {
					w.tick(l, l.now)
				}
			}
		}
	}
	l.mu.Lock()
	l.closed = true
	todo := l.todo
	l.mu.Unlock()
	for _, f := range todo {
		f() // somebody may wait for it
	}
	unix.Close(l.bell)
	unix.Close(l.ep)
	for _, p := range l.pipes {
		p.close()
	}
}

// timeout is how long to wait for events, in milliseconds.
func (l *loop) timeout() int {
	switch {
	case len(l.again) > 0:
		return 0
	case l.used == 0:
		return -1
	}
	return int(l.pause / time.Millisecond)
}

func (l *loop) dispatch(e *unix.EpollEvent) {
	if e.Fd < 0 {
		l.work()
		return
	}
	if s := &l.slots[e.Fd>>1]; s.is != nil && s.gen == e.Pad {
		s.is.ready(l, int(e.Fd&1), e.Events)
	}
}

// work does what others have asked for.
func (l *loop) work() {
	var eight [8]byte
	_, _ = unix.Read(l.bell, eight[:])
	l.mu.Lock()
	todo := l.todo
	l.todo, l.rung = nil, false
	l.mu.Unlock()
	for _, f := range todo {
		f()
	}
}

// admit gives a watched a slot.
func (l *loop) admit(w watched) int32 {
	l.used++
	if n := len(l.free); n > 0 {
		id := l.free[n-1]
		l.free = l.free[:n-1]
		l.slots[id].is = w
		return id
	}
	l.slots = append(l.slots, slot{is: w})
	return int32(len(l.slots) - 1)
}

// leave frees a slot.
func (l *loop) leave(id int32) {
	l.used--
	l.slots[id].is = nil
	l.slots[id].gen++
	l.free = append(l.free, id)
}

// hurry makes the next look at every flow come in time for a time-out.
func (l *loop) hurry(timeout time.Duration) {
	l.pause = min(l.pause, max(timeout/8, shortestPause))
}

// watch registers a socket of the slot's; events are told once, as they begin.
func (l *loop) watch(id int32, side int, fd int, events uint32) error {
	return unix.EpollCtl(l.ep, unix.EPOLL_CTL_ADD, fd, l.event(id, side, events))
}

func (l *loop) event(id int32, side int, events uint32) *unix.EpollEvent {
	return &unix.EpollEvent{Events: events, Fd: id<<1 | int32(side), Pad: l.slots[id].gen}
}

const (
	onRead  = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET
	onWrite = unix.EPOLLOUT
)

// sockaddr is an address for the system.
func sockaddr(a netip.AddrPort) (sa unix.Sockaddr, family int) {
	if ip := a.Addr().Unmap(); ip.Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: ip.As4()}, unix.AF_INET
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}, unix.AF_INET6
}

// addrPort is an address from the system.
func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port))
	}
	return netip.AddrPort{}
}
