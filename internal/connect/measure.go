package connect

import (
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// The metrics of Service Connect, in AWS/ECS. DiscoveryName, with ServiceName and
// ClusterName of the provider, has what arrives at an endpoint;
// TargetDiscoveryName, with those of the caller, what callers see of it. Both come
// from the callers' side, where every request passes.
const namespaceECS = "AWS/ECS"

// measured is what the metrics of an endpoint need to know.
type measured struct {
	scope                       arn.Scope
	discovery, service, cluster string
	grpc                        bool
	targets                     int
}

// meters is the part of a Mesh that counts; Mesh.mu guards it.
type meters struct {
	store  *metric.Store
	known  map[string]measured // by ARN of the Cloud Map service
	read   time.Time           // when known was read
	active map[string]*conns   // by listener
	served elb.Sums            // what tasks of services answered
	ledger *elb.Ledger         // by the second; nil = nobody asks
}

// conns are the connections of an endpoint, in all and by client.
type conns struct {
	all uint64
	by  map[string]uint64
}

func (c *conns) set(client string, n uint64) {
	c.all += n - c.by[client]
	c.by[client] = n
	if n == 0 {
		delete(c.by, client)
	}
}

// readEvery bounds how old known may be.
const readEvery = time.Second

// Measure sets where metrics go. Set it before anything runs.
func (m *Mesh) Measure(s *metric.Store) { m.meters.store = s }

// Keep sets who keeps what tasks answered by the second. Set it before anything runs.
func (m *Mesh) Keep(l *elb.Ledger) { m.meters.ledger = l }

// Served is what the tasks of each revision answered to callers since the server started.
func (m *Mesh) Served() *elb.Sums { return &m.meters.served }

// TakeTraffic takes what a proxy counted: see elb.Observer.
func (m *Mesh) TakeTraffic(t *route.Traffic, at time.Time) bool {
	if t.Endpoint == "" {
		return ours(t.Group)
	}
	if m.meters.store == nil {
		return true
	}
	if e, active, ok := m.measured(t, at); ok {
		e.count(m.meters.store, t, active, at)
		if _, revision, served := strings.Cut(t.Group, "/revision/"); served {
			s := elb.Served{Scope: e.scope, Cluster: e.cluster, Service: e.service, Revision: revision}
			s.Add(m.meters.store, t, at)
			m.meters.served.Add(s, t)
			m.meters.ledger.Add(s, t, at)
		}
	}
	return true
}

// measured finds the endpoint of a report, and how many connections it has of all
// its callers.
func (m *Mesh) measured(t *route.Traffic, at time.Time) (e measured, active uint64, ok bool) {
	home, _, called := strings.Cut(t.Endpoint, "/endpoint")
	if !called {
		return e, 0, false // the provider's side: counted by its callers
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	x := &m.meters
	if e, ok = x.known[home]; !ok || at.Sub(x.read) >= readEvery {
		x.read, x.known = at, m.readEndpoints()
		e, ok = x.known[home]
	}
	if x.active == nil {
		x.active = map[string]*conns{}
	}
	c := x.active[t.Endpoint]
	if c == nil {
		c = &conns{by: map[string]uint64{}}
		x.active[t.Endpoint] = c
	}
	if t.Group == "" || len(t.Flows) > 0 {
		n := t.ActiveConns
		for _, f := range t.Flows {
			n += f.Active
		}
		c.set(t.Client, n)
	}
	return e, c.all, ok
}

func (m *Mesh) readEndpoints() map[string]measured {
	out := map[string]measured{}
	m.store.View(func(tx *store.Tx) {
		p := part{tx: tx, revisions: map[string]*state.Revision{}}
		for key, e := range endpoints.All(tx) {
			x := measured{scope: e.Scope, discovery: e.Discovery, service: e.Service, cluster: e.Cluster}
			if s, ok := p.settings(e); ok {
				x.grpc = s.Protocol == route.ProtocolGRPC
			}
			for _, i := range instances.Prefix(tx, key+"/") {
				if !i.Draining {
					x.targets++
				}
			}
			out[e.CloudMap] = x
		}
	})
	return out
}

// count adds one report to the metrics.
func (e *measured) count(s *metric.Store, t *route.Traffic, active uint64, at time.Time) {
	arrive := []string{"DiscoveryName", e.discovery}
	provider := []string{"ClusterName", e.cluster, "DiscoveryName", e.discovery, "ServiceName", e.service}
	see := []string{"TargetDiscoveryName", e.discovery}
	caller := see
	if parts := strings.Split(t.Client, "/"); len(parts) == 4 { // key of an ECS service
		caller = []string{"ClusterName", parts[2], "ServiceName", parts[3], "TargetDiscoveryName", e.discovery}
	}
	add := func(name, unit string, sample metric.Sample, sets ...[]string) {
		for i, dims := range sets {
			if sample.Count > 0 && (i == 0 || len(dims) > 2) {
				s.AddSample(metric.Metric{Scope: e.scope, Namespace: namespaceECS, Name: name, Unit: unit, Dimensions: metric.Dims(dims...)}, sample, at)
			}
		}
	}
	number := func(n uint64) metric.Sample { return metric.Of(1, float64(n)) }
	conns, bytes := t.NewConns, t.Bytes
	for _, f := range t.Flows {
		conns, bytes = conns+f.New, bytes+f.Bytes
	}
	add("NewConnectionCount", "Count", number(conns), arrive, provider)
	add("ClientTLSNegotiationErrorCount", "Count", number(t.TLSErrors), arrive, provider)
	if t.Group == "" || len(t.Flows) > 0 {
		add("ActiveConnectionCount", "Count", metric.Of(float64(active), 1), arrive, provider)
	}
	if bytes > 0 {
		add("ProcessedBytes", "Bytes", metric.Of(float64(bytes), 1), arrive, provider)
		add("TargetProcessedBytes", "Bytes", metric.Of(float64(bytes), 1), see, caller)
	}
	add("RequestCount", "Count", number(t.Requests), arrive, provider)
	if e.grpc {
		add("GrpcRequestCount", "Count", number(t.Requests), arrive, provider)
	}
	add("HTTPCode_Target_2XX_Count", "Count", number(t.Target2xx), see, caller)
	add("HTTPCode_Target_3XX_Count", "Count", number(t.Target3xx), see, caller)
	add("HTTPCode_Target_4XX_Count", "Count", number(t.Target4xx), see, caller)
	add("HTTPCode_Target_5XX_Count", "Count", number(t.Target5xx), see, caller)
	add("TargetResponseTime", "Seconds", elb.Latency(t), see, caller)
	if t.Requests > 0 {
		add("RequestCountPerTarget", "Count", metric.Of(float64(t.Requests)/float64(max(e.targets, 1)), 1), see, caller)
	}
}
