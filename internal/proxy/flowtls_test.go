package proxy

import (
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// dialSecure connects to a TLS listener, whose certificate it does not look at.
func dialSecure(t *testing.T, address string, protocols ...string) *tls.Conn {
	t.Helper()
	c := tls.Client(dialFlow(t, address), &tls.Config{InsecureSkipVerify: true, NextProtos: protocols})
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	return c
}

// secureTarget is a named target that speaks TLS with a certificate of nobody's.
func secureTarget(t *testing.T, name string) string {
	own, err := selfSign("nobody")
	if err != nil {
		t.Fatal(err)
	}
	return tcpTarget(t, func(c *net.TCPConn) {
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*own}})
		if _, err := io.ReadFull(s, make([]byte, 1)); err != nil {
			return
		}
		_, _ = io.WriteString(s, name)
		_, _ = io.Copy(s, s)
		_ = s.CloseWrite()
	})
}

// A TLS listener ends TLS and forwards what is inside, in plain or in TLS anew;
// half an end stays half an end, a reset is a reset.
func TestFlowTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plain, secure := named(t, "p"), secureTarget(t, "s")
	w.flowGroup("p", "TCP", plain)
	w.flowGroup("s", "TLS", secure)
	addresses := map[string]string{}
	for _, name := range []string{"p", "s"} {
		l := w.flowListener("TLS", one(name))
		l.ALPN = "HTTP2Preferred"
		addresses[name] = l.Address
	}
	w.publish()
	w.awaitState(plain, "healthy")
	w.awaitState(secure, "healthy")
	for name, address := range addresses {
		c := dialSecure(t, address, "http/1.1", "h2")
		if got := c.ConnectionState().NegotiatedProtocol; got != "h2" {
			t.Errorf("%s: protocol %q", name, got)
		}
		if got, err := askName(c, 1); err != nil || got != name {
			t.Fatalf("got %q, %v, want %s", got, err, name)
		}
		block := make([]byte, 300<<10)
		go c.Write(block)
		if _, err := io.ReadFull(c, make([]byte, len(block))); err != nil {
			t.Error(err)
		}
		_ = c.CloseWrite()
		if rest, err := io.ReadAll(c); err != nil || len(rest) > 0 {
			t.Errorf("%s: after the end %d bytes, %v", name, len(rest), err)
		}
		w.awaitTraffic(name, "TLS", "counted", func(f route.FlowTraffic) bool {
			return f.New == 1 && f.Active == 0 && f.Bytes == uint64(2+2*len(block))
		})
	}
	raw(t, addresses["p"], "garbage that is no handshake", nil)
	w.awaitTraffic("", "TLS", "a handshake that failed", func(f route.FlowTraffic) bool { return f.ClientTLS == 1 })
}

// A target that cannot speak TLS is counted, and its client is reset.
func TestFlowTLSTargetFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	deaf := tcpTarget(t, func(c *net.TCPConn) { _, _ = io.WriteString(c, "no TLS here\n") })
	w.flowGroup("tg", "TLS", deaf)
	l := w.flowListener("TCP", one("tg")) // the front speaks no TLS, the target should
	w.publish()
	w.awaitState(deaf, "healthy")
	if err := endOf(l.Address); !isReset(err) {
		t.Errorf("ended with %v", err)
	}
	w.awaitTraffic("tg", "TCP", "the target's handshake", func(f route.FlowTraffic) bool { return f.TargetTLS == 1 && f.Rejected == 1 })
}

// Connections with TLS end as those without: at the drain's end if the group says
// so, and after silence.
func TestFlowTLSEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := named(t, "a")
	w.flowGroup("cut", "TCP", a).Flows.CutDrained = true
	w.flowGroup("idle", "TCP", a).Flows.Idle = time.Second
	cut, idle := w.flowListener("TLS", one("cut")).Address, w.flowListener("TLS", one("idle")).Address
	w.publish()
	w.awaitState(a, "healthy")
	for _, address := range []string{idle, cut} {
		c := dialSecure(t, address)
		if _, err := askName(c, 1); err != nil {
			t.Fatal(err)
		}
		if address == cut {
			g := cloneGroup(w, "cut")
			g.Targets[0].Draining, g.Targets[0].DrainUntil = true, time.Now().Add(100*time.Millisecond)
			w.publish()
		}
		if _, err := c.Read(make([]byte, 1)); !isReset(err) {
			t.Errorf("ended with %v", err)
		}
	}
	for _, group := range []string{"cut", "idle"} {
		w.awaitTraffic(group, "TLS", "a reset of the load balancer's", func(f route.FlowTraffic) bool { return f.ELBResets == 1 })
	}
}
