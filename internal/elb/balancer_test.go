package elb

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

func TestTargetLife(t *testing.T) {
	w := newWorld(t)
	w.expect(blue, "10.0.0.7", 8080, Unused, "Target.NotRegistered")
	r := w.register(blue, "10.0.0.7", 8080)
	w.expect(blue, "10.0.0.7", 8080, Initial, "Elb.RegistrationInProgress")
	w.report(r, Initial, "Elb.InitialHealthChecking")
	w.expect(blue, "10.0.0.7", 8080, Initial, "Elb.InitialHealthChecking")
	w.report(r, Healthy, "ignored")
	w.expect(blue, "10.0.0.7", 8080, Healthy, "")
	w.report(r, Unhealthy, "Target.Timeout")
	w.expect(blue, "10.0.0.7", 8080, Unhealthy, "Target.Timeout")

	var until time.Time
	w.update(func(tx *store.Tx) (err error) {
		until, err = Deregister(tx, blue, "10.0.0.7", 8080, time.Now())
		return err
	})
	if d := time.Until(until); d < 290*time.Second || d > 300*time.Second {
		t.Errorf("draining ends in %v", d)
	}
	w.expect(blue, "10.0.0.7", 8080, Draining, "Target.DeregistrationInProgress")
	if g := w.applied().Groups[blue]; len(g.Targets) != 1 || !g.Targets[0].Draining {
		t.Errorf("the proxy has %+v", g.Targets)
	}

	again := w.register(blue, "10.0.0.7", 8080)
	w.report(r, Healthy, "") // a late verdict over the registration before
	w.expect(blue, "10.0.0.7", 8080, Initial, "Elb.RegistrationInProgress")
	w.report(again, Healthy, "")
	w.expect(blue, "10.0.0.7", 8080, Healthy, "")
}

func TestDrainEndsAtItsTime(t *testing.T) {
	w := newWorld(t)
	w.setDelay(blue, "1")
	w.register(blue, "10.0.0.7", 8080)
	w.update(func(tx *store.Tx) error {
		_, err := Deregister(tx, blue, "10.0.0.7", 8080, time.Now())
		return err
	})
	w.expect(blue, "10.0.0.7", 8080, Draining, "Target.DeregistrationInProgress")
	w.restart() // the end is a row, not a timer in memory
	w.await("the end of the drain", func() bool { return len(w.applied().Groups[blue].Targets) == 0 })
	w.expect(blue, "10.0.0.7", 8080, Unused, "Target.NotRegistered")
}

// TestDrained: who stops a target at the end of its drain takes it out of the table
// in a transaction of its own, however late Run is; an earlier call changes nothing.
func TestDrained(t *testing.T) {
	w := newWorld(t)
	w.setDelay(blue, "3600")
	w.register(blue, "10.0.0.7", 8080)
	var until time.Time
	w.update(func(tx *store.Tx) (err error) {
		until, err = Deregister(tx, blue, "10.0.0.7", 8080, time.Now())
		return err
	})
	for _, c := range []struct {
		at   time.Time
		left int
	}{{until.Add(-time.Second), 1}, {until, 0}, {until, 0}} {
		w.update(func(tx *store.Tx) error { Drained(tx, blue, "10.0.0.7", 8080, c.at); return nil })
		if n := len(w.applied().Groups[blue].Targets); n != c.left {
			t.Errorf("%d targets at %v, want %d", n, c.at, c.left)
		}
	}
}

func TestNoDelayRemovesAtOnce(t *testing.T) {
	w := newWorld(t)
	w.setDelay(blue, "0")
	w.register(blue, "10.0.0.7", 8080)
	w.update(func(tx *store.Tx) error {
		now := time.Now()
		until, err := Deregister(tx, blue, "10.0.0.7", 8080, now)
		if !until.Equal(now) {
			t.Errorf("until %v, want %v", until, now)
		}
		return err
	})
	if n := len(w.applied().Groups[blue].Targets); n != 0 {
		t.Errorf("%d targets", n)
	}
}

func TestDeregisterUnknown(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *store.Tx) error {
		for _, group := range []string{blue, "arn:none"} {
			if until, err := Deregister(tx, group, "10.0.0.9", 1, time.Now()); err != nil || !until.IsZero() {
				t.Errorf("%v, %v", until, err)
			}
		}
		if err := Register(tx, Target{Group: "arn:none", ID: "10.0.0.9"}); !errors.Is(err, ErrNoGroup) {
			t.Errorf("err = %v", err)
		}
		return nil
	})
}

func TestUnusedGroupAndVerdictsAcrossRestart(t *testing.T) {
	w := newWorld(t)
	g := w.register(green, "10.0.0.8", 8080)
	w.expect(green, "10.0.0.8", 8080, Unused, "Target.NotInUse")
	if w.applied().Groups[green].InUse {
		t.Error("green is in use")
	}
	w.update(func(tx *store.Tx) error { return SetWeights(tx, listenerARN, map[string]int{green: 0}) })
	w.expect(green, "10.0.0.8", 8080, Initial, "Elb.RegistrationInProgress")
	if !w.applied().Groups[green].InUse {
		t.Error("a group with weight 0 is in use")
	}
	w.report(g, Healthy, "")
	w.await("the verdict on disk", func() (ok bool) {
		w.st.View(func(tx *store.Tx) { _, ok = verdicts.Get(tx, targetKey(green, "10.0.0.8", 8080)) })
		return ok
	})
	w.restart()
	w.expect(green, "10.0.0.8", 8080, Healthy, "")
	w.update(func(tx *store.Tx) error { DeleteListener(tx, listenerARN); return nil })
	w.await("word of the change", func() bool { return w.b.Health(green, "10.0.0.8", 8080) == notInUse })
}

func TestWeights(t *testing.T) {
	w := newWorld(t)
	w.update(func(tx *store.Tx) error { return SetWeights(tx, defaultARN, map[string]int{blue: 90, green: 10}) })
	f := w.applied().Listeners[0].Rules[0].Action.Forward
	if len(f.Groups) != 2 || f.Groups[0] != (route.Weighted{Group: blue, Weight: 90}) || f.Groups[1] != (route.Weighted{Group: green, Weight: 10}) {
		t.Errorf("%+v", f.Groups)
	}
	w.st.View(func(tx *store.Tx) {
		got, err := Weights(tx, listenerARN)
		if err != nil || got[blue] != 90 || got[green] != 10 {
			t.Errorf("%v, %v", got, err)
		}
		if lbs := LoadBalancersOf(tx, green); len(lbs) != 1 || lbs[0] != lbARN {
			t.Errorf("green belongs to %v", lbs)
		}
	})
	for _, bad := range []map[string]int{{blue: -1}, {blue: 1000}, {"arn:none": 1}} {
		if err := w.st.Update(func(tx *store.Tx) error { return SetWeights(tx, defaultARN, bad) }); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}

func TestWaitAppliedIncludesEverythingBefore(t *testing.T) {
	w := newWorld(t)
	w.applied()
	w.plane.change(func() { w.plane.hold = true })
	w.update(func(tx *store.Tx) error { return SetWeights(tx, listenerARN, map[string]int{blue: 0, green: 1}) })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if err := w.b.WaitApplied(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("err = %v before the acknowledgement", err)
	}
	w.plane.change(func() { w.plane.hold = false })
	if f := w.applied().Listeners[0].Rules[0].Action.Forward; f.Groups[0].Weight != 0 {
		t.Errorf("%+v", f)
	}
	before := w.applied().Version
	if after := w.applied().Version; after != before {
		t.Errorf("version %d became %d without a change", before, after)
	}
}

func TestRefusedTable(t *testing.T) {
	w := newWorld(t)
	w.applied()
	w.plane.change(func() { w.plane.refuse = "bad rule" })
	w.b.SetDNS([]string{"10.9.0.1:53"})
	var nack *link.NackError
	if err := w.b.WaitApplied(context.Background()); !errors.As(err, &nack) {
		t.Errorf("err = %v", err)
	}
}

func TestSettings(t *testing.T) {
	w := newWorld(t)
	w.b.SetNames(map[string][]string{"DB.local.": {"10.0.0.3"}})
	w.b.SetPorts([]route.HostPort{{Listen: "127.0.0.1:8080", Target: "10.0.0.3:80", Protocol: "tcp"}})
	table := w.applied()
	if len(table.Names["db.local"]) != 1 || len(table.Ports) != 1 {
		t.Errorf("names %v, ports %v", table.Names, table.Ports)
	}
	if got := table.Names["web-1356622921.us-east-1.elb.amazonaws.com"]; len(got) != 1 || got[0] != "10.9.0.1" {
		t.Errorf("names %v", table.Names)
	}
	v := table.Version
	w.b.SetPorts([]route.HostPort{{Listen: "127.0.0.1:8080", Target: "10.0.0.3:80", Protocol: "tcp"}})
	if w.applied().Version != v {
		t.Error("the same ports made a new table")
	}
}

func TestDeletedLoadBalancerFreesItsAddress(t *testing.T) {
	w := newWorld(t)
	w.applied()
	if w.pool.len() != 1 {
		t.Fatal("no address")
	}
	w.update(func(tx *store.Tx) error { DeleteLoadBalancer(tx, lbARN); return nil })
	w.await("the address back", func() bool { return w.pool.len() == 0 })
	if n := len(w.applied().Listeners); n != 0 {
		t.Errorf("%d listeners", n)
	}
}

func TestImpaired(t *testing.T) {
	w := newWorld(t)
	w.plane.failures([]link.BindFailure{{Listener: listenerARN, Address: "10.9.0.1:80", Error: "address already in use"}})
	if got := w.b.Impaired(lbARN); got == "" {
		t.Error("not impaired")
	}
	w.plane.failures(nil)
	if got := w.b.Impaired(lbARN); got != "" {
		t.Errorf("impaired: %s", got)
	}
}

// Totals end with what they are of: servers live longer than load balancers.
func TestTotalsOfTheDeleted(t *testing.T) {
	w := newWorld(t)
	report := []route.Traffic{
		{LB: LoadBalancerDimension(lbARN), Requests: 1}, {LB: LoadBalancerDimension(lbARN), Group: blue, Requests: 1}, {LB: LoadBalancerDimension(lbARN), Group: green, Requests: 1},
	}
	w.applied()
	w.plane.traffic(report)
	totals := func(want int) func() bool { return func() bool { return len(w.b.Totals()) == want } }
	w.await("all totals", totals(3))
	w.update(func(tx *store.Tx) error { DeleteGroup(tx, green); return nil })
	w.await("the group's to go", totals(2))
	w.update(func(tx *store.Tx) error { DeleteLoadBalancer(tx, lbARN); return nil })
	w.await("the load balancer's to go", totals(0))
}

func TestTotals(t *testing.T) {
	w := newWorld(t)
	w.applied()
	for range 2 {
		w.plane.traffic([]route.Traffic{{LB: "app/web/50dc6c495c0c9188", Group: blue, Requests: 3, Target2xx: 3}})
	}
	if got := w.b.Totals(); len(got) != 1 || got[0].Requests != 6 || got[0].Target2xx != 6 {
		t.Errorf("%+v", got)
	}
}

func (w *world) setDelay(group, delay string) {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		g, _ := Group(tx, group)
		next := *g
		next.Attributes = map[string]string{"deregistration_delay.timeout_seconds": delay}
		PutGroup(tx, &next)
		return nil
	})
}
