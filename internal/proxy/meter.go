package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// meterShards is the number of copies of each counter. A connection uses always
// the same one, so that cores seldom write to the same cache line.
const meterShards = 8

// meterKey says what a meter counts for: a load balancer, or an endpoint of
// Service Connect and those of its clients that are counted together; and a
// target group, empty for what no group answered.
type meterKey struct{ lb, group, endpoint, client string }

// meter counts for one key.
type meter struct {
	meterKey
	quiet  time.Time // since when it is outside of the table without a count; zero = it is not
	active atomic.Int64
	told   uint64 // active, as reported last, or untold
	shards [meterShards]counters
	flows  [flowKinds]atomic.Pointer[flowMeter] // of network load balancers
}

// counters has the same fields as route.Traffic.
type counters struct {
	requests               atomic.Uint64
	target                 [6]atomic.Uint64 // by status class
	elb                    [6]atomic.Uint64
	elb500, elb502, elb503 atomic.Uint64
	elb504, connectErrors  atomic.Uint64
	bytes, newConns        atomic.Uint64
	rules, fixed           atomic.Uint64
	redirects, tlsErrors   atomic.Uint64
	retries                atomic.Uint64
	latencySum             atomic.Int64
	latency                [route.LatencyBuckets]atomic.Uint32
	_                      [64]byte // no false sharing with the next shard
}

// untold makes a load balancer's first report tell the number of its connections,
// even of none: an earlier process may have told another one.
const untold = ^uint64(0)

func (m *meter) shard(n uint32) *counters { return &m.shards[n%meterShards] }

// answered counts a target's response.
func (c *counters) answered(status int, latency time.Duration) {
	if class := status / 100; class < len(c.target) {
		c.target[class].Add(1)
	}
	c.latency[route.LatencyBucket(latency)].Add(1)
	c.latencySum.Add(int64(latency))
}

// decided counts what the rules did with a request.
func (c *counters) decided(x *exchange) {
	if x.rule == nil {
		return
	}
	if x.rule.Evaluated > 0 {
		c.rules.Add(uint64(x.rule.Evaluated))
	}
	switch x.action {
	case "redirect":
		c.redirects.Add(1)
	case "fixed-response":
		c.fixed.Add(1)
	}
}

// made counts an answer of the load balancer itself.
func (c *counters) made(status int) {
	if class := status / 100; class < len(c.elb) {
		c.elb[class].Add(1)
	}
	switch status {
	case 500:
		c.elb500.Add(1)
	case 502:
		c.elb502.Add(1)
	case 503:
		c.elb503.Add(1)
	case 504:
		c.elb504.Add(1)
	}
}

// take moves the counts of all shards into t and reports whether there were any,
// or another number of connections.
func (m *meter) take(t *route.Traffic) bool {
	for i := range m.shards {
		m.shards[i].take(t)
	}
	t.LB, t.Group, t.Endpoint, t.Client = m.lb, m.group, m.endpoint, m.client
	t.ActiveConns = uint64(max(m.active.Load(), 0))
	moved := t.ActiveConns != m.told
	m.told = t.ActiveConns
	moved = m.takeFlows(t) || moved
	return moved || t.TLSErrors|t.Requests|t.Bytes|t.NewConns|t.ConnectErrors|t.ELB3xx|t.ELB4xx|t.ELB5xx|
		t.Target2xx|t.Target3xx|t.Target4xx|t.Target5xx != 0
}

func (c *counters) take(t *route.Traffic) {
	t.Requests += c.requests.Swap(0)
	t.Target2xx += c.target[2].Swap(0)
	t.Target3xx += c.target[3].Swap(0)
	t.Target4xx += c.target[4].Swap(0)
	t.Target5xx += c.target[5].Swap(0)
	t.ELB3xx += c.elb[3].Swap(0)
	t.ELB4xx += c.elb[4].Swap(0)
	t.ELB5xx += c.elb[5].Swap(0)
	t.ELB500 += c.elb500.Swap(0)
	t.ELB502 += c.elb502.Swap(0)
	t.ELB503 += c.elb503.Swap(0)
	t.ELB504 += c.elb504.Swap(0)
	t.ConnectErrors += c.connectErrors.Swap(0)
	t.Retries += c.retries.Swap(0)
	t.Bytes += c.bytes.Swap(0)
	t.NewConns += c.newConns.Swap(0)
	t.Rules += c.rules.Swap(0)
	t.Fixed += c.fixed.Swap(0)
	t.Redirects += c.redirects.Swap(0)
	t.TLSErrors += c.tlsErrors.Swap(0)
	t.LatencySum += time.Duration(c.latencySum.Swap(0))
	for i := range c.latency {
		if c.latency[i].Load() != 0 {
			t.Latency[i] += c.latency[i].Swap(0)
		}
	}
}

// meters holds every meter by load balancer and group.
type meters struct {
	mu      sync.Mutex
	by      map[meterKey]*meter
	used    map[meterKey]bool // in the table in force
	foreign []route.Traffic   // counted by the process before
}

// quietTime is how long a meter outlives its group: requests that end late still
// count.
const quietTime = 10 * time.Minute

// tidy forgets a meter that has left the table long ago. The caller holds the lock.
func (m *meters) tidy(key meterKey, each *meter, counted bool, now time.Time) {
	switch {
	case counted || m.used[key]:
		each.quiet = time.Time{}
	case each.quiet.IsZero():
		each.quiet = now
	case now.Sub(each.quiet) > quietTime:
		delete(m.by, key)
	}
}

// use tells which meters the view counts with.
func (m *meters) use(v *view) {
	used := make(map[meterKey]bool)
	for _, f := range v.all {
		used[f.meter.meterKey] = true
		for _, g := range f.groups {
			used[g.meter.meterKey] = true
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used = used
}

func (m *meters) get(key meterKey) *meter {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.by[key] == nil {
		if m.by == nil {
			m.by = make(map[meterKey]*meter)
		}
		m.by[key] = &meter{meterKey: key}
		if key.group == "" {
			m.by[key].told = untold
		}
	}
	return m.by[key]
}

// take returns what was counted since the last call.
func (m *meters) take() []route.Traffic {
	m.mu.Lock()
	defer m.mu.Unlock()
	out, now := m.foreign, time.Now()
	m.foreign = nil
	for key, each := range m.by {
		var t route.Traffic
		if each.take(&t) {
			out = append(out, t)
		}
		m.tidy(key, each, t.Requests|t.Bytes|t.NewConns|t.ActiveConns != 0 || t.Flows != nil || each.flowing(), now)
	}
	return route.AddTraffic(nil, out)
}

// add counts what another process counted.
func (m *meters) add(counted []route.Traffic) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.foreign = route.AddTraffic(m.foreign, counted)
}
