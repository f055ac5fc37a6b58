package elbv2

import (
	"context"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
	"github.com/grue-ecs/grue/test/boto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plane is a proxy that acknowledges every table and finds every target of a
// group in use healthy.
type plane struct {
	t        testing.TB
	mu       sync.Mutex
	newest   *route.Table
	health   func([]route.Health)
	failures func([]link.BindFailure)
}

func (p *plane) Publish(t *route.Table) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := route.Compile(t); err != nil {
		p.t.Errorf("version %d does not compile: %v", t.Version, err)
	}
	p.newest = t
	var reports []route.Health
	for _, g := range t.Groups {
		for _, x := range g.Targets {
			if g.InUse && !x.Draining {
				reports = append(reports, route.Health{Group: g.ARN, ID: x.ID, Port: x.Port, State: elb.Healthy, Registered: x.Registered, At: time.Now()})
			}
		}
	}
	p.health(reports)
}

func (p *plane) WaitAck(context.Context, uint64) error     { return nil }
func (p *plane) OnHealth(f func([]route.Health))           { p.health = f }
func (p *plane) OnTraffic(func([]route.Traffic))           {}
func (p *plane) OnBindFailures(f func([]link.BindFailure)) { p.failures = f }
func (p *plane) table() *route.Table                       { p.mu.Lock(); defer p.mu.Unlock(); return p.newest }

// pool hands out addresses and knows which are free again.
type pool struct {
	mu   sync.Mutex
	used map[string]netip.Addr
	next byte
}

func (a *pool) AllocLB(id string) (netip.Addr, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.used[id]; !ok {
		a.next++
		a.used[id] = netip.AddrFrom4([4]byte{10, 9, 0, a.next})
	}
	return a.used[id], nil
}

func (a *pool) FreeLB(id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.used, id)
	return nil
}

func (a *pool) len() int { a.mu.Lock(); defer a.mu.Unlock(); return len(a.used) }

// world is the service over a store and a proxy of its own.
type world struct {
	t     testing.TB
	st    *store.Store
	plane *plane
	pool  *pool
	b     *elb.Balancer
	s     *Service
	ctx   context.Context
}

func newWorld(t testing.TB, o Options) *world {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, st: st, plane: &plane{t: t}, pool: &pool{used: map[string]netip.Addr{}}}
	w.b = elb.New(elb.Options{Store: st, Plane: w.plane, Addresses: w.pool})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		st.Close()
	})
	o.Store, o.Balancer = st, w.b
	o.InstanceID, o.InstanceAddress = "i-0123456789abcdef0", "127.0.0.1"
	o.Subnet = func(s arn.Scope, id string) (string, string, bool) {
		switch id {
		case "subnet-a":
			return s.Region + "a", "vpc-1", true
		case "subnet-b":
			return s.Region + "b", "vpc-1", true
		case "subnet-a2":
			return s.Region + "a", "vpc-1", true
		case "subnet-x":
			return s.Region + "c", "vpc-2", true
		}
		return "", "", false
	}
	o.ElasticAddress = func(_ arn.Scope, id string) (string, bool) { return "203.0.113.1", id == "eipalloc-1" }
	w.s = New(o)
	w.ctx = wire.WithCaller(context.Background(), wire.Caller{Account: "000000000000", Region: "us-east-1"})
	return w
}

// serve puts the service behind the real front door.
func (w *world) serve() string {
	r := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	r.Add(w.s.Spec(), w.s)
	h := httptest.NewServer(r)
	w.t.Cleanup(h.Close)
	return h.URL
}

// python runs a script of testdata against an endpoint.
func python(t *testing.T, script, endpoint string, arguments ...string) {
	t.Helper()
	python3 := boto.Python(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, python3, append([]string{filepath.Join("testdata", script), endpoint}, arguments...)...)
	cmd.Env = append(cmd.Environ(), "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_DEFAULT_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
}
