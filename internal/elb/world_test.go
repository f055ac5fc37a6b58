package elb

import (
	"context"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plane is a proxy that acknowledges what the test lets it.
type plane struct {
	mu       sync.Mutex
	changed  chan struct{}
	newest   *route.Table
	hold     bool
	refuse   string
	health   func([]route.Health)
	traffic  func([]route.Traffic)
	failures func([]link.BindFailure)
}

func newPlane() *plane { return &plane{changed: make(chan struct{})} }

func (p *plane) Publish(t *route.Table) { p.change(func() { p.newest = t }) }

func (p *plane) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *plane) WaitAck(ctx context.Context, version uint64) error {
	for {
		p.mu.Lock()
		done := !p.hold && p.newest != nil && p.newest.Version >= version
		refuse, changed := p.refuse, p.changed
		p.mu.Unlock()
		if done && refuse != "" {
			return &link.NackError{Version: version, Reason: refuse}
		}
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (p *plane) OnHealth(f func([]route.Health))           { p.health = f }
func (p *plane) OnTraffic(f func([]route.Traffic))         { p.traffic = f }
func (p *plane) OnBindFailures(f func([]link.BindFailure)) { p.failures = f }
func (p *plane) table() *route.Table                       { p.mu.Lock(); defer p.mu.Unlock(); return p.newest }

// pool hands out 10.9.0.1, 10.9.0.2, …
type pool struct {
	mu   sync.Mutex
	ids  map[string]netip.Addr
	next byte
}

func (a *pool) AllocLB(id string) (netip.Addr, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ids == nil {
		a.ids = map[string]netip.Addr{}
	}
	if _, ok := a.ids[id]; !ok {
		a.next++
		a.ids[id] = netip.AddrFrom4([4]byte{10, 9, 0, a.next})
	}
	return a.ids[id], nil
}

func (a *pool) FreeLB(id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.ids, id)
	return nil
}

func (a *pool) len() int { a.mu.Lock(); defer a.mu.Unlock(); return len(a.ids) }

// world is a store with one load balancer, one listener and two groups.
type world struct {
	t     *testing.T
	path  string
	st    *store.Store
	plane *plane
	pool  *pool
	b     *Balancer
	stop  func()
	told  chan subject

	metrics *metric.Store
}

var scope = arn.Scope{Account: "000000000000", Region: "us-east-1"}

const (
	lbARN       = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/50dc6c495c0c9188"
	listenerARN = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2"
	defaultARN  = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2/0000000000000000"
	blue        = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/blue/73e2d6bc24d8a067"
	green       = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/green/83e2d6bc24d8a068"
)

func newWorld(t *testing.T, options ...func(*world)) *world {
	w := &world{t: t, path: filepath.Join(t.TempDir(), "state.db"), pool: &pool{}}
	for _, o := range options {
		o(w)
	}
	w.start()
	t.Cleanup(w.close)
	w.update(func(tx *store.Tx) error {
		addr, _ := w.pool.AllocLB(addressID(lbARN))
		PutLoadBalancer(tx, &LoadBalancer{
			ARN: lbARN, Name: "web", Scheme: "internet-facing", Address: addr.String(), PublicName: PublicName(lbARN, ""),
		})
		PutListener(tx, &Listener{ARN: listenerARN, LoadBalancer: lbARN, Port: 80, Protocol: "HTTP", DefaultRule: defaultARN})
		for name, arn := range map[string]string{"blue": blue, "green": green} {
			PutGroup(tx, &TargetGroup{
				ARN: arn, Name: name, Protocol: "HTTP", ProtocolVersion: "HTTP1", Port: 80, TargetType: "ip",
				Check: Check{Enabled: true, Protocol: "HTTP", Port: TrafficPort, Path: "/", Interval: 30, Timeout: 5, Healthy: 5, Unhealthy: 2, HTTPCode: "200"},
			})
		}
		r := &Rule{ARN: defaultARN, Default: true}
		r.Actions.V = []elbv2.Action{{Type: elbv2.ActionTypeEnumForward, TargetGroupArn: aws.String(blue)}}
		PutRule(tx, r)
		return nil
	})
	return w
}

// start opens the store and runs a Balancer over it.
func (w *world) start(options ...func(*Options)) {
	st, err := store.Open(w.path, store.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.st, w.plane, w.told = st, newPlane(), make(chan subject, 1000)
	o := Options{Store: st, Plane: w.plane, Addresses: w.pool, Metrics: w.metrics}
	for _, change := range options {
		change(&o)
	}
	w.b = New(o)
	w.b.OnHealth(func(group, id string, port int) { w.told <- subject{group, id, port} })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.b.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
		st.Close()
	}
}

func (w *world) close() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
}

func (w *world) restart() { w.close(); w.start() }

func (w *world) update(fn func(*store.Tx) error) {
	w.t.Helper()
	if err := w.st.Update(fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) register(group, id string, port int) *Registration {
	w.t.Helper()
	w.update(func(tx *store.Tx) error {
		return Register(tx, Target{Group: group, ID: id, Port: port, Address: netip.AddrPortFrom(netip.MustParseAddr(id), uint16(port)).String()})
	})
	var out *Registration
	w.st.View(func(tx *store.Tx) { out, _ = registrations.Get(tx, targetKey(group, id, port)) })
	return out
}

func (w *world) report(r *Registration, state, reason string) {
	w.plane.health([]route.Health{{Group: r.Group, ID: r.ID, Port: r.Port, State: state, Reason: reason, Registered: r.Registered, At: time.Now()}})
}

func (w *world) expect(group, id string, port int, state, reason string) {
	w.t.Helper()
	if h := w.b.Health(group, id, port); h.State != state || h.Reason != reason {
		w.t.Errorf("%s:%d is %s %s, want %s %s", id, port, h.State, h.Reason, state, reason)
	}
}

// applied waits for the proxy and returns its table.
func (w *world) applied() *route.Table {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := w.b.WaitApplied(ctx); err != nil {
		w.t.Fatal(err)
	}
	return w.plane.table()
}

// await waits until ok, which is asked after each change of a target's state.
func (w *world) await(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.After(2 * time.Minute)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-w.told:
		case <-tick.C:
		case <-deadline:
			w.t.Fatal("waited in vain for: " + what)
		}
	}
}
