package proxy

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/grue-ecs/grue/internal/network"
)

// enter runs f on a thread inside a namespace.
func enter(path string, f func() error) error {
	return onThread(func() error {
		ns, err := os.Open(path)
		if err != nil {
			return err
		}
		defer ns.Close()
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// machineBeside is a namespace with a cable to this machine: a client from
// outside. It returns both ends' addresses.
func machineBeside(t *testing.T) (netns, here, there string) {
	t.Helper()
	netns = newNetns(t, filepath.Join(shortDir(t), "client"))
	pid := os.Getpid()
	net30 := fmt.Sprintf("198.18.%d.", pid>>6&0xff)
	here, there = net30+fmt.Sprint(pid<<2&0xfc+1), net30+fmt.Sprint(pid<<2&0xfc+2)
	ns, err := os.Open(netns)
	if err != nil {
		t.Fatal(err)
	}
	defer ns.Close()
	name := fmt.Sprintf("gx%d", pid)
	cable := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: name + "p", PeerNamespace: netlink.NsFd(int(ns.Fd()))}
	if err := netlink.LinkAdd(cable); err != nil {
		t.Skipf("no veth here: %v", err)
	}
	t.Cleanup(func() { _ = netlink.LinkDel(cable) })
	up := func(name, address string) error {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		a, err := netlink.ParseAddr(address + "/30")
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd(link, a); err != nil {
			return err
		}
		return netlink.LinkSetUp(link)
	}
	if err := up(name, here); err != nil {
		t.Fatal(err)
	}
	if err := enter(netns, func() error { return up(name+"p", there) }); err != nil {
		t.Fatal(err)
	}
	return netns, here, there
}

// taskThatTells is a task on a network of grue's that tells everybody's address
// over TCP and UDP.
func taskThatTells(t *testing.T) (address string) {
	t.Helper()
	n, err := network.New(network.Options{Dir: t.TempDir()})
	if err != nil {
		t.Skipf("no networks here: %v", err)
	}
	t.Cleanup(func() { _ = n.Destroy() })
	lease, err := n.AllocTask("task", 0)
	if err != nil {
		t.Fatal(err)
	}
	await(t, "a way back", func() bool {
		return slices.ContainsFunc(network.ReturnPaths(), func(p netip.Prefix) bool { return p.Contains(lease.IP) })
	})
	address = netip.AddrPortFrom(lease.IP, 80).String()
	var l net.Listener
	var c net.PacketConn
	err = enter(lease.Netns, func() (err error) {
		if l, err = net.Listen("tcp", address); err == nil {
			c, err = net.ListenPacket("udp", address)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close(); c.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, conn.RemoteAddr().String())
			conn.Close()
		}
	}()
	go func() {
		for {
			_, from, err := c.ReadFrom(make([]byte, 64))
			if err != nil {
				return
			}
			_, _ = c.WriteTo([]byte(from.String()), from)
		}
	}()
	return address
}

// With client IP preservation a task sees the address and the port of a client
// from outside; a client on this machine's loopback is seen as the proxy.
func TestFlowClientAddress(t *testing.T) {
	netns, here, there := machineBeside(t)
	task := taskThatTells(t)
	w := newWorld(t)
	g := w.flowGroup("tg", "TCP_UDP", task)
	g.Check.Enabled, g.Flows.PreserveClientIP = false, true
	l := w.flowListener("TCP_UDP", one("tg"))
	l.Address = freeAddressOn(t, here)
	local := w.flowListener("TCP", one("tg"))
	w.publish()
	for _, network := range []string{"tcp", "udp"} {
		var c net.Conn
		err := enter(netns, func() (err error) {
			c, err = net.DialTimeout(network, l.Address, time.Minute)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, "?")
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		buf := make([]byte, 64)
		n, err := c.Read(buf)
		if host, _, _ := net.SplitHostPort(c.LocalAddr().String()); host != there {
			t.Fatalf("the client is %s", host)
		}
		if got := string(buf[:n]); err != nil || got != c.LocalAddr().String() {
			t.Errorf("%s: the task saw %q, %v; the client is %s", network, got, err, c.LocalAddr())
		}
	}
	if saw, err := io.ReadAll(dialFlow(t, local.Address)); err != nil || len(saw) == 0 {
		t.Errorf("a client on loopback got %q, %v", saw, err)
	}
}

// freeAddressOn is an address with a port that nobody listens on.
func freeAddressOn(t *testing.T, ip string) string {
	t.Helper()
	l, err := net.Listen("tcp", ip+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
