package network

import (
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// transparent lets a socket have an address that is not of this machine.
func transparent(_, _ string, raw syscall.RawConn) (failed error) {
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_TRANSPARENT, 1)
	})
	if err != nil {
		return err
	}
	return failed
}

// A task sees the address of a client of a load balancer, and what it answers
// comes back to the load balancer's socket, over TCP and UDP.
func TestTransparentSocketsGetAnswers(t *testing.T) {
	n := open(t, options(t))
	<-n.filter
	lease, err := n.AllocTask("task", 0)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(ReturnPaths(), func(p netip.Prefix) bool { return p.Contains(lease.IP) }) {
		t.Fatalf("the task is not on a return path: %v", ReturnPaths())
	}
	echo(t, lease)
	const client = "203.0.113.7"
	for _, network := range []string{"tcp", "udp"} {
		d := net.Dialer{Control: transparent, Timeout: time.Minute}
		if network == "tcp" {
			d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(client), Port: 4242}
		} else {
			d.LocalAddr = &net.UDPAddr{IP: net.ParseIP(client), Port: 4242}
		}
		c, err := d.DialContext(context.Background(), network, netip.AddrPortFrom(lease.IP, 80).String())
		if err != nil {
			t.Fatalf("%s: %v", network, err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		if _, err := io.WriteString(c, "who am I?"); err != nil {
			t.Fatalf("%s: %v", network, err)
		}
		buf := make([]byte, 64)
		k, err := c.Read(buf)
		if err != nil || string(buf[:k]) != client+":4242" {
			t.Errorf("%s: the task saw %q, %v", network, buf[:k], err)
		}
	}
}

// echo tells who asks, inside a task's namespace, over TCP and UDP on port 80.
func echo(t *testing.T, l Lease) {
	t.Helper()
	address := netip.AddrPortFrom(l.IP, 80).String()
	var stream net.Listener
	var packets net.PacketConn
	err := inside(l.Netns, func() (err error) {
		if stream, err = net.Listen("tcp", address); err != nil {
			return err
		}
		packets, err = net.ListenPacket("udp", address)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stream.Close(); packets.Close() })
	go func() {
		for {
			c, err := stream.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 64))
			_, _ = io.WriteString(c, c.RemoteAddr().String())
			c.Close()
		}
	}()
	go func() {
		for {
			_, from, err := packets.ReadFrom(make([]byte, 64))
			if err != nil {
				return
			}
			_, _ = packets.WriteTo([]byte(from.String()), from)
		}
	}()
}

// Ports of connections that have ended are used again for tasks, not for loopback
// only, unless the administrator forbids it.
func TestPortsAreReused(t *testing.T) {
	n := open(t, options(t))
	<-n.filter
	value, err := os.ReadFile("/proc/sys/net/ipv4/tcp_tw_reuse")
	if err != nil {
		t.Skip(err)
	}
	if strings.TrimSpace(string(value)) == "2" {
		t.Error("still the system's default")
	}
}
