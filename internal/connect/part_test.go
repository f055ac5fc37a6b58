package connect

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

var home = arn.Scope{Account: "000000000000", Region: "us-east-1"}

// world is a namespace over a store of its own.
type world struct {
	*testing.T
	st    *store.Store
	m     *Mesh
	clock time.Time
	ns    *cloudmap.Namespace
}

// plainVault keeps keys as they are.
type plainVault struct{}

func (plainVault) Seal(_ string, v []byte) []byte          { return v }
func (plainVault) Open(_ string, v []byte) ([]byte, error) { return v, nil }

func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	w := &world{T: t, st: st, clock: time.Now()}
	w.m = New(Options{Store: st, Now: func() time.Time { return w.clock }})
	w.m.KeepKeys(plainVault{})
	w.do(func(tx *store.Tx) {
		if w.ns, err = cloudmap.CreateHTTPNamespace(tx, home, "shop", "", nil, w.clock); err != nil {
			t.Fatal(err)
		}
	})
	return w
}

func (w *world) do(fn func(tx *store.Tx)) {
	w.Helper()
	if err := w.st.Update(func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		w.Fatal(err)
	}
}

// orders is an endpoint as a revision has it.
func orders(change ...func(*state.ConnectEndpoint)) state.ConnectEndpoint {
	e := state.ConnectEndpoint{
		PortName: "api", Discovery: "orders", DNSName: "orders", Port: 80, ContainerPort: 8080,
		Protocol: route.ProtocolHTTP, Idle: time.Minute, Request: time.Second, TestHeader: "x-test",
	}
	for _, f := range change {
		f(&e)
	}
	return e
}

// revise makes a revision of a service the primary one.
func (w *world) revise(service, n string, list ...state.ConnectEndpoint) {
	w.Helper()
	w.do(func(tx *store.Tx) {
		svc := &state.Service{Scope: home, Cluster: "c", Name: service, Primary: n}
		if old, ok := state.Services.Get(tx, svc.Key()); ok {
			svc.Listed = old.Listed
		}
		svc.Listed = append([]string{n}, svc.Listed...)
		c := &state.Connect{Namespace: w.ns.ID, NamespaceName: "shop", Endpoints: list}
		if err := Claim(tx, svc, c, w.clock); err != nil {
			w.Fatal(err)
		}
		c.Known = Snapshot(tx, w.ns.ID)
		state.Services.Put(tx, svc.Key(), svc)
		rev := &state.Revision{Scope: home, Cluster: "c", Service: service, N: n, Connect: c}
		state.Revisions.Put(tx, rev.Key(), rev)
	})
}

func (w *world) task(service, n, id string) (*state.Task, *state.Revision) {
	t := &state.Task{Scope: home, Cluster: "c", ID: id, Service: service, Revision: n, IP: "10.0.0." + id}
	var rev *state.Revision
	w.st.View(func(tx *store.Tx) { rev, _ = state.Revisions.Get(tx, state.RevisionKey(home, "c", service, n)) })
	return t, rev
}

// start makes a task of a revision that runs.
func (w *world) start(service, n, id string) {
	w.Helper()
	t, rev := w.task(service, n, id)
	w.do(func(tx *store.Tx) {
		Expect(tx, t)
		join(tx, id, "/run/netns/"+id)
		Register(tx, t, rev, false, w.clock)
	})
	w.clock = w.clock.Add(time.Millisecond)
}

// table is what a proxy gets; it must compile.
func (w *world) table() *route.Table {
	w.Helper()
	t := &route.Table{Groups: map[string]*route.Group{}, Certs: map[string]route.Certificate{}}
	w.st.View(func(tx *store.Tx) { w.m.Part(tx, t) })
	if _, err := route.Compile(t); err != nil {
		w.Fatal(err)
	}
	return t
}

// shares tells which tasks a rule leads to, and with which weights.
func shares(t *route.Table, r *route.Rule) map[string]int {
	out := map[string]int{}
	for _, g := range r.Action.Forward.Groups {
		for _, x := range t.Groups[g.Group].Targets {
			out[x.ID] = g.Weight
		}
	}
	return out
}

func (w *world) expect(what string, got, want map[string]int) {
	w.Helper()
	same := len(got) == len(want)
	for k, v := range want {
		same = same && got[k] == v
	}
	if !same {
		w.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestTable(t *testing.T) {
	w := newWorld(t)
	w.revise("server", "1", orders())
	w.revise("client", "7")
	w.start("server", "1", "1")
	w.start("client", "7", "9")
	table := w.table()
	if len(table.Listeners) != 1 {
		t.Fatalf("%d listeners", len(table.Listeners))
	}
	l := table.Listeners[0]
	var binds []string
	for _, b := range l.Binds {
		binds = append(binds, b.NetNS+" "+b.Address+" "+b.Client)
	}
	slices.Sort(binds)
	want := []string{"/run/netns/1 127.255.0.1:80 000000000000/us-east-1/c/server", "/run/netns/9 127.255.0.1:80 000000000000/us-east-1/c/client"}
	if !slices.Equal(binds, want) || l.Protocol != "HTTP" || l.Connect.RequestTimeout != time.Second {
		t.Errorf("%q %+v", binds, l)
	}
	w.expect("one revision", shares(table, &l.Rules[0]), map[string]int{"1": 1})
	w.revise("server", "2", orders())
	w.start("server", "2", "2")
	w.expect("rolling", shares(w.table(), &w.table().Listeners[0].Rules[0]), map[string]int{"1": 1, "2": 1})

	w.do(func(tx *store.Tx) {
		SetWeights(tx, home.Key("c", "server"), []deploy.Share{{Rev: "1", Tenths: 875}, {Rev: "2", Tenths: 125}}, []deploy.Share{{Rev: "1"}, {Rev: "2", Tenths: 1000}})
	})
	table = w.table()
	rules := table.Listeners[0].Rules
	if c := rules[0].Conditions; len(c) != 1 || c[0].Header != "x-test" {
		t.Errorf("%+v", c)
	}
	w.expect("test", shares(table, &rules[0]), map[string]int{"1": 0, "2": 1000})
	w.expect("canary", shares(table, &rules[1]), map[string]int{"1": 875, "2": 125})

	one, rev := w.task("server", "1", "1")
	w.do(func(tx *store.Tx) { Deregister(tx, one, rev, w.clock.Add(time.Minute)) })
	table = w.table()
	for _, x := range table.Groups[groupARN(rev.Connect.Endpoints[0].CloudMap, "1")].Targets {
		if !x.Draining {
			t.Error("a task that leaves does not drain")
		}
	}
	w.do(func(tx *store.Tx) {
		Remove(tx, one, rev)
		Roll(tx, home.Key("c", "server"), nil)
	})
	table = w.table()
	w.expect("after all", shares(table, &table.Listeners[0].Rules[0]), map[string]int{"2": 1})
	if n := len(table.Listeners[0].Binds); n != 2 {
		t.Errorf("%d binds", n)
	}
}

// TestHeader: without a value any will do, a value must match exactly.
func TestHeader(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		exact, given string
		want         bool
	}{{"", "anything", true}, {"a*", "a*", true}, {"a*", "ab", false}, {"a", "A", false}} {
		t.Run(c.exact+" "+c.given, func(t *testing.T) {
			w.revise("server", "1", orders(func(e *state.ConnectEndpoint) { e.TestValue = c.exact }))
			w.revise("client", "7")
			w.start("client", "7", "9")
			w.do(func(tx *store.Tx) {
				SetWeights(tx, home.Key("c", "server"), []deploy.Share{{Rev: "1", Tenths: 1000}}, []deploy.Share{{Rev: "1", Tenths: 1000}})
			})
			table := w.table()
			r, err := route.Compile(table)
			if err != nil {
				t.Fatal(err)
			}
			rule := r.Listener(table.Listeners[0].ARN).Match(&route.Request{Headers: route.HeaderMap{"x-test": {c.given}}})
			if got := rule.Priority == 1; got != c.want {
				t.Errorf("%q meets %q: %v", c.given, c.exact, got)
			}
		})
	}
}

// TestRenamed: an endpoint that leaves with the old revision is served by it as
// long as it lives, whatever the weights.
func TestRenamed(t *testing.T) {
	w := newWorld(t)
	w.revise("server", "1", orders())
	w.start("server", "1", "1")
	w.revise("server", "2", orders(func(e *state.ConnectEndpoint) { e.Discovery, e.DNSName = "bills", "bills" }))
	w.start("server", "2", "2")
	w.do(func(tx *store.Tx) {
		SetWeights(tx, home.Key("c", "server"), []deploy.Share{{Rev: "1", Tenths: 0}, {Rev: "2", Tenths: 1000}}, nil)
	})
	table := w.table()
	served := map[string]int{}
	for i := range table.Listeners {
		for id, weight := range shares(table, &table.Listeners[i].Rules[0]) {
			served[id] = weight
		}
	}
	w.expect("both names", served, map[string]int{"1": 1, "2": 1000})
	w.do(func(tx *store.Tx) {
		svc, _ := state.Services.Get(tx, home.Key("c", "server"))
		rev, _ := state.Revisions.Get(tx, svc.Key()+"/2")
		Sweep(tx, svc, []*state.Revision{rev})
	})
	if n := len(w.table().Listeners); n != 1 {
		t.Errorf("%d endpoints are left, want 1", n)
	}
}

// TestNames: a DNS name has one address in its namespace, and belongs to one
// service on each port.
func TestNames(t *testing.T) {
	w := newWorld(t)
	w.revise("a", "1", orders())
	w.revise("b", "1", orders(func(e *state.ConnectEndpoint) { e.Discovery, e.Port = "bills", 81 }))
	w.revise("c", "1", orders(func(e *state.ConnectEndpoint) { e.Discovery, e.DNSName = "cards", "cards" }))
	var hosts []string
	w.st.View(func(tx *store.Tx) { hosts = Hosts(&state.Connect{Known: Snapshot(tx, w.ns.ID)}) })
	want := []string{"orders:127.255.0.1", "bills.shop:127.255.0.1", "cards:127.255.0.2", "cards.shop:127.255.0.2", "orders.shop:127.255.0.1"}
	if !slices.Equal(hosts, want) {
		t.Errorf("%q", hosts)
	}
	for _, e := range []state.ConnectEndpoint{orders(), orders(func(e *state.ConnectEndpoint) { e.Discovery, e.DNSName = "x", "Orders" })} {
		err := w.st.Update(func(tx *store.Tx) error {
			return Claim(tx, &state.Service{Scope: home, Cluster: "c", Name: "d"}, &state.Connect{Namespace: w.ns.ID, Endpoints: []state.ConnectEndpoint{e}}, w.clock)
		})
		if err == nil {
			t.Errorf("%s:%d was given away twice", e.DNSName, e.Port)
		}
	}
}

// TestSick: a task whose health checks fail gets requests only when no other is left.
func TestSick(t *testing.T) {
	w := newWorld(t)
	w.revise("server", "1", orders())
	w.start("server", "1", "1")
	w.start("server", "1", "2")
	sick := func(id string) {
		x, rev := w.task("server", "1", id)
		w.do(func(tx *store.Tx) { SetHealth(tx, x, rev, true) })
	}
	sick("1")
	table := w.table()
	w.expect("one sick", shares(table, &table.Listeners[0].Rules[0]), map[string]int{"2": 1})
	sick("2")
	table = w.table()
	w.expect("all sick", shares(table, &table.Listeners[0].Rules[0]), map[string]int{"1": 1, "2": 1})
}

// While instances are called in different ways they are groups that help each other.
func TestJoint(t *testing.T) {
	w := newWorld(t)
	w.revise("orders", "1", orders())
	w.start("orders", "1", "1")
	if f := w.table().Listeners[0].Rules[0].Action.Forward; f.Joint || len(f.Groups) != 1 {
		t.Errorf("one revision: %+v", f)
	}
	w.revise("orders", "2", orders(func(e *state.ConnectEndpoint) { e.Protocol = route.ProtocolHTTP2 }))
	w.start("orders", "2", "2")
	if f := w.table().Listeners[0].Rules[0].Action.Forward; !f.Joint || len(f.Groups) != 2 {
		t.Errorf("two that are called in different ways: %+v", f)
	}
}
