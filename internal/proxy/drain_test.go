package proxy

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// load sends requests over keep-alive connections until stop is called, which
// returns how many were sent and what failed.
func load(t testing.TB, url string, workers int, post bool) (stop func() (sent int64, failed []string)) {
	t.Helper()
	var sent atomic.Int64
	var mu sync.Mutex
	var failed []string
	quit := make(chan struct{})
	var running sync.WaitGroup
	c := client(t)
	for range workers {
		running.Go(func() {
			for {
				select {
				case <-quit:
					return
				default:
				}
				sent.Add(1)
				if why := once(c, url, post); why != "" {
					mu.Lock()
					failed = append(failed, why)
					mu.Unlock()
				}
			}
		})
	}
	return func() (int64, []string) {
		close(quit)
		running.Wait()
		return sent.Load(), failed
	}
}

func once(c *http.Client, url string, post bool) string {
	var resp *http.Response
	var err error
	if post {
		req, _ := http.NewRequest("POST", url, strings.NewReader("hello"))
		req.Header.Set("Idempotency-Key", "1")
		resp, err = c.Do(req)
	} else {
		resp, err = c.Get(url)
	}
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 {
		return fmt.Sprintf("%d %v %.80q", resp.StatusCode, err, body)
	}
	return ""
}

// Rules and weights may change a thousand times a second without one failed
// request, and shares follow the weights.
func TestWeightSwapsUnderLoad(t *testing.T) {
	w := newWorld(t)
	var counts [2]atomic.Int64
	for i, name := range []string{"blue", "green"} {
		w.group(name, app(t, func(rw http.ResponseWriter, _ *http.Request) {
			counts[i].Add(1)
			io.WriteString(rw, name)
		}))
	}
	l := w.listener(route.Weighted{Group: "blue", Weight: 100}, route.Weighted{Group: "green", Weight: 0})
	w.publish()
	for _, g := range w.table.Groups {
		w.awaitState(g.Targets[0].Address, "healthy")
	}
	stop := load(t, "http://"+l.Address+"/", 8, false)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	const swaps = 1000
	for i := range swaps {
		<-tick.C
		share := i % 101
		w.table.Version++
		snapshot := *w.table
		snapshot.Listeners = append([]route.Listener(nil), w.table.Listeners...)
		snapshot.Listeners[0].Rules = []route.Rule{{ARN: "default", Action: route.Action{Forward: &route.Forward{
			Groups: []route.Weighted{{Group: "blue", Weight: 100 - share}, {Group: "green", Weight: share}},
		}}}}
		w.client.Publish(&snapshot)
	}
	sent, failed := stop()
	if len(failed) > 0 {
		t.Fatalf("%d of %d failed: %v", len(failed), sent, failed[:min(5, len(failed))])
	}
	t.Logf("%d requests, blue %d, green %d", sent, counts[0].Load(), counts[1].Load())
	if counts[0].Load() == 0 || counts[1].Load() == 0 {
		t.Error("one group got nothing")
	}
}

// A rolling replacement of targets loses no request: new one healthy, old one
// draining, then gone from the table, and then its process is stopped.
func TestRollingReplacementLosesNothing(t *testing.T) {
	for _, post := range []bool{false, true} {
		t.Run(fmt.Sprintf("post=%v", post), func(t *testing.T) {
			w := newWorld(t)
			g := w.group("tg")
			l := w.listener(one("tg"))
			servers := map[string]*http.Server{}
			start := func() string {
				ln, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				s := &http.Server{Handler: says("ok")}
				servers[ln.Addr().String()] = s
				go s.Serve(ln)
				return ln.Addr().String()
			}
			first := start()
			g.Targets = []route.Target{targetAt(first)}
			w.publish()
			w.awaitState(first, "healthy")
			stop := load(t, "http://"+l.Address+"/", 8, post)
			old := first
			for range 20 {
				next := start()
				g = cloneGroup(w, "tg")
				g.Targets = append(g.Targets, targetAt(next))
				w.publish()
				w.awaitState(next, "healthy")
				g = cloneGroup(w, "tg")
				g.Targets[0].Draining = true
				g.Targets[0].DrainUntil = time.Now().Add(time.Minute)
				w.publish()
				await(t, "drained", func() bool { h := w.state(old); return h.State == "draining" && h.InFlight == 0 })
				servers[old].Close()
				g = cloneGroup(w, "tg")
				g.Targets = g.Targets[1:]
				w.publish()
				old = next
			}
			sent, failed := stop()
			servers[old].Close()
			if len(failed) > 0 {
				t.Fatalf("%d of %d failed: %v", len(failed), sent, failed[:min(5, len(failed))])
			}
			t.Logf("%d requests", sent)
		})
	}
}

// cloneGroup replaces a group of the table by a copy, for published tables must
// not change.
func cloneGroup(w *world, arn string) *route.Group {
	g := *w.table.Groups[arn]
	g.Targets = append([]route.Target(nil), g.Targets...)
	groups := map[string]*route.Group{}
	for k, v := range w.table.Groups {
		groups[k] = v
	}
	groups[arn] = &g
	w.table.Groups = groups
	return &g
}

// What is in flight at a draining target may end until DrainUntil; then it is
// cut off with 502.
func TestDrainUntilAndCut(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	entered := make(chan struct{}, 2)
	slow := app(t, func(rw http.ResponseWriter, r *http.Request) {
		entered <- struct{}{}
		if r.URL.Path == "/hang" {
			<-r.Context().Done()
			return
		}
		<-release
		io.WriteString(rw, "late")
	})
	other := app(t, says("other"))
	w.group("tg", slow)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(slow, "healthy")
	results := make(chan string, 2)
	for _, path := range []string{"/slow", "/hang"} {
		go func() {
			status, body := fetch(t, client(t), "http://"+l.Address+path)
			results <- fmt.Sprint(path, status, body)
		}()
		<-entered
	}
	g := cloneGroup(w, "tg")
	g.Targets = append(g.Targets, targetAt(other))
	w.publish()
	w.awaitState(other, "healthy")
	g = cloneGroup(w, "tg")
	g.Targets[0].Draining, g.Targets[0].DrainUntil = true, time.Now().Add(4*time.Second)
	w.publish()
	if h := w.state(slow); h.State != "draining" || h.InFlight != 2 {
		await(t, "draining with 2 in flight", func() bool { h := w.state(slow); return h.State == "draining" && h.InFlight == 2 })
	}
	if _, body := fetch(t, client(t), "http://"+l.Address+"/new"); body != "other" {
		t.Errorf("a draining target got a new request: %q", body)
	}
	close(release)
	if got := <-results; got != "/slow200late" {
		t.Errorf("request in flight: %s", got)
	}
	if got := <-results; !strings.HasPrefix(got, "/hang502") {
		t.Errorf("after the delay: %s", got)
	}
}

// A table that comes late, at the end of the drain or even after it, cuts nothing off:
// what is in flight has the whole deregistration delay.
func TestDrainOfALateTable(t *testing.T) {
	w := newWorld(t)
	entered, release := make(chan struct{}, 2), make(chan struct{})
	slow := app(t, func(rw http.ResponseWriter, _ *http.Request) {
		entered <- struct{}{}
		<-release
		io.WriteString(rw, "late")
	})
	w.group("tg", slow).DrainTimeout = time.Minute
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(slow, "healthy")
	results := make(chan string, 1)
	go func() {
		status, body := fetch(t, client(t), "http://"+l.Address+"/")
		results <- fmt.Sprint(status, body)
	}()
	<-entered
	g := cloneGroup(w, "tg")
	g.Targets[0].Draining, g.Targets[0].DrainUntil = true, time.Now().Add(-time.Second)
	w.publish()
	g = cloneGroup(w, "tg")
	g.Targets = nil
	w.publish()
	select {
	case got := <-results:
		t.Errorf("cut off: %s", got)
	case <-time.After(100 * time.Millisecond):
		close(release)
		if got := <-results; got != "200late" {
			t.Error(got)
		}
	}
}

// The race of a target that closes idle connections must not reach clients.
func TestTargetClosesKeepAlive(t *testing.T) {
	for _, post := range []bool{false, true} {
		w := newWorld(t)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		// One response on each connection, promised to stay and closed at once.
		var served sync.WaitGroup
		var accepted atomic.Int64
		served.Go(func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				accepted.Add(1)
				served.Go(func() {
					defer c.Close()
					buf := make([]byte, 4096)
					if n, err := c.Read(buf); n > 0 && err == nil {
						io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
					}
				})
			}
		})
		w.group("tg", ln.Addr().String()).Check.Enabled = false
		l := w.listener(one("tg"))
		w.publish()
		stop := load(t, "http://"+l.Address+"/", 4, post)
		await(t, "many connections that were closed", func() bool { return accepted.Load() > 300 })
		sent, failed := stop()
		ln.Close()
		served.Wait()
		if len(failed) > 0 {
			t.Errorf("post=%v: %d of %d failed: %v", post, len(failed), sent, failed[:min(3, len(failed))])
		}
		t.Logf("post=%v: %d requests", post, sent)
	}
}
