package connect

import (
	"net"
	"regexp"
	"strconv"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Part adds the endpoints of Service Connect to a routing table: see
// elb.Options.Parts.
func (m *Mesh) Part(tx *store.Tx, t *route.Table) {
	p := part{mesh: m, tx: tx, table: t, revisions: map[string]*state.Revision{}}
	binds := p.binds()
	for key, e := range endpoints.All(tx) {
		p.endpoint(key, e, binds[key])
	}
}

// part is the making of one table.
type part struct {
	mesh      *Mesh
	tx        *store.Tx
	table     *route.Table
	revisions map[string]*state.Revision // read so far, by key
	ports     map[*state.Revision][]ports
}

// logKind is how clients log: what a listener has is the same for all its binds.
type logKind struct {
	format string
	query  bool
}

// suffix of the listener's name.
func (k logKind) suffix() string {
	switch {
	case k.format == "":
		return ""
	case k.query:
		return "/" + k.format + "/query"
	}
	return "/" + k.format
}

// binds lists where the proxy listens for what clients send, by endpoint and by
// how it logs.
func (p *part) binds() map[string]map[logKind][]route.Bind {
	out := map[string]map[logKind][]route.Bind{}
	for _, c := range clients.All(p.tx) {
		rev := p.revision(c.Service, c.Revision)
		if c.NetNS == "" || rev == nil || rev.Connect == nil {
			continue
		}
		log, kind := logFile(rev.Connect, c.Task), logKind{}
		if log != "" {
			kind = logKind{rev.Connect.Log.Format, rev.Connect.Log.Query}
		}
		for _, k := range rev.Connect.Known {
			if out[k.Endpoint] == nil {
				out[k.Endpoint] = map[logKind][]route.Bind{}
			}
			out[k.Endpoint][kind] = append(out[k.Endpoint][kind], route.Bind{
				NetNS: c.NetNS, Task: c.Task, Client: c.Service, Address: net.JoinHostPort(k.VIP, strconv.Itoa(k.Port)), Log: log,
				Aside: p.wants(rev, k.Port),
			})
		}
	}
	return out
}

func (p *part) revision(service, n string) *state.Revision {
	key := service + "/" + n
	rev, ok := p.revisions[key]
	if !ok {
		rev, _ = state.Revisions.Get(p.tx, key)
		p.revisions[key] = rev
	}
	return rev
}

// settings are those of the service's primary revision, or, where that one does
// not have the endpoint any more, of another one that still has tasks.
func (p *part) settings(e *Endpoint) (s state.ConnectEndpoint, ok bool) {
	svc, ok := state.Services.Get(p.tx, e.ServiceKey())
	if !ok {
		return s, false
	}
	for _, n := range append([]string{svc.Primary}, svc.Listed...) {
		if x := p.provides(e, n); x != nil {
			return *x, true
		}
	}
	return s, false
}

// provides is the endpoint as a revision has it; nil = it has not.
func (p *part) provides(e *Endpoint, n string) *state.ConnectEndpoint {
	rev := p.revision(e.ServiceKey(), n)
	if rev == nil || rev.Connect == nil || rev.Connect.Namespace != e.Namespace {
		return nil
	}
	for i := range rev.Connect.Endpoints {
		if rev.Connect.Endpoints[i].Discovery == e.Discovery {
			return &rev.Connect.Endpoints[i]
		}
	}
	return nil
}

// endpoint adds the listeners of an endpoint with its rules and groups.
func (p *part) endpoint(key string, e *Endpoint, binds map[logKind][]route.Bind) {
	s, ok := p.settings(e)
	if !ok {
		return
	}
	list := p.members(key)
	rules := p.rules(e, &s, list)
	p.ingress(e, list)
	for kind, at := range binds {
		p.table.Listeners = append(p.table.Listeners, route.Listener{
			ARN: e.CloudMap + "/endpoint" + kind.suffix(), Binds: at, Protocol: s.Protocol, Rules: rules,
			Attributes: route.LBAttributes{
				IdleTimeout: idle(s.Idle), ClientKeepAlive: keepAlive, XFFMode: "append", HTTP2: true, DesyncMode: "defensive", PreserveHost: true,
			},
			Connect: &route.Connect{LogFormat: kind.format, LogQuery: kind.query, RequestTimeout: s.Request},
		})
	}
}

// rules divide the requests of an endpoint as the service's deployments say.
func (p *part) rules(e *Endpoint, s *state.ConnectEndpoint, list members) []route.Rule {
	x, divided := splits.Get(p.tx, e.ServiceKey())
	if !divided {
		x = &split{}
	}
	name := e.CloudMap + "/endpoint"
	if len(x.Production) == 0 {
		rule := forward(name+"/default", p.turns(e, s, list.without(x.Without)))
		rule.Action.Forward.Joint = len(rule.Action.Forward.Groups) > 1
		return []route.Rule{rule}
	}
	var out []route.Rule
	if s.TestHeader != "" && len(x.Test) > 0 {
		rule := forward(name+"/test", p.weighted(e, s, list, x.Test))
		rule.Priority = 1
		rule.Conditions = []route.Condition{header(s.TestHeader, s.TestValue)}
		out = append(out, rule)
	}
	return append(out, forward(name+"/default", p.weighted(e, s, list, x.Production)))
}

// keepAlive of clients' connections: Service Connect sets no bound.
const keepAlive = 24 * time.Hour

// idle of 0 means never; a table cannot say so, but a year does.
func idle(d time.Duration) time.Duration {
	if d == 0 {
		return 365 * 24 * time.Hour
	}
	return d
}

// header is met by requests for the revision under test. A value must match
// exactly, unlike in rules of load balancers.
func header(name, exact string) route.Condition {
	c := route.Condition{Field: "http-header", Header: name}
	if exact == "" {
		c.Values = []string{"*"}
	} else {
		c.Regex = []string{"(?-i)^" + regexp.QuoteMeta(exact) + "$"}
	}
	return c
}

func forward(arn string, groups []route.Weighted) route.Rule {
	return route.Rule{ARN: arn, Action: route.Action{Forward: &route.Forward{Groups: groups}}}
}

// weighted turns shares of revisions into groups with weights. Revisions that do
// not have the endpoint get nothing. Where that leaves nobody although somebody
// gets requests (the endpoint leaves with the old revision, or comes with the
// new one) those that have it share them.
func (p *part) weighted(e *Endpoint, s *state.ConnectEndpoint, all members, shares []deploy.Share) []route.Weighted {
	var out []route.Weighted
	sum, dropped := 0, false
	for _, x := range shares {
		n := string(x.Rev)
		if p.provides(e, n) == nil {
			dropped = dropped || x.Tenths > 0
			continue
		}
		sum += x.Tenths
		out = append(out, route.Weighted{Group: p.group(e, p.spoken(e, s, n), n, all.of(n)), Weight: x.Tenths})
	}
	if sum == 0 && dropped {
		for i := range out {
			out[i].Weight = 1
		}
	}
	return out
}
