package proxy

import (
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// receive gives a UDP socket to a loop.
func (ls *loops) receive(s *packetSocket, known map[netip.AddrPort]udpMemo) error {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return err
	}
	all, err := ls.start(s.proxy)
	if err != nil {
		return err
	}
	fd := -1
	failed := raw.Control(func(own uintptr) { fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	if failed != nil || err != nil {
		return err
	}
	l := all[hashString(s.address)%uint64(len(all))]
	l.do(func() { l.listenPackets(s, fd, known) })
	return nil
}

// release ends receiving from a socket; gently lets what targets send reach its
// clients for a moment.
func (ls *loops) release(s *packetSocket, gently bool) {
	done := make(chan struct{})
	ls.mu.Lock()
	all, over := ls.all, ls.over
	ls.mu.Unlock()
	if over || len(all) == 0 {
		s.closed()
		return
	}
	l := all[hashString(s.address)%uint64(len(all))]
	l.do(func() {
		defer close(done)
		for i := range l.slots {
			ps, ok := l.slots[i].is.(*packets)
			switch {
			case !ok || ps.socket != s:
			case gently:
				ps.retire(l)
			default:
				ps.close(l)
			}
		}
	})
	<-done
}

// flows lists every UDP flow, for a successor.
func (ls *loops) flows() (all []udpMemo) {
	ls.mu.Lock()
	running := ls.all
	ls.mu.Unlock()
	parts := make(chan []udpMemo, len(running))
	for _, l := range running {
		l.do(func() { parts <- l.memos() })
	}
	for range running {
		all = append(all, <-parts...)
	}
	return all
}

func (l *loop) memos() (all []udpMemo) {
	for i := range l.slots {
		if f, ok := l.slots[i].is.(*packetFlow); ok && !f.parted {
			t := f.pick.target
			all = append(all, udpMemo{
				Address: f.owner.socket.address, Client: f.client, Group: t.group.arn,
				ID: t.id, Port: t.port, Registered: t.registered.UnixNano(),
			})
		}
	}
	return all
}

// forget parts the UDP flows of a target that has left the table: nothing else
// would end them, for a client that goes on sending. No datagram goes to the target
// once it returns, for then its task may be stopped.
func (ls *loops) forget(t *target) {
	ls.mu.Lock()
	running := ls.all
	ls.mu.Unlock()
	var done sync.WaitGroup
	for _, l := range running {
		done.Add(1)
		if !l.do(func() { defer done.Done(); l.forget(t) }) {
			done.Done()
		}
	}
	done.Wait()
}

func (l *loop) forget(t *target) {
	for i := range l.slots {
		if f, ok := l.slots[i].is.(*packetFlow); ok && f.pick.target == t {
			f.part(l)
		}
	}
}
