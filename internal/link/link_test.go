package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeProxy acknowledges every table but those of version 13.
type fakeProxy struct {
	mu       sync.Mutex
	endpoint *Endpoint
	tables   []uint64
	health   []route.Health
	counts   []route.Traffic
	shutdown chan struct{}
}

func (p *fakeProxy) Identity() Identity { return Identity{PID: 7, Build: "test"} }

func (p *fakeProxy) Apply(t *route.Table) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tables = append(p.tables, t.Version)
	if t.Version == 13 {
		p.endpoint.Nack(t.Epoch, t.Version, errors.New("unlucky"))
		return
	}
	p.endpoint.Ack(t.Epoch, t.Version, nil)
}

func (p *fakeProxy) Health() []route.Health { return p.health }

func (p *fakeProxy) Traffic() []route.Traffic {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.counts
	p.counts = nil
	return out
}

func (p *fakeProxy) Shutdown() { close(p.shutdown) }

func (p *fakeProxy) count(n uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts = append(p.counts, route.Traffic{LB: "lb", Requests: n})
}

func socketFile(t *testing.T) string {
	dir, err := os.MkdirTemp("", "gl")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "proxy.sock")
}

func serve(t *testing.T, path string, p *fakeProxy) *Endpoint {
	t.Helper()
	p.shutdown = make(chan struct{})
	p.mu.Lock()
	defer p.mu.Unlock()
	e, err := Serve(path, p)
	if err != nil {
		t.Fatal(err)
	}
	p.endpoint = e
	return e
}

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestPublishAndAck(t *testing.T) {
	path := filepath.Join(filepath.Dir(socketFile(t)), strings.Repeat("long", 30), "proxy.sock")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	p := &fakeProxy{health: []route.Health{{ID: "a"}}}
	defer serve(t, path, p).Close()
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	c, err := Dial(bounded(t), path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if id, ok := c.Connected(); !ok || id.PID != 7 {
		t.Errorf("identity %+v %v", id, ok)
	}
	for v := uint64(1); v <= 3; v++ {
		c.Publish(&route.Table{Epoch: 1, Version: v})
	}
	if err := c.WaitAck(bounded(t), 3); err != nil || c.Acked() != 3 {
		t.Errorf("ack: %v, %d", err, c.Acked())
	}
	c.Publish(&route.Table{Epoch: 1, Version: 13})
	var nack *NackError
	if err := c.WaitAck(bounded(t), 13); !errors.As(err, &nack) || nack.Reason != "unlucky" {
		t.Errorf("nack: %v", err)
	}
	c.Publish(&route.Table{Epoch: 1, Version: 14})
	if err := c.WaitAck(bounded(t), 13); err != nil {
		t.Errorf("a later version serves the wait for an earlier one: %v", err)
	}
	short, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := c.WaitAck(short, 99); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("not published: %v", err)
	}
	c.Shutdown()
	<-p.shutdown
}

func TestHealthAndTraffic(t *testing.T) {
	path := socketFile(t)
	p := &fakeProxy{health: []route.Health{{ID: "full"}}}
	e := serve(t, path, p)
	defer e.Close()
	p.count(1) // while no server is there
	e.Report()
	p.count(2)
	e.Report()
	health, traffic := make(chan string, 10), make(chan uint64, 10)
	c := New(path)
	defer c.Close()
	c.OnHealth(func(h []route.Health) { health <- fmt.Sprint(len(h), h[0].ID) })
	c.OnTraffic(func(n []route.Traffic) { traffic <- n[0].Requests })
	if got := <-health; got != "1full" {
		t.Errorf("got %s", got)
	}
	e.HealthChanged([]route.Health{{ID: "change"}})
	if got := <-health; got != "1change" {
		t.Errorf("got %s", got)
	}
	if got := <-traffic; got != 3 {
		t.Errorf("kept counts: %d", got)
	}
	p.count(5)
	if got := <-traffic; got != 5 {
		t.Errorf("next counts: %d", got)
	}
}

// A table says how often counts are reported.
func TestPaceOfReports(t *testing.T) {
	path := socketFile(t)
	p := &fakeProxy{}
	e := serve(t, path, p)
	defer e.Close()
	c := New(path)
	defer c.Close()
	traffic := make(chan uint64)
	c.OnTraffic(func(n []route.Traffic) { traffic <- n[0].Requests })
	c.Publish(&route.Table{Epoch: 1, Version: 1, Report: 20 * time.Millisecond})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second) // less than a report a second needs
	defer cancel()
	for n := range uint64(60) {
		p.count(n + 1)
		select {
		case got := <-traffic:
			if got != n+1 {
				t.Errorf("report %d: %d", n, got)
			}
		case <-ctx.Done():
			t.Fatalf("%d reports", n)
		}
	}
}

// A proxy that restarts gets the newest table again.
func TestReconnect(t *testing.T) {
	path := socketFile(t)
	first := &fakeProxy{}
	e := serve(t, path, first)
	c, err := Dial(bounded(t), path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Publish(&route.Table{Epoch: 1, Version: 5})
	if err := c.WaitAck(bounded(t), 5); err != nil {
		t.Fatal(err)
	}
	e.Close()
	second := &fakeProxy{}
	defer serve(t, path, second).Close()
	for {
		second.mu.Lock()
		got := fmt.Sprint(second.tables)
		second.mu.Unlock()
		if got == "[5]" {
			break
		}
		select {
		case <-bounded(t).Done():
			t.Fatalf("got %s", got)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestCloseEndsWaits(t *testing.T) {
	c := New(socketFile(t))
	done := make(chan error)
	go func() { done <- c.WaitAck(context.Background(), 1) }()
	c.Close()
	if err := <-done; !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
	short, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := Dial(short, socketFile(t)); err == nil {
		t.Error("dialled nobody")
	}
}

// Whoever connects to the socket and talks nonsense is cut off, and nobody else.
func TestNonsense(t *testing.T) {
	path := socketFile(t)
	p := &fakeProxy{}
	defer serve(t, path, p).Close()
	for _, s := range []string{"\xff\xff\xff\xff", "\x00\x00\x00\x03{]}", "\x00\x00\x00\x02{}x"} {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		conn.Write([]byte(s))
		conn.Close()
	}
	c, err := Dial(bounded(t), path)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func FuzzReadMessage(f *testing.F) {
	var b bytes.Buffer
	_ = writeMessage(&b, &message{Kind: kindTable, Table: &route.Table{}})
	f.Add(b.Bytes())
	f.Add([]byte("\x00\x00\x00\x02{}"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = readMessage(bytes.NewReader(data))
	})
}
