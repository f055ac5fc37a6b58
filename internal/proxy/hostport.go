package proxy

import (
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
)

// forwards publishes ports of tasks on the machine: every connection or flow to
// a host port goes to one address of one task, unchanged.
type forwards struct {
	mu    sync.Mutex
	open  map[route.HostPort]forwarder
	conns map[net.Conn]struct{}
}

// forwarder is one published port.
type forwarder interface {
	close()
	name() string
	File() (*os.File, error)
}

// apply opens and closes ports so that those of the table are open.
func (fs *forwards) apply(p *Proxy, ports []route.HostPort) (failures []link.BindFailure) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.open == nil {
		fs.open, fs.conns = make(map[route.HostPort]forwarder), make(map[net.Conn]struct{})
	}
	want := make(map[route.HostPort]bool, len(ports))
	for _, hp := range ports {
		want[hp] = true
	}
	for hp, f := range fs.open {
		if !want[hp] {
			f.close()
			delete(fs.open, hp)
		}
	}
	for _, hp := range ports {
		if fs.open[hp] != nil {
			continue
		}
		f, err := p.publish(hp)
		if err != nil {
			failures = append(failures, link.BindFailure{Listener: "host port of " + hp.Target, Address: hp.Listen, Error: err.Error()})
			continue
		}
		fs.open[hp] = f
	}
	return failures
}

func (p *Proxy) publish(hp route.HostPort) (forwarder, error) {
	switch hp.Protocol {
	case "", "tcp":
		return p.publishTCP(hp)
	case "udp":
		return p.publishUDP(hp)
	}
	return nil, fmt.Errorf("unknown protocol %q", hp.Protocol)
}

// each calls add for every open port.
func (fs *forwards) each(add func(string, interface{ File() (*os.File, error) })) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, f := range fs.open {
		add(f.name(), f)
	}
}

func (fs *forwards) closeListeners() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for hp, f := range fs.open {
		f.close()
		delete(fs.open, hp)
	}
}

func (fs *forwards) closeConns() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for c := range fs.conns {
		c.Close()
	}
}

func (fs *forwards) add(c net.Conn) {
	fs.mu.Lock()
	fs.conns[c] = struct{}{}
	fs.mu.Unlock()
}

func (fs *forwards) remove(c net.Conn) {
	c.Close()
	fs.mu.Lock()
	delete(fs.conns, c)
	fs.mu.Unlock()
}

// tcpForward is a published TCP port.
type tcpForward struct {
	proxy *Proxy
	port  route.HostPort
	*net.TCPListener
}

func (p *Proxy) publishTCP(hp route.HostPort) (forwarder, error) {
	l, err := p.adopted.tcp("tcp|" + hp.Listen)
	if err == nil && l == nil {
		l, err = listenTCP(hp.Listen)
	}
	if err != nil {
		return nil, err
	}
	f := &tcpForward{p, hp, l}
	p.running.Go(f.accept)
	return f, nil
}

func (f *tcpForward) name() string { return "tcp|" + f.port.Listen }
func (f *tcpForward) close()       { f.TCPListener.Close() }

func (f *tcpForward) accept() {
	for {
		conn, err := f.AcceptTCP()
		if err != nil {
			if isTemporary(err) && sleep(f.proxy.ctx, 20*time.Millisecond) {
				continue
			}
			return
		}
		f.proxy.serving.Go(func() { f.join(conn) })
	}
}

// join copies both ways; on Linux the kernel does it with splice.
func (f *tcpForward) join(client *net.TCPConn) {
	fs := &f.proxy.forwards
	fs.add(client)
	defer fs.remove(client)
	conn, err := net.DialTimeout("tcp", f.port.Target, connectTimeout)
	if err != nil {
		_ = client.SetLinger(0) // refused, as the task itself would
		return
	}
	fs.add(conn)
	defer fs.remove(conn)
	var back sync.WaitGroup
	back.Go(func() { splice(client, conn.(*net.TCPConn)) })
	splice(conn.(*net.TCPConn), client)
	back.Wait()
}

func splice(to, from *net.TCPConn) {
	_, err := io.Copy(to, from)
	if err != nil {
		_ = to.SetLinger(0)
		to.Close()
		from.Close()
		return
	}
	_ = to.CloseWrite()
}
