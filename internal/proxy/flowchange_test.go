package proxy

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// A listener may change its protocol on an address that is open: connections that
// are established stay what they are.
func TestFlowListenerChangesProtocol(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, web := named(t, "a"), app(t, says("web"))
	w.flowGroup("tg", "TCP", a)
	w.group("web", web)
	l := w.flowListener("TCP", one("tg"))
	other := w.listener(one("web"))
	w.publish()
	w.awaitState(a, "healthy")
	w.awaitState(web, "healthy")
	old := dialFlow(t, l.Address)
	if _, err := askName(old, 1); err != nil {
		t.Fatal(err)
	}
	changed := append([]route.Listener(nil), w.table.Listeners...)
	changed[0].Protocol, changed[1].Protocol = "TLS", "TCP"
	changed[1].LB, changed[1].Rules = "net/flows/1", changed[0].Rules
	w.table.Listeners = changed
	w.publish()
	if name, err := askName(dialSecure(t, l.Address), 1); err != nil || name != "a" {
		t.Errorf("TCP became TLS: %q, %v", name, err)
	}
	if name, err := askName(dialFlow(t, other.Address), 1); err != nil || name != "a" {
		t.Errorf("HTTP became TCP: %q, %v", name, err)
	}
	if err := echoed(old, "still plain"); err != nil {
		t.Error(err)
	}
	w.awaitTraffic("tg", "TLS", "a TLS connection", func(f route.FlowTraffic) bool { return f.New == 1 })
	w.awaitTraffic("tg", "TCP", "two of TCP", func(f route.FlowTraffic) bool { return f.New == 2 })
}

// IPv6 works as IPv4 does, also from the one to the other.
func TestFlowIPv6(t *testing.T) {
	t.Parallel()
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	address := probe.Addr().String()
	probe.Close()
	w := newWorld(t)
	w.flowGroup("tg", "TCP", named(t, "a"))
	w.flowListener("TCP", one("tg")).Address = address
	w.publish()
	w.awaitState(w.table.Groups["tg"].Targets[0].Address, "healthy")
	c := dialFlow(t, address)
	if name, err := askName(c, 1); err != nil || name != "a" {
		t.Errorf("%q, %v", name, err)
	}
	_ = c.CloseWrite()
	if _, err := io.ReadAll(c); err != nil {
		t.Error(err)
	}
	if splices { // UDP needs Linux
		w.flowGroup("udp", "UDP", udpEcho(t, "[::1]:0")).Check.Enabled = false
		w.flowListener("UDP", one("udp")).Address = address
		w.publish()
		u := dialFlowUDP(t, address)
		if err := echoed(u, "datagram"); err != nil {
			t.Error(err)
		}
	}
}

// udpEcho is a target that sends every datagram back.
func udpEcho(t *testing.T, address string) string {
	t.Helper()
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteTo(buf[:n], from)
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return c.LocalAddr().String()
}

func dialFlowUDP(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	return c
}
