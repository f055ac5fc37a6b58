package network

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

func options(t *testing.T) Options {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	return Options{
		Dir: t.TempDir(), RunDir: t.TempDir(),
		// Claims are in RunDir: others, with another one, must not look where these do.
		Pool: append([]netip.Prefix{netip.MustParsePrefix("198.18.0.0/15")}, DefaultPool()...),
		Log:  slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

func open(t *testing.T, opts Options) *Network {
	t.Helper()
	n, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Destroy(); err != nil {
			t.Errorf("destroy: %v", err)
		}
	})
	return n
}

// crash forgets a Network as kill -9 would: nothing is written or removed.
func crash(n *Network) {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	n.work.Wait()
	n.lock.Close()
}

// until waits for a condition that the kernel brings about by itself.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("not reached in 10 s: %s", what)
		case <-tick.C:
		}
	}
}

func veths(t *testing.T, hash string) (count int) {
	t.Helper()
	links, err := dump(netlink.LinkList)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if strings.HasPrefix(l.Attrs().Name, vethPrefix(hash)) {
			count++
		}
	}
	return count
}

// serve answers TCP connections inside a task's namespace.
func serve(t *testing.T, l Lease) net.Addr {
	t.Helper()
	var ln net.Listener
	err := inside(l.Netns, func() (err error) {
		ln, err = net.Listen("tcp", netip.AddrPortFrom(l.IP, 80).String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Write([]byte("ok"))
			c.Close()
		}
	}()
	return ln.Addr()
}

// inside runs fn on a thread that has entered a namespace.
func inside(path string, fn func() error) error {
	ns, err := netns.GetFromPath(path)
	if err != nil {
		return err
	}
	defer ns.Close()
	return inNewNetns(func(*os.File) error {
		if err := unix.Setns(int(ns), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return fn()
	})
}

func dial(addr string) error {
	c, err := net.DialTimeout("tcp", addr, 3*time.Second)
	if err != nil {
		return err
	}
	return c.Close()
}

func TestTasksReachEachOtherAndTheMachine(t *testing.T) {
	n := open(t, options(t))
	a, err := n.AllocTask("task-a", 0)
	if err != nil {
		t.Fatal(err)
	}
	b, err := n.AllocTask("task-b", 1)
	if err != nil {
		t.Fatal(err)
	}
	if !n.Info().Subnets[0].Contains(a.IP) || !n.Info().Subnets[1].Contains(b.IP) {
		t.Fatalf("addresses %s, %s are not in the subnets of their zones", a.IP, b.IP)
	}
	addr := serve(t, a).String()
	if err := dial(addr); err != nil {
		t.Errorf("machine to task: %v", err)
	}
	if err := inside(b.Netns, func() error { return dial(addr) }); err != nil {
		t.Errorf("task to task: %v", err)
	}
	lb, err := n.AllocLB("lb-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, ip := range []netip.Addr{lb, MetadataIP, n.Info().Gateway, b.Gateway} {
		ln, err := net.Listen("tcp", netip.AddrPortFrom(ip, 8093).String())
		if err != nil {
			t.Fatal(err)
		}
		if err := inside(b.Netns, func() error { return dial(ln.Addr().String()) }); err != nil {
			t.Errorf("task to %s: %v", ip, err)
		}
		ln.Close()
	}
}

func TestLeaseSurvivesRestartAndReleaseLeavesNothing(t *testing.T) {
	opts := options(t)
	n, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	lease, err := n.AllocTask("t1", 2)
	if err != nil {
		t.Fatal(err)
	}
	lb, err := n.AllocLB("lb")
	if err != nil {
		t.Fatal(err)
	}
	addr := serve(t, lease).String()
	crash(n)

	n = open(t, opts)
	if got, ok := n.Task("t1"); !ok || got != lease {
		t.Fatalf("lease after restart = %+v, want %+v", got, lease)
	}
	if got, err := n.AllocTask("t1", 2); err != nil || got != lease {
		t.Fatalf("second AllocTask = %+v, %v", got, err)
	}
	if got, err := n.AllocLB("lb"); err != nil || got != lb {
		t.Fatalf("load balancer after restart = %v, %v, want %v", got, err, lb)
	}
	if err := dial(addr); err != nil {
		t.Fatalf("task after restart: %v", err)
	}
	if err := n.FreeTask("t1"); err != nil {
		t.Fatal(err)
	}
	if err := n.FreeTask("t1"); err != nil {
		t.Fatalf("FreeTask again: %v", err)
	}
	if err := n.FreeLB("lb"); err != nil {
		t.Fatal(err)
	}
	next, err := n.AllocTask("t2", 2)
	if err != nil {
		t.Fatal(err)
	}
	if next.IP == lease.IP {
		t.Error("a freed address was given out again at once")
	}
}

func TestRestoreMendsTheBridge(t *testing.T) {
	n := open(t, options(t))
	lease, err := n.AllocTask("t", 0)
	if err != nil {
		t.Fatal(err)
	}
	lb, err := n.AllocLB("lb")
	if err != nil {
		t.Fatal(err)
	}
	addr := serve(t, lease).String()
	if err := delLink(n.Info().Bridge); err != nil {
		t.Fatal(err)
	}
	if err := n.Restore(); err != nil {
		t.Fatal(err)
	}
	if err := dial(addr); err != nil {
		t.Errorf("task after Restore: %v", err)
	}
	if ln, err := net.Listen("tcp", netip.AddrPortFrom(lb, 80).String()); err != nil {
		t.Errorf("load balancer address after Restore: %v", err)
	} else {
		ln.Close()
	}
}

func TestReboot(t *testing.T) {
	opts := options(t)
	n, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.AllocTask("t", 0); err != nil {
		t.Fatal(err)
	}
	lb, _ := n.AllocLB("lb")
	cidr, hash := n.Info().CIDR, n.hash
	crash(n)
	// What a reboot does: kernel objects and /run are gone, Dir is there.
	if err := sweepNetns(n.netnsDir(), owned{}); err != nil {
		t.Fatal(err)
	}
	if err := removeLinks(hash); err != nil {
		t.Fatal(err)
	}
	if err := delLink(n.Info().Bridge); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(opts.RunDir); err != nil {
		t.Fatal(err)
	}

	n = open(t, opts)
	if n.Info().CIDR != cidr {
		t.Errorf("range changed from %s to %s", cidr, n.Info().CIDR)
	}
	if got, _ := n.AllocLB("lb"); got != lb {
		t.Errorf("load balancer changed from %s to %s", lb, got)
	}
	if err := n.FreeTask("t"); err != nil {
		t.Errorf("free a task that died with the machine: %v", err)
	}
}

func TestDestroyWithoutState(t *testing.T) {
	opts := options(t)
	n, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "c"} {
		if _, err := n.AllocTask(id, 0); err != nil {
			t.Fatal(err)
		}
	}
	<-n.filter
	crash(n)
	for _, d := range []string{n.leaseDir(), n.docPath(), n.lbDir()} {
		if err := os.RemoveAll(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := Destroy(opts); err != nil {
		t.Fatal(err)
	}
	until(t, "no interface left", func() bool { return veths(t, n.hash) == 0 })
	if bridgeExists(n.Info().Bridge) {
		t.Error("the bridge is still there")
	}
	mounts, _ := os.ReadFile("/proc/self/mounts")
	if bytes.Contains(mounts, []byte(opts.RunDir)) {
		t.Error("mounts are left")
	}
	if have("iptables") {
		for _, table := range []string{"filter", "nat", "mangle", "raw"} {
			out, _ := exec.Command("iptables", "-w", "-t", table, "-S").Output()
			if bytes.Contains(out, []byte(n.hash)) {
				t.Errorf("rules are left in %s:\n%s", table, out)
			}
		}
	}
	if left, _ := filepath.Glob(opts.RunDir + "/claims/1*"); len(left) != 0 {
		t.Errorf("claims are left: %v", left)
	}
}

func TestTwoGruesSideBySide(t *testing.T) {
	a := options(t)
	b := options(t)
	b.RunDir = a.RunDir
	x, y := open(t, a), open(t, b)
	if x.Info().CIDR.Overlaps(y.Info().CIDR) || x.Info().Bridge == y.Info().Bridge {
		t.Fatalf("%+v and %+v meet", x.Info(), y.Info())
	}
	if _, err := New(a); err == nil {
		t.Error("a second grue opened the same directory")
	}
}

func TestManyTasksAtOnceLeaveNothing(t *testing.T) {
	n := open(t, options(t))
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			id := string(rune('a'+i%26)) + string(rune('0'+i/26))
			if _, err := n.AllocTask(id, i); err != nil {
				t.Error(err)
			}
			if err := n.FreeTask(id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if l := n.Leases(); len(l) != 0 {
		t.Errorf("%d leases are left", len(l))
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "no interface left", func() bool { return veths(t, n.hash) == 0 })
	if files, _ := os.ReadDir(n.netnsDir()); len(files) != 0 {
		t.Errorf("%d namespaces are left", len(files))
	}
}

func BenchmarkAllocFree(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("needs root")
	}
	n, err := New(Options{Dir: b.TempDir(), RunDir: b.TempDir(), Spares: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Destroy()
	for b.Loop() {
		if _, err := n.AllocTask("bench", 0); err != nil {
			b.Fatal(err)
		}
		if err := n.FreeTask("bench"); err != nil {
			b.Fatal(err)
		}
	}
}
