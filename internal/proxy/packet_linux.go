package proxy

import (
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// UDP: a flow is a client's address and port at one listener. It has a socket of
// its own towards its target, so that answers find their way back, and ends after
// silence in both directions. All flows of a listener are served by one loop, in
// the order in which datagrams come.

const (
	// udpIdle ends a flow.
	udpIdle = 120 * time.Second
	// udpLinger ends a flow whose datagrams go elsewhere: to the successor of this
	// process, or to another target.
	udpLinger = time.Second
	// maxUDPFlows bounds the flows of a listener; the one that was silent for
	// longest makes room for another.
	maxUDPFlows = 65536
)

// packets is the loop's part of a UDP listener.
type packets struct {
	slot   int32
	socket *packetSocket
	fd     int // a copy, the loop's own
	flows  map[netip.AddrPort]*packetFlow
	limit  int
	newest *packetFlow
	oldest *packetFlow
	parted []*packetFlow              // in the order of their parting
	known  map[netip.AddrPort]udpMemo // flows of the process before
	idle   time.Duration
	quiet  bool // the successor receives; answers are still sent
}

// packetFlow is one UDP flow.
type packetFlow struct {
	owner  *packets
	slot   int32
	fd     int
	client netip.AddrPort
	name   clientName
	header []byte // PROXY protocol, before every datagram
	pick   flowPick
	meter  *flowMeter
	count  *flowCounters
	moved  int64
	parted bool // see part
	newer  *packetFlow
	older  *packetFlow
}

// listenPackets begins to serve a UDP listener.
func (l *loop) listenPackets(s *packetSocket, fd int, known map[netip.AddrPort]udpMemo) {
	limit := maxUDPFlows
	if l.proxy.options.udpFlows > 0 {
		limit = l.proxy.options.udpFlows
	}
	ps := &packets{socket: s, fd: fd, flows: make(map[netip.AddrPort]*packetFlow), limit: limit, known: known, idle: udpIdle}
	ps.slot = l.admit(ps)
	if err := l.watch(ps.slot, 0, fd, unix.EPOLLIN); err != nil {
		l.proxy.log.Error("cannot wait for datagrams", "address", s.address, "err", err)
	}
	if l.batch == nil {
		l.batch = newBatch()
	}
}

// ready receives what clients sent.
func (ps *packets) ready(l *loop, _ int, _ uint32) {
	if ps.quiet {
		return
	}
	n := l.batch.receive(ps.fd)
	for i := range n {
		client, data := l.batch.from(i), l.batch.data(i)
		f := ps.flows[client]
		if f == nil {
			if f = ps.open(l, client, l.batch.names[i]); f == nil {
				continue
			}
		}
		f.touch(l.now)
		f.send(data)
	}
}

// open begins a flow; nil means that there is no target for it.
func (ps *packets) open(l *loop, client netip.AddrPort, name clientName) *packetFlow {
	p := l.proxy
	pick, ok := ps.recall(p, client)
	if !ok {
		pick = p.pickFlow(func(v *view) *front { return v.packets[ps.socket] }, client)
	}
	if pick.front == nil {
		return nil
	}
	f := &packetFlow{owner: ps, client: client, name: name, pick: pick, moved: l.now}
	f.meter = pick.meter(flowUDP)
	f.count = f.meter.shard(l.id)
	if pick.target == nil {
		f.count.rejected.Add(1)
		return nil
	}
	if len(ps.flows) >= ps.limit {
		ps.oldest.count.elbResets.Add(1)
		ps.oldest.end(l)
	}
	if err := f.connect(l); err != nil {
		f.count.rejected.Add(1)
		pick.ref.meter.shard(l.id).connectErrors.Add(1)
		pick.target.release()
		return nil
	}
	if pick.unhealthy {
		f.count.unhealthy.Add(1)
	}
	if !ok {
		f.count.opened.Add(1)
	}
	f.meter.active.Add(1)
	ps.flows[client] = f
	ps.link(f)
	return f
}

// recall finds the target that the process before had chosen for a flow.
func (ps *packets) recall(p *Proxy, client netip.AddrPort) (pick flowPick, ok bool) {
	memo, ok := ps.known[client]
	if !ok {
		return pick, false
	}
	delete(ps.known, client)
	v := p.view.Load()
	f := v.packets[ps.socket]
	if f == nil || f.groups[memo.Group] == nil {
		return pick, false
	}
	ref := f.groups[memo.Group]
	t := ref.group.find(targetKey{memo.ID, memo.Port, memo.Registered})
	if t == nil || t.gone.Load() {
		return pick, false
	}
	t.load.Add(1) // it may drain: the flow is an old one
	return flowPick{view: v, front: f, ref: ref, target: t}, true
}

// connect makes the flow's socket.
func (f *packetFlow) connect(l *loop) error {
	t := f.pick.target
	sa, family := sockaddr(t.to)
	if !t.to.IsValid() {
		return unix.EINVAL
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err == unix.EMFILE && f.owner.oldest != nil {
		f.owner.oldest.count.elbResets.Add(1)
		f.owner.oldest.end(l)
		fd, err = unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	}
	if err != nil {
		return err
	}
	if f.pick.ref.flows.PreserveClientIP {
		l.proxy.sources.bind(l.proxy.log, fd, f.client, t.to.Addr())
	}
	if f.pick.ref.flows.ProxyProtocol {
		f.header = proxyHeader(f.client, f.owner.socket.local, true)
	}
	if err := unix.Connect(fd, sa); err != nil {
		unix.Close(fd)
		return err
	}
	f.fd, f.slot = fd, l.admit(f)
	if err := l.watch(f.slot, 0, fd, unix.EPOLLIN); err != nil {
		l.leave(f.slot)
		unix.Close(fd)
		return err
	}
	return nil
}

// send sends one datagram to the target.
func (f *packetFlow) send(data []byte) {
	f.count.bytes.Add(uint64(len(data)))
	f.count.packets.Add(1)
	if f.header != nil {
		data = append(append(make([]byte, 0, len(f.header)+len(data)), f.header...), data...)
	}
	if _, err := unix.Write(f.fd, data); err == unix.ECONNREFUSED {
		_, _ = unix.Write(f.fd, data) // the error was the datagram's before
	}
}

// ready hands on what the target sent.
func (f *packetFlow) ready(l *loop, _ int, events uint32) {
	n := l.batch.receive(f.fd)
	if n == 0 && events&unix.EPOLLERR != 0 {
		code, _ := unix.GetsockoptInt(f.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if syscall.Errno(code) == unix.ECONNREFUSED && f.pick.target.draining.Load() && !f.parted {
			f.end(l) // nobody is there any more
		}
		return
	}
	if n == 0 {
		return
	}
	if !f.parted {
		f.touch(l.now)
	}
	f.count.bytes.Add(l.batch.size(n))
	f.count.packets.Add(uint64(n))
	l.batch.send(f.owner.fd, n, &f.name)
}

// end closes the flow's socket and forgets it.
func (f *packetFlow) end(l *loop) {
	ps := f.owner
	switch {
	case f.parted:
		f.parted = false // the list forgets it at its time
	case ps.flows[f.client] == f:
		delete(ps.flows, f.client)
		ps.unlink(f)
	default:
		return
	}
	unix.Close(f.fd)
	l.leave(f.slot)
	f.meter.active.Add(-1)
	f.pick.target.release()
}

// part lets the client's next datagram choose another target. What the old one has
// to answer yet is handed on for a moment.
func (f *packetFlow) part(l *loop) {
	ps := f.owner
	if ps.flows[f.client] != f {
		return
	}
	delete(ps.flows, f.client)
	ps.unlink(f)
	f.parted, f.moved = true, l.now
	ps.parted = append(ps.parted, f)
	l.hurry(udpLinger)
}

func (f *packetFlow) cut(l *loop)       { f.end(l) }
func (f *packetFlow) tick(*loop, int64) {}

func (f *packetFlow) cutFor(l *loop, t *target) {
	if f.pick.target == t && !f.parted {
		f.end(l)
	}
}

// tick ends flows that are silent, the oldest first.
func (ps *packets) tick(l *loop, now int64) {
	for ps.oldest != nil && now-ps.oldest.moved > int64(ps.idle) {
		ps.oldest.end(l)
	}
	for len(ps.parted) > 0 && now-ps.parted[0].moved > int64(udpLinger) {
		ps.parted[0].end(l)
		ps.parted = ps.parted[1:]
	}
	if len(ps.parted) > 0 {
		l.hurry(udpLinger)
	}
	if ps.quiet && ps.oldest == nil && len(ps.parted) == 0 {
		ps.close(l)
	}
	l.hurry(ps.idle)
}

// touch makes the flow the newest.
func (f *packetFlow) touch(now int64) {
	f.moved = now
	if f.owner.newest != f {
		f.owner.unlink(f)
		f.owner.link(f)
	}
}

func (ps *packets) link(f *packetFlow) {
	f.older, f.newer = ps.newest, nil
	if ps.newest != nil {
		ps.newest.newer = f
	}
	ps.newest = f
	if ps.oldest == nil {
		ps.oldest = f
	}
}

func (ps *packets) unlink(f *packetFlow) {
	if f.newer != nil {
		f.newer.older = f.older
	} else {
		ps.newest = f.older
	}
	if f.older != nil {
		f.older.newer = f.newer
	} else {
		ps.oldest = f.newer
	}
	f.newer, f.older = nil, nil
}

// retire ends receiving. What targets still send is handed on until a flow is
// silent for a moment: its datagrams go to the successor.
func (ps *packets) retire(l *loop) {
	ps.quiet, ps.idle = true, udpLinger
	_ = unix.EpollCtl(l.ep, unix.EPOLL_CTL_DEL, ps.fd, nil)
	ps.tick(l, l.now)
}

// close ends all flows and the listener.
func (ps *packets) close(l *loop) {
	for ps.oldest != nil {
		ps.oldest.end(l)
	}
	for _, f := range ps.parted {
		f.end(l)
	}
	_ = unix.EpollCtl(l.ep, unix.EPOLL_CTL_DEL, ps.fd, nil)
	unix.Close(ps.fd)
	l.leave(ps.slot)
	ps.socket.closed()
}

func (ps *packets) cut(l *loop) { ps.close(l) }
