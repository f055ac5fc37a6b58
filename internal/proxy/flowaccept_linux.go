package proxy

import (
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// acceptor accepts connections of a TCP listener in one loop.
type acceptor struct {
	loop   *loop
	slot   int32
	socket *socket
	raw    syscall.RawConn
	once   func(fd uintptr) // accepts one; made once, for closures cost
	fd     int
	from   unix.Sockaddr
	err    error
}

// acceptsAtOnce bounds the connections that one event accepts, so that those
// that are established have their turn.
const acceptsAtOnce = 32

// accept makes the loops accept what comes on a socket. It is false when the
// socket's front wants goroutines.
func (ls *loops) accept(s *socket) bool {
	f := s.proxy.view.Load().fronts[s]
	if f == nil || !f.looped() {
		return false
	}
	raw, err := s.listener.SyscallConn()
	if err != nil {
		return false
	}
	all, err := ls.start(s.proxy)
	if err != nil {
		s.proxy.log.Warn("connections are served by goroutines", "err", err)
		return false
	}
	for _, l := range all {
		l.do(func() { l.listen(s, raw) })
	}
	return true
}

func (l *loop) listen(s *socket, raw syscall.RawConn) {
	a := &acceptor{loop: l, socket: s, raw: raw}
	a.once = func(fd uintptr) {
		a.fd, a.from, a.err = unix.Accept4(int(fd), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	}
	a.slot = l.admit(a)
	l.used-- // it needs no look at time
	a.register()
}

func (a *acceptor) register() {
	_ = a.raw.Control(func(fd uintptr) {
		e := a.loop.event(a.slot, 0, unix.EPOLLIN|unix.EPOLLEXCLUSIVE)
		_ = unix.EpollCtl(a.loop.ep, unix.EPOLL_CTL_ADD, int(fd), e)
	})
}

func (a *acceptor) unregister() {
	_ = a.raw.Control(func(fd uintptr) {
		_ = unix.EpollCtl(a.loop.ep, unix.EPOLL_CTL_DEL, int(fd), nil)
	})
}

// ignore ends accepting on a socket, in every loop, before it is closed: another
// process may hold it open.
func (ls *loops) ignore(s *socket) {
	if !s.looped {
		return
	}
	ls.mu.Lock()
	all, over := ls.all, ls.over
	ls.mu.Unlock()
	if over {
		return
	}
	done := make(chan struct{}, len(all))
	for _, l := range all {
		l.do(func() {
			for i := range l.slots {
				if a, ok := l.slots[i].is.(*acceptor); ok && a.socket == s {
					a.unregister()
					l.leave(a.slot)
					l.used++ // listen has counted it out
				}
			}
			done <- struct{}{}
		})
	}
	for range all {
		<-done
	}
}

func (a *acceptor) ready(l *loop, _ int, _ uint32) {
	for range acceptsAtOnce {
		a.err = unix.EAGAIN
		if a.raw.Control(a.once) != nil || a.err == unix.EAGAIN {
			return
		}
		if a.err == nil {
			a.serve(l)
			continue
		}
		if a.err == unix.ECONNABORTED || a.err == unix.EINTR {
			continue
		}
		if isTemporary(a.err) {
			l.proxy.log.Warn("accept", "address", a.socket.key.address, "err", a.err)
			a.unregister() // an event that stays would keep the loop busy
			time.AfterFunc(20*time.Millisecond, func() { l.do(func() { a.resume(l) }) })
		}
		return
	}
}

// resume goes on after a pause, if the acceptor is still there.
func (a *acceptor) resume(l *loop) {
	if l.slots[a.slot].is == a {
		a.register()
	}
}

func (a *acceptor) tick(*loop, int64) {}

// serve begins a flow for an accepted connection.
func (a *acceptor) serve(l *loop) {
	p := l.proxy
	f := p.view.Load().fronts[a.socket]
	switch {
	case f == nil:
		unix.Close(a.fd)
	case f.looped():
		newStream(l, a.socket, a.fd, addrPort(a.from))
	default: // the listener has changed its protocol
		p.serveAside(a.socket, a.fd)
	}
}

// serveAside serves an accepted connection with goroutines.
func (p *Proxy) serveAside(s *socket, fd int) {
	file := os.NewFile(uintptr(fd), "accepted")
	conn, err := net.FileConn(file)
	file.Close()
	if tcp, ok := conn.(*net.TCPConn); err == nil && ok {
		p.serving.Go(func() { p.serveConn(s, tcp) })
	}
}
