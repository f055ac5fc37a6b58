package proxy

import (
	"net"
	"os"
	"sync"
	"sync/atomic"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/miekg/dns"
)

// resolver answers the DNS questions of tasks: names of the table with its
// authority, everything else from upstream.
type resolver struct {
	proxy    *Proxy
	upstream []string
	names    atomic.Pointer[nameBook]
	cache    dnsCache
	mu       sync.Mutex
	open     map[string]*dnsAddress
}

// dnsAddress is one address on which the resolver listens, with UDP and TCP.
type dnsAddress struct {
	udp      *net.UDPConn
	tcp      *net.TCPListener
	udpServe *dns.Server
	tcpServe *dns.Server
}

func newResolver(p *Proxy, upstream []string) *resolver {
	r := &resolver{proxy: p, upstream: upstream, open: make(map[string]*dnsAddress)}
	r.names.Store(newNameBook(&route.Table{}))
	if len(r.upstream) == 0 {
		r.upstream = systemResolvers()
	}
	return r
}

// systemResolvers are those of the host.
func systemResolvers() (out []string) {
	config, err := dns.ClientConfigFromFile("/etc/resolv.conf")
	if err != nil {
		return nil
	}
	for _, s := range config.Servers {
		out = append(out, net.JoinHostPort(s, config.Port))
	}
	return out
}

// apply takes names and addresses of a table over.
func (r *resolver) apply(t *route.Table) (failures []link.BindFailure) {
	r.names.Store(newNameBook(t))
	r.mu.Lock()
	defer r.mu.Unlock()
	want := make(map[string]bool, len(t.DNS))
	for _, address := range t.DNS {
		want[address] = true
		if r.open[address] != nil {
			continue
		}
		a, err := r.listen(address)
		if err != nil {
			failures = append(failures, link.BindFailure{Listener: "resolver of the tasks", Address: address, Error: err.Error()})
			continue
		}
		r.open[address] = a
	}
	for address, a := range r.open {
		if !want[address] {
			a.close()
			delete(r.open, address)
		}
	}
	return failures
}

func (r *resolver) listen(address string) (*dnsAddress, error) {
	udp, err := r.proxy.adopted.udp(address)
	if err == nil && udp == nil {
		udp, err = listenUDP(address)
	}
	if err != nil {
		return nil, err
	}
	tcp, err := r.proxy.adopted.tcp("tcp|" + address)
	if err == nil && tcp == nil {
		tcp, err = listenTCP(address)
	}
	if err != nil {
		udp.Close()
		return nil, err
	}
	a := &dnsAddress{udp: udp, tcp: tcp}
	a.udpServe = &dns.Server{PacketConn: udp, Handler: r}
	a.tcpServe = &dns.Server{Listener: tcp, Handler: r}
	started := make(chan struct{}, 2)
	for _, s := range []*dns.Server{a.udpServe, a.tcpServe} {
		s.NotifyStartedFunc = func() { started <- struct{}{} }
		r.proxy.running.Go(func() {
			if err := s.ActivateAndServe(); err != nil {
				r.proxy.log.Debug("resolver ended", "address", address, "err", err)
			}
		})
	}
	<-started
	<-started
	return a, nil
}

func (a *dnsAddress) close() {
	_ = a.udpServe.Shutdown()
	_ = a.tcpServe.Shutdown()
}

func (r *resolver) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for address, a := range r.open {
		a.close()
		delete(r.open, address)
	}
}

// each calls add for every socket.
func (r *resolver) each(add func(string, interface{ File() (*os.File, error) })) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for address, a := range r.open {
		add("udp|"+address, a.udp)
		add("tcp|"+address, a.tcp)
	}
}
