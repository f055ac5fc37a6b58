package proxy

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// flowIdle ends a UDP flow after silence in both directions.
const flowIdle = 120 * time.Second

// maxFlows bounds the clients of one UDP port.
const maxFlows = 4096

// udpForward is a published UDP port. Each client address is a flow with a
// socket of its own towards the task, so that answers find their way back.
type udpForward struct {
	proxy *Proxy
	port  route.HostPort
	*net.UDPConn
	mu    sync.Mutex
	flows map[netip.AddrPort]*net.UDPConn
}

func (p *Proxy) publishUDP(hp route.HostPort) (forwarder, error) {
	c, err := p.adopted.udp(hp.Listen)
	if err == nil && c == nil {
		c, err = listenUDP(hp.Listen)
	}
	if err != nil {
		return nil, err
	}
	f := &udpForward{proxy: p, port: hp, UDPConn: c, flows: make(map[netip.AddrPort]*net.UDPConn)}
	p.running.Go(f.receive)
	return f, nil
}

func listenUDP(address string) (*net.UDPConn, error) {
	config := net.ListenConfig{Control: listenControl}
	c, err := config.ListenPacket(context.Background(), "udp", address)
	if err != nil {
		return nil, err
	}
	return c.(*net.UDPConn), nil
}

func (f *udpForward) name() string { return "udp|" + f.port.Listen }

func (f *udpForward) close() {
	f.UDPConn.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, flow := range f.flows {
		flow.Close()
	}
}

func (f *udpForward) receive() {
	buf := make([]byte, 64<<10)
	for {
		n, from, err := f.ReadFromUDPAddrPort(buf)
		if err != nil {
			if isErrno(err, connRefused) {
				continue
			}
			return
		}
		if flow := f.flow(from); flow != nil {
			_, _ = flow.Write(buf[:n])
			_ = flow.SetReadDeadline(time.Now().Add(flowIdle))
		}
	}
}

// flow returns the client's flow, a new one if need be.
func (f *udpForward) flow(from netip.AddrPort) *net.UDPConn {
	f.mu.Lock()
	defer f.mu.Unlock()
	if flow := f.flows[from]; flow != nil || len(f.flows) >= maxFlows {
		return flow
	}
	conn, err := net.Dial("udp", f.port.Target)
	if err != nil {
		return nil
	}
	flow := conn.(*net.UDPConn)
	f.flows[from] = flow
	f.proxy.running.Go(func() { f.answer(from, flow) })
	return flow
}

// answer copies what the task sends back until the flow is silent.
func (f *udpForward) answer(to netip.AddrPort, flow *net.UDPConn) {
	defer func() {
		flow.Close()
		f.mu.Lock()
		delete(f.flows, to)
		f.mu.Unlock()
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := flow.Read(buf)
		if err != nil {
			if isErrno(err, connRefused) {
				continue // the task does not listen, or not yet
			}
			return
		}
		_ = flow.SetReadDeadline(time.Now().Add(flowIdle))
		if _, err := f.WriteToUDPAddrPort(buf[:n], to); err != nil {
			return
		}
	}
}
