package proxy

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// A draining target gets no new connection. Established ones go on: over the end
// of the drain and over its removal from the table, until one side ends them.
func TestFlowDrain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := named(t, "a"), named(t, "b")
	w.flowGroup("tg", "TCP", a)
	l := w.flowListener("TCP", one("tg"))
	w.publish()
	w.awaitState(a, "healthy")
	old := dialFlow(t, l.Address)
	if name, err := askName(old, 1); err != nil || name != "a" {
		t.Fatalf("%q, %v", name, err)
	}
	g := cloneGroup(w, "tg")
	g.Targets = append(g.Targets, targetAt(b))
	w.publish()
	w.awaitState(b, "healthy")
	g = cloneGroup(w, "tg")
	g.Targets[0].Draining, g.Targets[0].DrainUntil = true, time.Now().Add(50*time.Millisecond)
	w.publish()
	for range 20 {
		if name, err := askName(dialFlow(t, l.Address), 1); err != nil || name != "b" {
			t.Fatalf("%q, %v", name, err)
		}
	}
	await(t, "the drain's end", func() bool { return time.Now().After(g.Targets[0].DrainUntil.Add(50 * time.Millisecond)) })
	if err := echoed(old, "after the drain"); err != nil {
		t.Error(err)
	}
	g = cloneGroup(w, "tg")
	g.Targets = g.Targets[1:]
	w.publish()
	w.table.Listeners[0].Rules = []route.Rule{{ARN: "default", Action: route.Action{Forward: &route.Forward{}}}}
	w.table.Groups = map[string]*route.Group{}
	w.publish()
	if err := echoed(old, "after all"); err != nil {
		t.Error(err)
	}
}

// With connection termination the drain's end is a reset.
func TestFlowDrainCuts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := named(t, "a")
	w.flowGroup("tg", "TCP", a).Flows.CutDrained = true
	l := w.flowListener("TCP", one("tg"))
	w.publish()
	w.awaitState(a, "healthy")
	c := dialFlow(t, l.Address)
	if _, err := askName(c, 1); err != nil {
		t.Fatal(err)
	}
	g := cloneGroup(w, "tg")
	g.Targets[0].Draining, g.Targets[0].DrainUntil = true, time.Now().Add(4*time.Second)
	w.publish()
	if err := echoed(c, "while it drains"); err != nil {
		t.Error(err)
	}
	if _, err := c.Read(make([]byte, 1)); !isReset(err) || time.Now().Before(g.Targets[0].DrainUntil) {
		t.Errorf("ended with %v", err)
	}
	w.awaitTraffic("tg", "TCP", "a reset of the load balancer's", func(f route.FlowTraffic) bool { return f.ELBResets == 1 })
}

// sickTarget is a named target whose health check fails as long as it is told to.
func sickTarget(t *testing.T, name string) (address, check string, sick *atomic.Bool) {
	sick = new(atomic.Bool)
	check = probedApp(t, "", sick)
	return named(t, name), check, sick
}

// Connections of a target that becomes unhealthy are reset, at once or after the
// draining interval. When all are unhealthy new ones go to all, and count.
func TestFlowUnhealthy(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		t.Run(fmt.Sprintf("keep=%v", keep), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			address, check, sick := sickTarget(t, "a")
			g := w.flowGroup("tg", "TCP", address)
			g.Flows = &route.Flows{KeepUnhealthy: keep, UnhealthyDrain: 200 * time.Millisecond}
			_, g.Check.Port, _ = net.SplitHostPort(check)
			g.Check.Protocol, g.Check.Path, g.Check.Interval = "HTTP", "/health", 50*time.Millisecond
			l := w.flowListener("TCP", one("tg"))
			w.publish()
			w.awaitState(address, "healthy")
			c := dialFlow(t, l.Address)
			if _, err := askName(c, 1); err != nil {
				t.Fatal(err)
			}
			sick.Store(true)
			w.awaitState(address, "unhealthy")
			if h := w.state(address); h.Reason != "Target.FailedHealthChecks" {
				t.Errorf("reason %s", h.Reason)
			}
			if _, err := c.Read(make([]byte, 1)); !isReset(err) {
				t.Errorf("ended with %v", err)
			}
			if keep && time.Since(w.state(address).At) < 200*time.Millisecond {
				t.Error("reset before the interval was over")
			}
			if name, err := askName(dialFlow(t, l.Address), 1); err != nil || name != "a" {
				t.Errorf("fail open: %q, %v", name, err)
			}
			w.awaitTraffic("tg", "TCP", "an unhealthy flow", func(f route.FlowTraffic) bool { return f.Unhealthy == 1 && f.ELBResets == 1 })
		})
	}
}

// A thousand tables, with weights, targets and groups that come and go, leave
// established connections alone and refuse no new one.
func TestFlowTableStorm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	blue, green := named(t, "b"), named(t, "g")
	w.flowGroup("blue", "TCP", blue)
	w.flowGroup("green", "TCP", green)
	l := w.flowListener("TCP", one("blue"), route.Weighted{Group: "green"})
	w.publish()
	w.awaitState(blue, "healthy")
	w.awaitState(green, "healthy")
	quit := make(chan struct{})
	var running sync.WaitGroup
	var short, long atomic.Int64
	for i := range 8 {
		running.Go(func() {
			var c net.Conn
			for n := 0; ; n++ {
				select {
				case <-quit:
					if c != nil {
						c.Close()
					}
					return
				default:
				}
				fresh := c == nil
				if fresh {
					var err error
					if c, err = net.Dial("tcp", l.Address); err != nil {
						t.Error(err)
						return
					}
					_ = c.SetDeadline(time.Now().Add(30 * time.Second))
					if _, err := askName(c, 1); err != nil {
						t.Error("new connection: ", err)
						return
					}
				}
				if err := echoed(c, "ping"); err != nil {
					t.Error("established connection: ", err)
					return
				}
				if i%2 == 0 { // the others live through it all
					c.Close()
					c = nil
					short.Add(1)
				} else {
					long.Add(1)
				}
			}
		})
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	var last *route.Table
	for i := range 1000 {
		<-tick.C
		w.table.Version++
		snapshot := *w.table
		snapshot.Listeners = append([]route.Listener(nil), w.table.Listeners...)
		share := i % 101
		snapshot.Listeners[0].Rules = []route.Rule{{ARN: "default", Action: route.Action{Forward: &route.Forward{
			Groups: []route.Weighted{{Group: "blue", Weight: 100 - share}, {Group: "green", Weight: share}},
		}}}}
		if share == 0 { // green has left altogether
			snapshot.Groups = map[string]*route.Group{"blue": w.table.Groups["blue"]}
			snapshot.Listeners[0].Rules[0].Action.Forward.Groups = []route.Weighted{{Group: "blue", Weight: 1}}
		}
		last = &snapshot
		w.client.Publish(last)
	}
	close(quit)
	running.Wait()
	t.Logf("%d short connections, %d exchanges on long ones", short.Load(), long.Load())
	if short.Load() == 0 || long.Load() == 0 {
		t.Error("nothing happened")
	}
}

// The header of PROXY protocol v2 tells a target who the client is, and that a
// health check is none.
func TestFlowProxyProtocol(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var local atomic.Bool
	heads := make(chan []byte, 1)
	target := tcpTarget(t, func(c *net.TCPConn) {
		head := make([]byte, 16)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		if head[12] == proxyLocal {
			local.Store(true)
			return
		}
		rest := make([]byte, 12)
		_, _ = io.ReadFull(c, rest)
		heads <- append(head, rest...)
		_, _ = io.Copy(c, c)
	})
	w.flowGroup("tg", "TCP", target).Flows.ProxyProtocol = true
	l := w.flowListener("TCP", one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	await(t, "a health check with a LOCAL header", local.Load)
	c := dialFlow(t, l.Address)
	if err := echoed(c, "hello"); err != nil {
		t.Fatal(err)
	}
	from, to := addrPortOf(c.LocalAddr()), addrPortOf(c.RemoteAddr())
	if got, want := string(<-heads), string(proxyHeader(from, to, false)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Clients that say nothing, half of something, or too much at once harm nobody.
func TestFlowHostileClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := named(t, "a")
	w.flowGroup("tg", "TCP", a)
	l := w.flowListener("TCP", one("tg"))
	w.publish()
	w.awaitState(a, "healthy")
	var silent []net.Conn
	for range 500 {
		c, err := net.Dial("tcp", l.Address)
		if err != nil {
			t.Fatal(err)
		}
		silent = append(silent, c)
	}
	// It sends without reading: the target's answers have nowhere to go.
	deaf := dialFlow(t, l.Address)
	_ = deaf.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
	block := make([]byte, 1<<20)
	for err := error(nil); err == nil; {
		_, err = deaf.Write(block)
	}
	for i := range 50 { // gone before it is served
		c, err := net.Dial("tcp", l.Address)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 0 {
			_ = c.(*net.TCPConn).SetLinger(0)
		}
		c.Close()
	}
	if name, err := askName(dialFlow(t, l.Address), 1); err != nil || name != "a" {
		t.Errorf("an honest client got %q, %v", name, err)
	}
	for _, c := range silent {
		c.Close()
	}
	_ = deaf.SetLinger(0)
	deaf.Close()
	w.awaitTraffic("tg", "TCP", "all but one are gone", func(f route.FlowTraffic) bool { return f.Active == 1 })
}

// A successor serves new connections, while the process before serves those that
// it has.
func TestFlowHandover(t *testing.T) {
	t.Parallel()
	w, cmd := newProcessWorld(t)
	a := named(t, "a")
	w.flowGroup("tg", "TCP", a)
	l := w.flowListener("TCP", one("tg"))
	w.publish()
	w.awaitState(a, "healthy")
	old := dialFlow(t, l.Address)
	if _, err := askName(old, 1); err != nil {
		t.Fatal(err)
	}
	quit, done := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		defer func() { done <- n }()
		for {
			select {
			case <-quit:
				return
			default:
			}
			c, err := net.Dial("tcp", l.Address)
			if err == nil {
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				_, err = askName(c, 1)
				c.Close()
			}
			if err != nil {
				t.Error("new connection: ", err)
				return
			}
			n++
		}
	}()
	next := spawn(t, w.dir)
	if err := echoed(old, "still with the process before"); err != nil {
		t.Error(err)
	}
	old.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("the process before: %v", err)
	}
	close(quit)
	t.Logf("%d new connections", <-done)
	if _, err := askName(dialFlow(t, l.Address), 1); err != nil {
		t.Error(err)
	}
	_ = next.Process.Kill()
	_ = next.Wait()
}
