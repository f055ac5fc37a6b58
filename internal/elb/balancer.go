package elb

import (
	"context"
	"log/slog"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// Plane is the data plane: the proxy at the other end of a link.Client.
type Plane interface {
	Publish(*route.Table)
	WaitAck(ctx context.Context, version uint64) error
	OnHealth(func([]route.Health))
	OnTraffic(func([]route.Traffic))
	OnBindFailures(func([]link.BindFailure))
}

// Addresses gives each load balancer an address of its own. Both functions may
// be repeated: an id that has an address gets the same one.
type Addresses interface {
	AllocLB(id string) (netip.Addr, error)
	FreeLB(id string) error
}

// Options of a Balancer. Store and Plane are required.
type Options struct {
	Store     *store.Store
	Plane     Plane
	Addresses Addresses     // nil = the store's addresses stay as they are
	Metrics   *metric.Store // nil = counted in Totals only
	Epoch     uint64        // of the tables; 0 = the store's
	Log       *slog.Logger
	Now       func() time.Time // nil = time.Now
	// Parts add what is not a load balancer's to every table: Service Connect. They
	// are called with the records that the table is made of, must be quick, and are
	// called again after Touch and after any change of Cloud Map's records.
	Parts []func(tx *store.Tx, t *route.Table)
	// Others takes what proxies report of groups that Parts added; nil = nobody does.
	Others Observer
	// Ledger keeps what the tasks of services answered, by the second; nil = nobody does.
	Ledger *Ledger
}

// Observer takes reports about groups that are not target groups. It answers
// false for those that are none of its own. It must be quick.
type Observer interface {
	TakeHealth(h *route.Health) bool
	TakeTraffic(t *route.Traffic, at time.Time) bool
}

// Balancer turns records into tables and reports into states. All methods are
// safe for concurrent use.
type Balancer struct {
	opts Options

	// publishing guards the making of tables; it is held while one is built.
	publishing sync.Mutex
	version    uint64 // of the table published last; 0 = none yet
	revision   uint64 // of the records in it

	mu       sync.Mutex // guards all below
	ports    []route.HostPort
	names    map[string][]string
	dns      []string
	settings bool // ports, names or dns changed since the last table
	health   map[string]verdict
	unkept   map[string]bool // verdicts that changed since they were written
	news     []subject       // of which watchers were not told yet
	drains   drains
	failures []link.BindFailure
	watchers []func(group, id string, port int)
	totals   map[totalKey]*route.Traffic
	known    map[string]*balancing // load balancers, by "app/name/id"
	counted  map[string]hosts      // by group; see countHosts
	owners   ownership
	served   Sums // what tasks of services answered

	wake chan struct{} // for Run: a commit, a setting, a report
	keep chan struct{} // verdicts to write
	sent chan struct{} // a table was published
}

// New returns a Balancer that knows what the store knows. Call the Set functions
// with what is known at the start before Run, so that the first table is whole.
func New(opts Options) *Balancer {
	if opts.Epoch == 0 {
		opts.Epoch = opts.Store.Epoch()
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	b := &Balancer{
		opts: opts, health: map[string]verdict{}, unkept: map[string]bool{}, totals: map[totalKey]*route.Traffic{}, known: map[string]*balancing{},
		wake: make(chan struct{}, 1), keep: make(chan struct{}, 1), sent: make(chan struct{}, 1),
	}
	opts.Store.View(func(tx *store.Tx) {
		for key, v := range verdicts.All(tx) {
			b.health[key] = *v
		}
		for key, r := range registrations.All(tx) {
			if r.Draining {
				b.drains.add(key, r.DrainUntil)
			}
		}
	})
	opts.Plane.OnHealth(b.takeHealth)
	opts.Plane.OnTraffic(b.takeTraffic)
	opts.Plane.OnBindFailures(b.takeFailures)
	return b
}

// SetPorts says which ports of tasks are published on the machine.
func (b *Balancer) SetPorts(ports []route.HostPort) {
	b.set(func() bool {
		same := slices.Equal(b.ports, ports)
		b.ports = slices.Clone(ports)
		return same
	})
}

// SetNames says which DNS names tasks can resolve, besides load balancers'.
func (b *Balancer) SetNames(names map[string][]string) {
	b.set(func() bool {
		same := reflect.DeepEqual(b.names, names)
		b.names = maps.Clone(names)
		return same
	})
}

// SetDNS says on which addresses (host:port) the tasks' resolver listens.
func (b *Balancer) SetDNS(addresses []string) {
	b.set(func() bool {
		same := slices.Equal(b.dns, addresses)
		b.dns = slices.Clone(addresses)
		return same
	})
}

func (b *Balancer) set(f func() (same bool)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !f() {
		b.settings = true
		poke(b.wake)
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
