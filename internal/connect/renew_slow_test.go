//go:build slow

package connect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/proxy"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/test/port"
)

// TestSlowRenewal: certificates that last 15 seconds are renewed by the mesh and
// served by a proxy while calls go on, over kept connections and over new ones,
// until the first two have run out. No call fails.
func TestSlowRenewal(t *testing.T) {
	t.Parallel()
	r := newRenewal(t)
	web, raw := r.endpoints(t)
	if err := r.balancer.WaitApplied(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept := &http.Client{}
	lanes := map[string]func() error{
		"kept":  func() error { return get(kept, "http://"+web+"/") },
		"anew":  func() error { return get(kept, "http://"+web+"/close") },
		"plain": func() error { return greeted(raw) },
	}
	var calls sync.WaitGroup
	sent, stop := map[string]*atomic.Int64{}, make(chan struct{})
	for name, call := range lanes {
		n := new(atomic.Int64)
		sent[name] = n
		calls.Go(func() {
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
				}
				if err := call(); err != nil {
					t.Errorf("%s, call %d: %v", name, n.Load(), err)
					return
				}
				n.Add(1)
			}
		})
	}
	var ends []time.Time // of the certificates that the proxy served
	for limit := time.Now().Add(90 * time.Second); len(ends) < 3 || time.Now().Before(ends[1]); time.Sleep(50 * time.Millisecond) {
		if end := r.served(t); len(ends) == 0 || !end.Equal(ends[len(ends)-1]) {
			ends = append(ends, end)
		}
		if t.Failed() || time.Now().After(limit) {
			t.Errorf("certificates until %v", ends)
			break
		}
	}
	close(stop)
	calls.Wait()
	for name, n := range sent {
		t.Logf("%s: %d calls", name, n.Load())
	}
}

// renewal is a world whose mesh, balancer and proxy run.
type renewal struct {
	*world
	balancer *elb.Balancer
	ingress  int
}

func newRenewal(t *testing.T) *renewal {
	t.Helper()
	r := &renewal{world: newWorld(t)}
	r.m.now, r.m.life = time.Now, 15*time.Second
	dir, err := os.MkdirTemp("", "gc") // short enough for sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	plane := link.New(filepath.Join(dir, "proxy.sock"))
	r.balancer = elb.New(elb.Options{Store: r.st, Plane: plane, Parts: []func(*store.Tx, *route.Table){r.here}})
	ctx, cancel := context.WithCancel(context.Background())
	var parts sync.WaitGroup
	ready := make(chan struct{})
	for name, run := range map[string]func(context.Context) error{
		"mesh": r.m.Run, "balancer": r.balancer.Run,
		"proxy": func(ctx context.Context) error {
			return proxy.Run(ctx, proxy.Options{Dir: dir, ShutdownTimeout: time.Second, UpstreamDNS: []string{"127.0.0.1:1"}, Ready: func() { close(ready) }})
		},
	} {
		parts.Go(func() {
			if err := run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	t.Cleanup(func() { cancel(); parts.Wait(); plane.Close() })
	<-ready
	return r
}

// here is the mesh's part, on this machine's addresses instead of tasks'.
func (r *renewal) here(tx *store.Tx, t *route.Table) {
	r.m.Part(tx, t)
	for i := range t.Listeners {
		for j := range t.Listeners[i].Binds {
			t.Listeners[i].Binds[j].NetNS = ""
		}
	}
}

// endpoints makes a service with two encrypted endpoints, HTTP and TCP, of which
// one task runs, and tells where clients call them.
func (r *renewal) endpoints(t *testing.T) (web, raw string) {
	t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/close" {
			w.Header().Set("Connection", "close")
		}
		fmt.Fprint(w, "hello")
	}))
	t.Cleanup(app.Close)
	greeter := httptest.NewUnstartedServer(nil)
	t.Cleanup(greeter.Close)
	go func() {
		for {
			c, err := greeter.Listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "hello")
			c.Close()
		}
	}()
	r.ingress = port.Free(t)
	r.revise("server", "1",
		orders(func(e *state.ConnectEndpoint) {
			e.TLS, e.Port, e.ContainerPort, e.Ingress, e.Request = true, port.Free(t), portOf(app.Listener), r.ingress, 20*time.Second
		}),
		orders(func(e *state.ConnectEndpoint) {
			e.PortName, e.Discovery, e.DNSName, e.Protocol = "raw", "db", "db", route.ProtocolTCP
			e.TLS, e.Port, e.ContainerPort, e.Ingress = true, port.Free(t), portOf(greeter.Listener), port.Free(t)
		}))
	if _, err := r.m.certify(""); err != nil {
		t.Fatal(err)
	}
	task, rev := r.task("server", "1", "1")
	task.IP = "127.0.0.1"
	r.do(func(tx *store.Tx) {
		Expect(tx, task)
		join(tx, "1", "here")
		Register(tx, task, rev, false, time.Now())
	})
	at := map[string]string{}
	for i, k := range rev.Connect.Known {
		at[k.Endpoint] = net.JoinHostPort(k.VIP, fmt.Sprint(rev.Connect.Known[i].Port))
	}
	return at[EndpointKey(r.ns.ID, "orders")], at[EndpointKey(r.ns.ID, "db")]
}

// served is when the certificate ends that the proxy shows.
func (r *renewal) served(t *testing.T) time.Time {
	t.Helper()
	c, err := tls.Dial("tcp", fmt.Sprint("127.0.0.1:", r.ingress), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].NotAfter
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

func get(c *http.Client, url string) error {
	resp, err := c.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return hello(resp.Body, resp.Status)
}

func greeted(address string) error {
	c, err := net.DialTimeout("tcp", address, 20*time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	return hello(c, "")
}

func hello(r io.Reader, status string) error {
	if b, err := io.ReadAll(r); err != nil || string(b) != "hello" {
		return fmt.Errorf("%s %q: %v", status, b, err) //nolint:errorlint // for people
	}
	return nil
}
