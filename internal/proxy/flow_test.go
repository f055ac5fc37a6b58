package proxy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// flowGroup adds a target group of layer 4.
func (w *world) flowGroup(arn, protocol string, addresses ...string) *route.Group {
	g := w.group(arn, addresses...)
	g.Protocol, g.Version = protocol, ""
	g.Check.Protocol, g.Check.Path = "TCP", ""
	g.Flows = &route.Flows{}
	return g
}

// flowListener adds a listener of layer 4.
func (w *world) flowListener(protocol string, groups ...route.Weighted) *route.Listener {
	l := w.listener(groups...)
	l.Protocol, l.LB = protocol, "net/flows/1"
	return l
}

// tcpTarget starts a target that serves each connection in a goroutine.
func tcpTarget(t testing.TB, serve func(*net.TCPConn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[c] = true
			mu.Unlock()
			serving.Go(func() {
				defer c.Close()
				serve(c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for c := range conns {
			c.Close()
		}
		mu.Unlock()
		serving.Wait()
	})
	return l.Addr().String()
}

// named is a target that says its name once the client has said something, and
// then echoes.
func named(t testing.TB, name string) string {
	return tcpTarget(t, func(c *net.TCPConn) {
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			return
		}
		if _, err := io.WriteString(c, name); err != nil {
			return
		}
		_, _ = io.Copy(c, c)
	})
}

// dialFlow connects to a listener.
func dialFlow(t testing.TB, address string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(2 * time.Minute))
	return c.(*net.TCPConn)
}

// echoed sends a text and demands it back.
func echoed(c net.Conn, text string) error {
	if _, err := io.WriteString(c, text); err != nil {
		return err
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	if string(got) != text {
		return fmt.Errorf("got %.40q, want %.40q", got, text)
	}
	return nil
}

// askName asks a named target behind a connection for its name of n bytes.
func askName(c net.Conn, n int) (string, error) {
	if _, err := io.WriteString(c, "?"); err != nil {
		return "", err
	}
	got := make([]byte, n)
	_, err := io.ReadFull(c, got)
	return string(got), err
}

// noteActive keeps the newest number of flows instead of the highest. The caller
// holds the lock.
func (w *world) noteActive(all []route.Traffic) {
	for i := range all {
		for j := range w.traffic {
			if sum := &w.traffic[j]; sum.LB == all[i].LB && sum.Group == all[i].Group && sum.Endpoint == all[i].Endpoint && sum.Client == all[i].Client {
				for protocol, f := range all[i].Flows {
					sum.Flows[protocol].Active = f.Active
				}
			}
		}
	}
}

// flowTraffic is what was reported of a group and protocol so far.
func (w *world) flowTraffic(group, protocol string) route.FlowTraffic {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.traffic {
		if t.Group == group && t.Flows[protocol] != nil {
			return *t.Flows[protocol]
		}
	}
	return route.FlowTraffic{}
}

func (w *world) awaitTraffic(group, protocol, what string, check func(route.FlowTraffic) bool) {
	w.t.Helper()
	await(w.t, what, func() bool { return check(w.flowTraffic(group, protocol)) })
}

// endOf tells how a new connection ends on which nothing is said; it may be so
// early that it never began.
func endOf(address string) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	_, err = c.Read(make([]byte, 1))
	return err
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// Shares of new connections are exact after each round of the schedule, and a
// weight of 0 gets none.
func TestFlowWeightsAreExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var counts [3]atomic.Int64
	var weighted []route.Weighted
	for i, weight := range []int{700, 300, 0} {
		name := fmt.Sprintf("group-%d", i)
		w.flowGroup(name, "TCP", tcpTarget(t, func(c *net.TCPConn) {
			if n, _ := c.Read(make([]byte, 1)); n == 1 { // no health check
				counts[i].Add(1)
			}
			_, _ = c.Write([]byte("."))
		}))
		weighted = append(weighted, route.Weighted{Group: name, Weight: weight})
	}
	l := w.flowListener("TCP", weighted...)
	w.publish()
	for _, g := range w.table.Groups {
		w.awaitState(g.Targets[0].Address, "healthy")
	}
	const total, workers = 10000, 20
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for range total / workers {
				c, err := net.Dial("tcp", l.Address)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = c.Write([]byte("?"))
				if _, err := c.Read(make([]byte, 1)); err != nil {
					t.Error(err)
				}
				c.Close()
			}
		})
	}
	running.Wait()
	if counts[0].Load() != 7000 || counts[1].Load() != 3000 || counts[2].Load() != 0 {
		t.Errorf("7000, 3000, 0 expected: %d, %d, %d", counts[0].Load(), counts[1].Load(), counts[2].Load())
	}
	w.awaitTraffic("group-0", "TCP", "7000 counted and none active", func(f route.FlowTraffic) bool {
		return f.New == 7000 && f.Bytes == 14000 && f.Packets > 7000
	})
}

// The end of one direction leaves the other one open, whoever ends first.
func TestFlowHalfClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	late := tcpTarget(t, func(c *net.TCPConn) { // answers after the client's end
		all, _ := io.ReadAll(c)
		_, _ = c.Write(append([]byte("got "), all...))
	})
	heard := make(chan string, 1)
	early := tcpTarget(t, func(c *net.TCPConn) { // ends before the client
		_, _ = io.WriteString(c, "hello")
		_ = c.CloseWrite()
		all, _ := io.ReadAll(c)
		heard <- string(all)
	})
	w.flowGroup("late", "TCP", late)
	w.flowGroup("early", "TCP", early).Check.Enabled = false
	lateAddress := w.flowListener("TCP", one("late")).Address
	earlyAddress := w.flowListener("TCP", one("early")).Address
	w.publish()
	w.awaitState(late, "healthy")

	c := dialFlow(t, lateAddress)
	_, _ = io.WriteString(c, "question")
	_ = c.CloseWrite()
	if all, err := io.ReadAll(c); err != nil || string(all) != "got question" {
		t.Errorf("got %q, %v", all, err)
	}
	c = dialFlow(t, earlyAddress)
	if all, err := io.ReadAll(c); err != nil || string(all) != "hello" {
		t.Errorf("got %q, %v", all, err)
	}
	_, _ = io.WriteString(c, "still here")
	c.Close()
	if got := <-heard; got != "still here" {
		t.Errorf("the target read %q", got)
	}
}

// A reset of one side is a reset for the other, and is counted for the side that
// it came from.
func TestFlowResets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen := make(chan error, 1)
	fromClient := tcpTarget(t, func(c *net.TCPConn) {
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			return
		}
		_, _ = c.Write([]byte("."))
		_, err := c.Read(make([]byte, 1))
		seen <- err
	})
	fromTarget := tcpTarget(t, func(c *net.TCPConn) {
		if _, err := io.ReadFull(c, make([]byte, 1)); err == nil {
			_ = c.SetLinger(0)
		}
	})
	w.flowGroup("client", "TCP", fromClient)
	w.flowGroup("target", "TCP", fromTarget)
	l1, l2 := w.flowListener("TCP", one("client")).Address, w.flowListener("TCP", one("target")).Address
	w.publish()
	w.awaitState(fromClient, "healthy")
	w.awaitState(fromTarget, "healthy")

	c := dialFlow(t, l1)
	if err := echoed(c, "."); err != nil {
		t.Fatal(err)
	}
	_ = c.SetLinger(0)
	c.Close()
	if err := <-seen; !isReset(err) {
		t.Errorf("the target saw %v", err)
	}
	c = dialFlow(t, l2)
	_, _ = io.WriteString(c, "x")
	if _, err := c.Read(make([]byte, 1)); !isReset(err) {
		t.Errorf("the client saw %v", err)
	}
	w.awaitTraffic("client", "TCP", "a client's reset", func(f route.FlowTraffic) bool { return f.ClientResets == 1 && f.TargetResets == 0 })
	w.awaitTraffic("target", "TCP", "a target's reset", func(f route.FlowTraffic) bool { return f.TargetResets == 1 && f.ClientResets == 0 })
}

// Large transfers go through the kernel, both ways at once, unharmed, and count
// while they last.
func TestFlowBulkIsSpliced(t *testing.T) {
	t.Parallel()
	bulkFlow(t, 128<<20)
}

// bulkFlow sends so many bytes to a target that sends them back.
func bulkFlow(t *testing.T, size int) {
	w := newWorld(t)
	target := tcpTarget(t, func(c *net.TCPConn) {
		_, _ = io.Copy(c, c)
	})
	w.flowGroup("tg", "TCP", target)
	l := w.flowListener("TCP", one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	before := splicedBytes()
	c := dialFlow(t, l.Address)
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(i * 7)
	}
	go func() {
		for range size / len(block) {
			if _, err := c.Write(block); err != nil {
				return
			}
		}
		_ = c.CloseWrite()
	}()
	got := make([]byte, len(block))
	for range size / len(block) {
		if _, err := io.ReadFull(c, got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, block) {
			t.Fatal("bytes were changed")
		}
	}
	if n, err := c.Read(got); err != io.EOF || n != 0 {
		t.Errorf("after the end: %d, %v", n, err)
	}
	if moved := splicedBytes() - before; splices && moved < uint64(size) {
		t.Errorf("%d of %d bytes were spliced", moved, 2*size)
	}
	w.awaitTraffic("tg", "TCP", "all bytes", func(f route.FlowTraffic) bool { return f.Bytes == 2*uint64(size) })
}

// A connection on which nothing moves is reset after the idle time-out, one on
// which something moves is not.
func TestFlowIdle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := named(t, "a")
	w.flowGroup("tg", "TCP", target).Flows.Idle = time.Second
	l := w.flowListener("TCP", one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	c := dialFlow(t, l.Address)
	if _, err := askName(c, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !isReset(err) {
		t.Errorf("silence ended with %v", err)
	}
	w.awaitTraffic("tg", "TCP", "one reset of the load balancer's", func(f route.FlowTraffic) bool { return f.ELBResets == 1 })
}

// A target that refuses is passed over; when all refuse the client is reset, and
// so it is without any target.
func TestFlowRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := named(t, "a")
	w.flowGroup("half", "TCP", freeAddress(t), good, freeAddress(t)).Check.Enabled = false
	w.flowGroup("none", "TCP", freeAddress(t)).Check.Enabled = false
	w.flowGroup("empty", "TCP")
	half, none := w.flowListener("TCP", one("half")).Address, w.flowListener("TCP", one("none")).Address
	empty, stopped := w.flowListener("TCP", one("empty")).Address, w.flowListener("TCP", route.Weighted{Group: "half"}).Address
	w.publish()
	for range 50 {
		if _, err := askName(dialFlow(t, half), 1); err != nil {
			t.Fatal(err)
		}
	}
	for _, address := range []string{none, empty, stopped} {
		if err := endOf(address); !isReset(err) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, group := range []string{"none", "empty", ""} {
		w.awaitTraffic(group, "TCP", "rejected: "+group, func(f route.FlowTraffic) bool { return f.Rejected == 1 })
	}
}

// source_ip takes every connection of a client to the same target, the flow's
// hash takes them to all.
func TestFlowStickiness(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := named(t, "a"), named(t, "b")
	w.flowGroup("free", "TCP", a, b)
	w.flowGroup("sticky", "TCP", a, b).Stickiness = "source_ip"
	free, sticky := w.flowListener("TCP", one("free")).Address, w.flowListener("TCP", one("sticky")).Address
	w.publish()
	w.awaitState(a, "healthy")
	w.awaitState(b, "healthy")
	for address, want := range map[string]int{free: 2, sticky: 1} {
		seen := map[string]int{}
		for range 60 {
			c := dialFlow(t, address)
			name, err := askName(c, 1)
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
			seen[name]++
		}
		if len(seen) != want {
			t.Errorf("%v targets, want %d", seen, want)
		}
	}
}

// What a target says before it breaks off reaches the client, who may still be
// sending.
func TestFlowAnswerBeforeReset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	target := tcpTarget(t, func(c *net.TCPConn) {
		if _, err := io.ReadFull(c, make([]byte, 1)); err == nil {
			_, _ = io.WriteString(c, "413 too large") // and ends with the rest unread, which is a reset
		}
	})
	w.flowGroup("tg", "TCP", target)
	l := w.flowListener("TCP", one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	c := dialFlow(t, l.Address)
	_, _ = c.Write(make([]byte, 64<<10))
	got := make([]byte, len("413 too large"))
	if n, err := io.ReadFull(c, got); err != nil {
		t.Errorf("got %q, %v", got[:n], err)
	}
}
