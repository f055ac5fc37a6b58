package proxy

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/test/port"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if role := os.Getenv("GRUE_PROXY_TEST_ROLE"); role != "" {
		os.Exit(child(role))
	}
	goleak.VerifyTestMain(m)
}

// world is a proxy that runs in this process, with a link to it.
type world struct {
	t      testing.TB
	dir    string
	cancel context.CancelFunc
	done   chan error
	client *link.Client
	table  *route.Table

	mu      sync.Mutex
	health  map[string]route.Health // by target address
	traffic []route.Traffic

	tracer Tracer // of the next start
}

// newWorld starts a proxy and connects to it.
func newWorld(t testing.TB) *world {
	t.Helper()
	return newTracedWorld(t, nil)
}

func newTracedWorld(t testing.TB, tracer Tracer) *world {
	t.Helper()
	w := &world{t: t, tracer: tracer, dir: filepath.Join(shortDir(t), "proxy"), health: map[string]route.Health{}}
	w.table = &route.Table{Epoch: 1, Groups: map[string]*route.Group{}, Certs: map[string]route.Certificate{}}
	w.start()
	w.client = link.New(filepath.Join(w.dir, socketFile))
	w.client.OnHealth(func(all []route.Health) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, h := range all {
			w.health[fmt.Sprintf("%s:%d", h.ID, h.Port)] = h
		}
	})
	w.client.OnTraffic(func(all []route.Traffic) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.traffic = route.AddTraffic(w.traffic, all)
		w.noteActive(all)
	})
	t.Cleanup(func() {
		w.client.Close()
		w.stop()
	})
	return w
}

// shortDir is a temporary directory whose path is short enough for sockets.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "gp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (w *world) start() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan struct{})
	w.cancel, w.done = cancel, make(chan error, 1)
	go func() {
		w.done <- Run(ctx, Options{
			Dir: w.dir, Log: quietLog(), ShutdownTimeout: time.Second, Tracer: w.tracer,
			UpstreamDNS: []string{"127.0.0.1:1"}, Ready: func() { close(ready) },
		})
	}()
	select {
	case <-ready:
	case err := <-w.done:
		w.t.Fatalf("proxy: %v", err)
	}
}

func (w *world) stop() {
	w.cancel()
	if err := <-w.done; err != nil {
		w.t.Errorf("proxy ended: %v", err)
	}
	w.done <- nil
}

func quietLog() *slog.Logger {
	if os.Getenv("GRUE_TEST_LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

// publish sends the table as it is now and waits until it is served.
func (w *world) publish() {
	w.t.Helper()
	w.table.Version++
	snapshot := *w.table
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	w.client.Publish(&snapshot)
	if err := w.client.WaitAck(ctx, snapshot.Version); err != nil {
		w.t.Fatalf("version %d: %v", snapshot.Version, err)
	}
}

// group adds a target group with targets to the table.
func (w *world) group(arn string, addresses ...string) *route.Group {
	g := &route.Group{
		ARN: arn, Protocol: "HTTP", Version: "HTTP1", InUse: true, DrainTimeout: time.Second,
		Check: route.Check{
			Enabled: true, Protocol: "HTTP", Port: "traffic-port", Path: "/health",
			Interval: 5 * time.Second, Timeout: 20 * time.Second, Healthy: 2, Unhealthy: 2,
		},
	}
	for _, a := range addresses {
		g.Targets = append(g.Targets, targetAt(a))
	}
	w.table.Groups[arn] = g
	return g
}

func targetAt(address string) route.Target {
	host, port, _ := net.SplitHostPort(address)
	n := 0
	fmt.Sscan(port, &n)
	return route.Target{ID: host, Port: n, Address: address, Registered: time.Unix(1700000000, 0)}
}

// listener adds a listener whose default action forwards to the groups.
func (w *world) listener(groups ...route.Weighted) *route.Listener {
	w.table.Listeners = append(w.table.Listeners, route.Listener{
		ARN: fmt.Sprintf("listener-%d", len(w.table.Listeners)), LB: "app/web/1", Protocol: "HTTP",
		LBARN:   "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/1",
		Address: freeAddress(w.t), ServerHeader: true,
		Rules: []route.Rule{{ARN: "default", Action: route.Action{Forward: &route.Forward{Groups: groups}}}},
	})
	return &w.table.Listeners[len(w.table.Listeners)-1]
}

func one(group string) route.Weighted { return route.Weighted{Group: group, Weight: 1} }

func freeAddress(t testing.TB) string {
	t.Helper()
	return port.Address(t)
}

// await waits for a condition.
func await(t testing.TB, what string, check func() bool) {
	t.Helper()
	deadline := time.Now().Add(3 * time.Minute)
	for !check() {
		if time.Now().After(deadline) {
			t.Fatalf("timed out waiting for: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// state is the last verdict over a target.
func (w *world) state(address string) route.Health {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.health[address]
}

func (w *world) awaitState(address, state string) {
	w.t.Helper()
	await(w.t, address+" "+state, func() bool { return w.state(address).State == state })
}

// app starts a target that answers 200 on /health and otherwise what handler does.
func app(t testing.TB, handler http.HandlerFunc) (address string) {
	t.Helper()
	return rawApp(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/health" {
			handler(w, r)
		}
	})
}

// rawApp starts a target that does what handler does.
func rawApp(t testing.TB, handler http.HandlerFunc) (address string) {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// says is a handler that answers a text.
func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
}

// client is an HTTP client whose connections end with the test.
func client(t testing.TB) *http.Client {
	tr := &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{
		Transport: tr, Timeout: 2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// fetch gets a URL and returns status and body.
func fetch(t testing.TB, c *http.Client, url string) (int, string) {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// raw sends bytes on a connection of its own and returns everything that comes
// back until the end or until enough says so.
func raw(t testing.TB, address, send string, enough func(string) bool) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, send); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(time.Minute))
	var got strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		got.Write(buf[:n])
		if err != nil || enough != nil && enough(got.String()) {
			return got.String()
		}
	}
}
