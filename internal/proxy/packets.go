package proxy

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"

	"github.com/grue-ecs/grue/internal/route"
)

// packetSocket is the address of a UDP listener. Which one it is, is in the view.
type packetSocket struct {
	proxy   *Proxy
	address string
	local   netip.AddrPort
	conn    *net.UDPConn
	once    sync.Once
	over    chan struct{} // no flow is left
}

func (s *packetSocket) name() string { return "udp|" + s.address }

// closed tells that the loop is done with it.
func (s *packetSocket) closed() { s.once.Do(func() { close(s.over) }) }

// udpMemo is a UDP flow that goes from one process to the next.
type udpMemo struct {
	Address    string         `json:"address"` // of the listener
	Client     netip.AddrPort `json:"client"`
	Group      string         `json:"group"`
	ID         string         `json:"id"`
	Port       int            `json:"port"`
	Registered int64          `json:"registered"` // nanoseconds since 1970
}

// overUDP reports whether a listener receives datagrams.
func overUDP(l *route.Listener) bool {
	return l.Protocol == route.ProtocolUDP || l.Protocol == route.ProtocolTCPUDP
}

// bindPackets prepares a front and a socket for each UDP listener. New sockets
// are returned: they receive once the view is in force.
func (p *Proxy) bindPackets(t *route.Table, v *view) (fresh []*packetSocket) {
	v.packets = make(map[*packetSocket]*front)
	for i := range t.Listeners {
		l := &t.Listeners[i]
		if !overUDP(l) || l.Address == "" {
			continue
		}
		bind := &route.Bind{Address: l.Address}
		s := p.packets[l.Address]
		if s == nil {
			var err error
			if s, err = p.openPackets(l.Address); err != nil {
				p.bindFailed(l, bind, err)
				continue
			}
			p.packets[l.Address] = s
			fresh = append(fresh, s)
		}
		f := p.newFront(v.router, l, "", p.groups)
		v.packets[s] = f
		v.all = append(v.all, f)
	}
	return fresh
}

// openPackets binds an address, or takes over the socket of the process before.
func (p *Proxy) openPackets(address string) (*packetSocket, error) {
	if runtime.GOOS != "linux" {
		return nil, errors.New("UDP listeners need Linux")
	}
	c, err := p.adopted.udp(address)
	if err == nil && c == nil {
		c, err = listenUDP(address)
	}
	if err != nil {
		return nil, err
	}
	s := &packetSocket{proxy: p, address: address, conn: c, over: make(chan struct{})}
	if a, ok := c.LocalAddr().(*net.UDPAddr); ok {
		s.local = a.AddrPort()
	}
	return s, nil
}

// receive begins to serve new sockets.
func (p *Proxy) receive(fresh []*packetSocket) {
	for _, s := range fresh {
		if err := p.loops.receive(s, p.inherited[s.address]); err != nil {
			p.log.Error("no datagrams are received", "address", s.address, "err", err)
		}
		delete(p.inherited, s.address)
	}
}

// unbindPackets closes sockets that no listener of the view has.
func (p *Proxy) unbindPackets(v *view) {
	for address, s := range p.packets {
		if v.packets[s] == nil {
			delete(p.packets, address)
			p.loops.release(s, false)
			s.conn.Close()
		}
	}
}

// retirePackets ends receiving at the end of the process. Flows that are not
// silent are waited for as connections are.
func (p *Proxy) retirePackets() {
	for _, s := range p.packets {
		p.loops.release(s, true)
		s.conn.Close()
		p.serving.Go(func() { <-s.over })
	}
}

// inherit takes the flows over that the process before tells of.
func (p *Proxy) inherit(flows []udpMemo) {
	p.inherited = make(map[string]map[netip.AddrPort]udpMemo)
	for _, f := range flows {
		if p.inherited[f.Address] == nil {
			p.inherited[f.Address] = make(map[netip.AddrPort]udpMemo)
		}
		p.inherited[f.Address][f.Client] = f
	}
}
