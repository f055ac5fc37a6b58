package elb

import (
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// Kinds of load balancers, as in their ARNs: "loadbalancer/net/name/id".
const (
	Application = "app"
	Network     = "net"
)

// Kind is the kind of a load balancer, and of what belongs to it, by the ARN of a
// load balancer, a listener or a rule.
func Kind(someARN string) string {
	for _, resource := range []string{":loadbalancer/", ":listener/", ":listener-rule/"} {
		if strings.Contains(someARN, resource+Network+"/") {
			return Network
		}
	}
	return Application
}

// IsNetwork tells whether the load balancer is a network load balancer.
func (lb *LoadBalancer) IsNetwork() bool { return Kind(lb.ARN) == Network }

// Protocols with TLS between client and load balancer, as in Listener.Protocol.
func secure(protocol string) bool {
	return protocol == route.ProtocolHTTPS || protocol == route.ProtocolTLS
}

// Secure tells whether clients speak TLS with the listener: it has certificates
// and a security policy.
func (l *Listener) Secure() bool { return secure(l.Protocol) }

// Layer4 tells whether the group belongs behind a network load balancer.
func (g *TargetGroup) Layer4() bool { return route.Layer4(g.Protocol) }

// Datagrams tells whether the group takes UDP.
func (g *TargetGroup) Datagrams() bool {
	return g.Protocol == route.ProtocolUDP || g.Protocol == route.ProtocolTCPUDP
}

// HTTPChecks tells whether the group is probed by HTTP requests, so that its
// health check has a path and a matcher.
func (g *TargetGroup) HTTPChecks() bool {
	return g.Check.Protocol == route.ProtocolHTTP || g.Check.Protocol == route.ProtocolHTTPS
}

// Compatible lists the protocols of target groups to which a listener protocol
// can forward; anything else is IncompatibleProtocols.
func Compatible(listener string) []string {
	switch listener {
	case route.ProtocolTCP:
		return []string{route.ProtocolTCP, route.ProtocolTCPUDP}
	case route.ProtocolTLS:
		return []string{route.ProtocolTCP, route.ProtocolTLS}
	case route.ProtocolUDP:
		return []string{route.ProtocolUDP, route.ProtocolTCPUDP}
	case route.ProtocolTCPUDP:
		return []string{route.ProtocolTCPUDP}
	}
	return []string{route.ProtocolHTTP, route.ProtocolHTTPS}
}

// idleTimeout is the listener attribute of TCP and TCP_UDP listeners; those with TLS have
// the default of 350 s, which cannot be changed.
const idleTimeout = "tcp.idle_timeout.seconds"

func (l *Listener) idle() time.Duration { return seconds(l.AllAttributes()[idleTimeout]) }

// buildFlows translates the attributes of a group of a network load balancer. How long
// a connection may be idle, its listener says.
func buildFlows(g *TargetGroup) *route.Flows {
	if !g.Layer4() {
		return nil
	}
	is := func(key string) bool { return g.Attribute(key) == "true" }
	f := &route.Flows{
		ProxyProtocol:    is("proxy_protocol_v2.enabled"),
		PreserveClientIP: is(preserveClientIP),
		CutDrained:       is(cutDrained),
	}
	if _, has := g.AllAttributes()[cutUnhealthy]; has && !is(cutUnhealthy) {
		f.KeepUnhealthy, f.UnhealthyDrain = true, seconds(g.Attribute(unhealthyDrain))
	}
	return f
}

// addressOf is where a target is reached. An application load balancer that is a
// target may have moved since.
func addressOf(tx *store.Tx, g *TargetGroup, r *Registration) string {
	if g.TargetType == "alb" {
		if lb, ok := loadBalancers.Get(tx, r.ID); ok {
			return hostPort(lb.Address, r.Port)
		}
	}
	return r.Address
}

// TargetOf lists the target groups in which a load balancer is registered as a target.
func TargetOf(tx *store.Tx, lbARN string) (out []string) {
	for g := range Groups(tx, scopeOf(lbARN)) {
		if g.TargetType != "alb" {
			continue
		}
		for r := range Registered(tx, g.ARN) {
			if r.ID == lbARN && !slices.Contains(out, g.ARN) {
				out = append(out, g.ARN)
			}
		}
	}
	return out
}

// RuleAt finds a rule, or the default rule of a listener, by ARN. The error wraps
// ErrNoRule.
func RuleAt(tx *store.Tx, ruleOrListenerARN string) (*Rule, error) {
	return ruleOf(tx, ruleOrListenerARN)
}
