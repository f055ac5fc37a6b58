package connect

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
)

// resilience is what ECS's proxy does, and does not let anybody change.
var resilience = route.Resilience{
	Retries: 2, Failures: 5, Interval: 30 * time.Second, Eject: 30 * time.Second, MaxEject: 300 * time.Second,
}

// groupARN names the group of a revision's instances.
func groupARN(cloudMap, revision string) string { return cloudMap + "/revision/" + revision }

// ours tells whether a group is of Service Connect.
func ours(group string) bool { return strings.Contains(group, ":servicediscovery:") }

// group adds the group of a revision's instances and names it. Revision "" stands
// for all.
func (p *part) group(e *Endpoint, s *state.ConnectEndpoint, revision string, list members) string {
	arn := groupARN(e.CloudMap, revision)
	if p.table.Groups[arn] != nil {
		return arn
	}
	g := &route.Group{
		ARN: arn, Protocol: "HTTP", Version: "HTTP1", InUse: true, Algorithm: "round_robin", MinHealthyCount: 1,
		DrainTimeout: drainLimit(s), Resilience: &resilience,
	}
	switch s.Protocol {
	case route.ProtocolHTTP2:
		g.Version = "HTTP2"
	case route.ProtocolGRPC:
		g.Version = "GRPC"
	case route.ProtocolTCP:
		g.Protocol, g.Version = "TCP", ""
		g.Flows = &route.Flows{Idle: idle(s.Idle), CutDrained: true}
	}
	if s.TLS {
		g.Protocol = map[string]string{"HTTP": route.ProtocolHTTPS, "TCP": route.ProtocolTLS}[g.Protocol]
		g.Verify = p.verify(e)
	}
	for _, i := range list.well() {
		port := p.called(e, i)
		g.Targets = append(g.Targets, route.Target{
			ID: i.Task, Port: port, Address: net.JoinHostPort(i.IP, strconv.Itoa(port)), Draining: i.Draining, DrainUntil: i.Until, Registered: i.Registered,
		})
	}
	p.table.Groups[arn] = g
	return arn
}

// called is the port at which clients' proxies call an instance: with TLS the
// ingress, or else the container itself. A container that does not listen yet is
// then seen to refuse, so that the request goes to another instance.
func (p *part) called(e *Endpoint, i *Instance) int {
	if x := p.provides(e, i.Revision); x != nil && !x.TLS {
		return x.ContainerPort
	}
	return i.Port
}

// maxDrain bounds how long requests in flight may take to end.
const maxDrain = 30 * time.Second

// drainLimit is how long requests in flight at a task that leaves may take:
// as long as any request may take at all.
func drainLimit(s *state.ConnectEndpoint) time.Duration {
	if s.Request > 0 && s.Request < maxDrain {
		return s.Request
	}
	return maxDrain
}

// DrainLimit is the longest drain of a revision's endpoints.
func DrainLimit(rev *state.Revision) (longest time.Duration) {
	for i := range rev.Connect.Endpoints {
		longest = max(longest, drainLimit(&rev.Connect.Endpoints[i]))
	}
	return longest
}
