package proxy

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// udpTarget answers each datagram with its name and the datagram.
func udpTarget(t testing.TB, name string) (address string) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 64<<10)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = c.WriteTo(append([]byte(name), buf[:n]...), from)
		}
	}()
	t.Cleanup(func() { c.Close(); <-done })
	return c.LocalAddr().String()
}

func dialUDP(t testing.TB, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// askUDP sends a text until the answer of a named target comes, and returns the
// name. What is lost is sent again.
func askUDP(t testing.TB, c net.Conn, text string) (name string) {
	t.Helper()
	buf := make([]byte, 64<<10)
	for range 400 {
		_, _ = c.Write([]byte(text))
		_ = c.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
		for {
			n, err := c.Read(buf)
			if err != nil {
				break
			}
			if n == len(text)+1 && string(buf[1:n]) == text {
				return string(buf[:1])
			}
		}
	}
	t.Fatalf("no answer to %q", text)
	return ""
}

// udpGroup adds a group of UDP targets, which nobody probes.
func (w *world) udpGroup(arn string, addresses ...string) *route.Group {
	g := w.flowGroup(arn, "UDP", addresses...)
	g.Check.Enabled = false
	return g
}

// A UDP flow keeps its target while weights change; new flows are shared exactly
// by weight.
func TestUDPWeights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.udpGroup("a", udpTarget(t, "a"))
	w.udpGroup("b", udpTarget(t, "b"))
	l := w.flowListener("UDP", route.Weighted{Group: "a", Weight: 3}, route.Weighted{Group: "b", Weight: 1})
	w.publish()
	seen := map[string]int{}
	flows := map[net.Conn]string{}
	for range 100 {
		c := dialUDP(t, l.Address)
		name := askUDP(t, c, "first")
		seen[name]++
		flows[c] = name
	}
	if seen["a"] != 75 || seen["b"] != 25 {
		t.Errorf("75 and 25 expected: %v", seen)
	}
	w.table.Listeners = append([]route.Listener(nil), w.table.Listeners...)
	w.table.Listeners[0].Rules = []route.Rule{{ARN: "default", Action: route.Action{Forward: &route.Forward{
		Groups: []route.Weighted{{Group: "a", Weight: 0}, {Group: "b", Weight: 1}},
	}}}}
	w.publish()
	for c, name := range flows {
		if got := askUDP(t, c, "second"); got != name {
			t.Fatalf("a flow went from %s to %s", name, got)
		}
	}
	if got := askUDP(t, dialUDP(t, l.Address), "new"); got != "b" {
		t.Errorf("a new flow went to %s", got)
	}
	w.awaitTraffic("a", "UDP", "flows and datagrams", func(f route.FlowTraffic) bool {
		return f.New == 75 && f.Active == 75 && f.Packets >= 300 && f.Bytes >= 75*(5+6+6+7)
	})
}

// Datagrams of a flow arrive in the order in which they were sent, whatever else
// goes on, and the largest ones arrive whole.
func TestUDPOrderAndSize(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.udpGroup("tg", udpTarget(t, "x"))
	l := w.flowListener("UDP", one("tg"))
	w.publish()
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			c := dialUDP(t, l.Address)
			buf, last := make([]byte, 64), uint32(0)
			for i := uint32(1); i <= 2000; i++ {
				var b [4]byte
				binary.BigEndian.PutUint32(b[:], i)
				_, _ = c.Write(b[:])
				if i%16 != 0 {
					continue
				}
				for last < i { // the window stays small; a gap is a loss
					_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
					n, err := c.Read(buf)
					if err != nil {
						break
					}
					got := binary.BigEndian.Uint32(buf[1:n])
					if got <= last {
						t.Errorf("%d after %d", got, last)
						return
					}
					last = got
				}
			}
			if last == 0 {
				t.Error("no answer at all")
			}
		})
	}
	running.Wait()
	big := make([]byte, 60000)
	for i := range big {
		big[i] = byte(i)
	}
	askUDP(t, dialUDP(t, l.Address), string(big))
}

// When a target drains, its flows go on, new ones go elsewhere; when it leaves the
// table, its flows go elsewhere, too.
func TestUDPDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := udpTarget(t, "a"), udpTarget(t, "b")
	w.udpGroup("tg", a)
	l := w.flowListener("TCP_UDP", one("tg"))
	w.publish()
	old := dialUDP(t, l.Address)
	askUDP(t, old, "1")
	g := cloneGroup(w, "tg")
	g.Targets = append(g.Targets, targetAt(b))
	g.Targets[0].Draining, g.Targets[0].DrainUntil = true, time.Now().Add(time.Millisecond)
	w.publish()
	if got := askUDP(t, old, "2"); got != "a" {
		t.Errorf("the flow of a draining target went to %s", got)
	}
	if got := askUDP(t, dialUDP(t, l.Address), "3"); got != "b" {
		t.Errorf("a new flow went to %s", got)
	}
	g = cloneGroup(w, "tg")
	g.Targets = g.Targets[1:]
	w.publish()
	await(t, "the flow at the other target", func() bool { return askUDP(t, old, "4") == "b" })
}

// Beyond the bound the flow that was silent for longest makes room.
func TestUDPFlowBound(t *testing.T) {
	t.Parallel()
	p, err := newProxy(Options{Dir: shortDir(t), Log: quietLog(), udpFlows: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop(0)
	target := targetAt(udpTarget(t, "x"))
	table := &route.Table{Epoch: 1, Version: 1, Groups: map[string]*route.Group{
		"tg": {ARN: "tg", Protocol: "UDP", Targets: []route.Target{target}},
	}}
	table.Listeners = []route.Listener{{
		ARN: "l", LB: "net/a/1", Protocol: "UDP", Address: freeAddress(t),
		Rules: []route.Rule{{Action: route.Action{Forward: &route.Forward{Groups: []route.Weighted{one("tg")}}}}},
	}}
	p.Apply(table)
	var conns []net.Conn
	for i := range 6 {
		conns = append(conns, dialUDP(t, table.Listeners[0].Address))
		askUDP(t, conns[i], fmt.Sprint(i))
	}
	if n := len(p.loops.flows()); n != 4 {
		t.Errorf("%d flows", n)
	}
	askUDP(t, conns[0], "again") // a new flow, at the cost of another one
	var f route.FlowTraffic
	for _, c := range p.Traffic() {
		if c.Flows["UDP"] != nil {
			f = *c.Flows["UDP"]
		}
	}
	if f.New != 7 || f.Active != 4 || f.ELBResets != 3 {
		t.Errorf("%+v", f)
	}
}

// A successor knows which target a flow has.
func TestUDPHandover(t *testing.T) {
	t.Parallel()
	w, cmd := newProcessWorld(t)
	w.udpGroup("a", udpTarget(t, "a"))
	w.udpGroup("b", udpTarget(t, "b"))
	l := w.flowListener("UDP", one("a"), one("b"))
	w.publish()
	flows := map[net.Conn]string{}
	for range 20 {
		c := dialUDP(t, l.Address)
		flows[c] = askUDP(t, c, "before")
	}
	next := spawn(t, w.dir)
	if err := cmd.Wait(); err != nil {
		t.Errorf("the process before: %v", err)
	}
	for c, name := range flows {
		if got := askUDP(t, c, "after"); got != name {
			t.Errorf("a flow went from %s to %s", name, got)
		}
	}
	_ = next.Process.Kill()
	_ = next.Wait()
}

// What a target still answers reaches its client, although the client's next
// datagram goes to another target already.
func TestUDPAnswersAfterTheTargetLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	slow, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slow.Close() })
	b := udpTarget(t, "b")
	w.udpGroup("tg", slow.LocalAddr().String())
	l := w.flowListener("TCP_UDP", one("tg"))
	w.publish()
	conn := dialUDP(t, l.Address)
	if _, err := conn.Write([]byte("1")); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 10)
	_, from, err := slow.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	g := cloneGroup(w, "tg")
	g.Targets = append(g.Targets, targetAt(b))
	g.Targets[0].Draining, g.Targets[0].DrainUntil = true, time.Now()
	w.publish()
	g = cloneGroup(w, "tg")
	g.Targets = g.Targets[1:]
	w.publish()
	if _, err := slow.WriteTo([]byte("late"), from); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := conn.Read(buf); err != nil || string(buf[:n]) != "late" {
		t.Errorf("%q %v", buf[:n], err)
	}
	if got := askUDP(t, conn, "2"); got != "b" {
		t.Errorf("the next datagram went to %s", got)
	}
}
