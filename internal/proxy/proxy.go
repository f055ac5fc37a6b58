package proxy

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/listening"
	"github.com/grue-ecs/grue/internal/route"
)

// Files in the proxy's directory.
const (
	socketFile = "proxy.sock"
	tableFile  = "table.json"
	healthFile = "health.json"
)

// Proxy is the data plane of one grue: every listener, connection and probe.
type Proxy struct {
	dir     string
	log     *slog.Logger
	started time.Time
	options Options

	ctx     context.Context // ends with the process's work
	cancel  context.CancelFunc
	running sync.WaitGroup // every goroutine but those of connections
	serving sync.WaitGroup // connections
	closing atomic.Bool    // no new connections; answers say Connection: close
	ended   chan struct{}  // asked to end by the server
	endOnce sync.Once

	view     atomic.Pointer[view]
	watch    watch
	meters   meters
	sealer   *sealer
	logs     *logWriter
	meshLogs *meshLogs
	leaving  leaving
	loops    loops   // TCP and UDP flows
	relays   relays  // flows with TLS
	sources  sources // of connections with the client's address
	connID   atomic.Uint32

	applyMu   sync.Mutex // one table at a time
	sockets   map[socketKey]*socket
	packets   map[string]*packetSocket // UDP listeners by address
	groups    map[string]*group
	tlsCache  tlsCache
	failures  []link.BindFailure
	forwards  forwards
	resolver  *resolver
	adopted   adopted                               // sockets taken over from the process before
	inherited map[string]map[netip.AddrPort]udpMemo // UDP flows of the process before
	handover  handover

	endpoint   atomic.Pointer[link.Endpoint]
	persist    persister
	healthMu   sync.Mutex // one report at a time
	health     healthBook
	h2conns    connSet
	selfSigned sync.Once
	ownCert    *tls.Certificate
	ownCertErr error
}

// newProxy prepares a proxy that serves nothing yet.
func newProxy(o Options) (*Proxy, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	sealer, err := openSealer(o.Dir)
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		dir: o.Dir, log: o.Log, started: time.Now(), options: o, sealer: sealer,
		sockets: make(map[socketKey]*socket), packets: make(map[string]*packetSocket), groups: make(map[string]*group),
		ended: make(chan struct{}),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.handover.taken = make(chan struct{})
	p.adopted.keeper = listening.NewClient(filepath.Join(o.Dir, listening.File))
	p.watch.now.Store(time.Now().UnixNano())
	p.view.Store(&view{fronts: map[*socket]*front{}, groups: map[string]*group{}, sealer: sealer})
	p.persist.init(filepath.Join(o.Dir, tableFile))
	p.health.init(filepath.Join(o.Dir, healthFile))
	p.logs = newLogWriter(filepath.Join(filepath.Dir(filepath.Clean(o.Dir)), accessLogDir), o.Log)
	p.meshLogs = newMeshLogs(filepath.Join(o.Dir, meshLogDir), o.Log)
	p.resolver = newResolver(p, o.UpstreamDNS)
	p.running.Go(func() { p.watch.run(p.ctx) })
	p.running.Go(func() { p.keepHouse(p.ctx) })
	p.running.Go(func() { p.health.run(p.ctx, p.log) })
	p.running.Go(func() { p.persist.run(p.ctx, p.persisted) })
	return p, nil
}

// keepHouse closes idle connections to targets that grew old, tries addresses
// again that could not be bound, and ends access log files that are due.
func (p *Proxy) keepHouse(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			p.pruneIdle(now)
			p.retryBinds()
			p.checkKeeper()
			p.relays.expire(now)
			p.logs.rotate(now)
			p.meshLogs.flush()
		}
	}
}

func (p *Proxy) pruneIdle(now time.Time) {
	before := now.Add(-defaultIdle).UnixNano()
	for _, g := range p.view.Load().groups {
		for _, t := range g.members() {
			t.prune(before)
		}
	}
}

// Identity implements link.Proxy.
func (p *Proxy) Identity() link.Identity {
	id := link.Identity{PID: os.Getpid(), Started: p.started, Build: buildID()}
	if t := p.table(); t != nil {
		id.Epoch, id.Version = t.Epoch, t.Version
	}
	return id
}

// table is the table in force, nil before the first.
func (p *Proxy) table() *route.Table {
	if r := p.view.Load().router; r != nil {
		return r.Table()
	}
	return nil
}

// Traffic implements link.Proxy.
func (p *Proxy) Traffic() []route.Traffic { return p.meters.take() }

// Shutdown implements link.Proxy.
func (p *Proxy) Shutdown() { p.endOnce.Do(func() { close(p.ended) }) }

// Explain answers which rule of a listener a request would match under the
// table in force.
func (p *Proxy) Explain(listener string, req *route.Request) (route.Explanation, bool) {
	r := p.view.Load().router
	if r == nil {
		return route.Explanation{}, false
	}
	return r.Explain(listener, req)
}

func buildID() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}
