package oci

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"

	"github.com/grue-ecs/grue/internal/runtime"
)

// Dynamic host ports: first those above the kernel's usual ephemeral range, which
// no outgoing connection can take between the reservation here and the proxy's
// bind; when they are all held, that range itself, as ECS takes it.
var dynamicPorts = [2]struct{ first, last int }{{61000, 65535}, {32768, 60999}}

// ports knows which ports of the machine the tasks hold.
type ports struct {
	mu   sync.Mutex
	held map[string]string      // "tcp/8080" → task
	next [len(dynamicPorts)]int // to try next, from the range's first port
}

// newPorts begins anywhere in the ranges: two grues of one machine that begin at
// the same port would find it free at the same moment.
func newPorts() *ports {
	p := &ports{held: map[string]string{}}
	for i, r := range dynamicPorts {
		p.next[i] = rand.IntN(r.last - r.first + 1)
	}
	return p
}

func portKey(protocol string, port uint16) string {
	return protocol + "/" + strconv.Itoa(int(port))
}

// bind gives each published port of a task its port on the machine.
func (p *ports) bind(spec *runtime.Spec) (map[string][]runtime.PortBinding, error) {
	out := map[string][]runtime.PortBinding{}
	if spec.NetworkMode != runtime.ModeBridge && spec.NetworkMode != runtime.ModeHost {
		return out, nil
	}
	for _, c := range spec.Containers {
		for _, port := range c.Ports {
			b := runtime.PortBinding{BindIP: "0.0.0.0", Container: port.Container, Host: port.Host, Protocol: port.Protocol}
			if b.Protocol == "" {
				b.Protocol = "tcp"
			}
			if spec.NetworkMode == runtime.ModeHost {
				b.Host = b.Container
				out[c.Name] = append(out[c.Name], b)
				continue
			}
			var err error
			if b.Host, err = p.take(spec.ID, b.Protocol, b.Host); err != nil {
				p.free(spec.ID)
				return nil, err
			}
			out[c.Name] = append(out[c.Name], b)
		}
	}
	return out, nil
}

// take reserves a port, any free one for 0.
func (p *ports) take(task, protocol string, port uint16) (uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if port != 0 {
		if p.held[portKey(protocol, port)] != "" || !portFree(protocol, port) {
			return 0, fmt.Errorf("CannotStartContainerError: Bind for 0.0.0.0:%d failed: port is already allocated", port)
		}
		p.held[portKey(protocol, port)] = task
		return port, nil
	}
	for i, r := range dynamicPorts {
		size := r.last - r.first + 1
		for range size {
			n := uint16(r.first + p.next[i])
			p.next[i] = (p.next[i] + 1) % size
			if p.held[portKey(protocol, n)] == "" && portFree(protocol, n) {
				p.held[portKey(protocol, n)] = task
				return n, nil
			}
		}
	}
	return 0, fmt.Errorf("CannotStartContainerError: no free port above %d on this machine", dynamicPorts[1].first)
}

// hold notes the ports of a task that an earlier process bound.
func (p *ports) hold(task string, bindings map[string][]runtime.PortBinding) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, list := range bindings {
		for _, b := range list {
			p.held[portKey(b.Protocol, b.Host)] = task
		}
	}
}

func (p *ports) free(task string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k, t := range p.held {
		if t == task {
			delete(p.held, k)
		}
	}
}

// portFree tries a port by listening on it for a moment.
func portFree(protocol string, port uint16) bool {
	addr := ":" + strconv.Itoa(int(port))
	if protocol == "udp" {
		c, err := net.ListenPacket("udp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	}
	l, err := net.Listen("tcp", addr)
	if err == nil {
		l.Close()
	}
	return err == nil
}
