package proxy

import (
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// A target that starts late is healthy moments after it answers, not an
// interval later.
func TestNewTargetIsHealthyAtOnce(t *testing.T) {
	w := newWorld(t)
	address := freeAddress(t)
	interval := 10 * time.Minute
	w.group("tg", address).Check.Interval = interval
	w.listener(one("tg"))
	w.publish()
	await(t, "initial", func() bool { return w.state(address).State == "initial" })
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: says("ok")}
	defer s.Close()
	began := time.Now()
	go s.Serve(l)
	w.awaitState(address, "healthy")
	if d := time.Since(began); d > interval/5 {
		t.Errorf("took %v", d)
	}
}

// Reasons and descriptions are Elastic Load Balancing's.
func TestHealthReasons(t *testing.T) {
	w := newWorld(t)
	code := app(t, nil)
	silent := rawTarget(t, func(net.Conn) {})
	closed := freeAddress(t)
	for name, address := range map[string]string{"code": code, "silent": silent, "closed": closed} {
		g := w.group(name, address)
		g.Check.Interval, g.Check.Matcher = 150*time.Millisecond, "204"
		if address == silent {
			g.Check.Timeout = 100 * time.Millisecond
		}
		w.listener(one(name))
	}
	w.publish()
	for address, want := range map[string][2]string{
		code:   {"Target.ResponseCodeMismatch", "Health checks failed with these codes: [200]"},
		silent: {"Target.Timeout", "Request timed out"},
		closed: {"Target.FailedHealthChecks", "Health checks failed"},
	} {
		w.awaitState(address, "unhealthy")
		if h := w.state(address); h.Reason != want[0] || h.Description != want[1] {
			t.Errorf("%s: %s / %s", address, h.Reason, h.Description)
		}
	}
}

// An unhealthy target gets nothing while another is healthy, and everything
// when none is.
func TestFailOpen(t *testing.T) {
	w := newWorld(t)
	var sick atomic.Bool
	sick.Store(true)
	flaky := probedApp(t, "flaky", &sick)
	var other atomic.Bool
	good := probedApp(t, "good", &other)
	g := w.group("tg", flaky, good)
	g.Check.Interval = 100 * time.Millisecond
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(good, "healthy")
	w.awaitState(flaky, "unhealthy")
	c := client(t)
	for range 10 {
		if _, body := fetch(t, c, "http://"+l.Address+"/"); body != "good" {
			t.Fatalf("went to %s", body)
		}
	}
	other.Store(true)
	w.awaitState(good, "unhealthy")
	seen := map[string]bool{}
	for range 10 {
		_, body := fetch(t, c, "http://"+l.Address+"/")
		seen[body] = true
	}
	if !seen["good"] || !seen["flaky"] {
		t.Errorf("fail-open reached %v", seen)
	}
	sick.Store(false)
	w.awaitState(flaky, "healthy")
	if _, body := fetch(t, c, "http://"+l.Address+"/"); body != "flaky" {
		t.Errorf("after recovery: %s", body)
	}
}

// probedApp is a target whose health check fails while sick says so.
func probedApp(t *testing.T, name string, sick *atomic.Bool) string {
	s := rawApp(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health" && sick.Load() {
			rw.WriteHeader(500)
			return
		}
		rw.Write([]byte(name))
	})
	return s
}

// A group that no rule uses is not probed.
func TestNotInUseIsNotProbed(t *testing.T) {
	w := newWorld(t)
	var probes atomic.Int64
	address := rawApp(t, func(http.ResponseWriter, *http.Request) { probes.Add(1) })
	w.group("tg", address).InUse = false
	other := app(t, nil)
	w.group("used", other)
	w.listener(one("used"))
	w.publish()
	w.awaitState(other, "healthy") // by now it would have been probed too
	if n := probes.Load(); n != 0 {
		t.Errorf("%d probes", n)
	}
	cloneGroup(w, "tg").InUse = true
	w.listener(one("tg"))
	w.publish()
	w.awaitState(address, "healthy")
}

// A registration of the same address is a new target.
func TestReregistrationStartsAtInitial(t *testing.T) {
	w := newWorld(t)
	var sick atomic.Bool
	address := probedApp(t, "a", &sick)
	w.group("tg", address)
	w.listener(one("tg"))
	w.publish()
	w.awaitState(address, "healthy")
	sick.Store(true)
	g := cloneGroup(w, "tg")
	g.Targets[0].Registered = g.Targets[0].Registered.Add(time.Minute)
	w.publish()
	w.awaitState(address, "initial")
	sick.Store(false)
	w.awaitState(address, "healthy")
}
