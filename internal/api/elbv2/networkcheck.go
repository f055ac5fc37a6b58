package elbv2

import (
	"cmp"
	"slices"

	"github.com/grue-ecs/grue/internal/elb"
)

// networkCheck is the health check of a new target group of a network load balancer:
// a connection every 30 s, or a request. A time-out that is not given never exceeds
// the interval.
func networkCheck(g *elb.TargetGroup, protocol string, interval int32) elb.Check {
	c := elb.Check{Enabled: true, Protocol: cmp.Or(protocol, "TCP"), Port: elb.TrafficPort, Interval: 30, Timeout: 10, Healthy: 5, Unhealthy: 2}
	if protocol == "" && g.TargetType == "alb" {
		c.Protocol = "HTTP"
	}
	if c.Protocol == "HTTP" {
		c.Timeout = 6
	}
	if interval >= 5 {
		c.Timeout = min(c.Timeout, int(interval))
	}
	return c
}

// fitProtocol checks the protocol of such a health check, and gives it a path and a
// matcher, or takes them, as it speaks HTTP or does not.
func fitProtocol(g *elb.TargetGroup, in checkChange) error {
	c := &g.Check
	protocols := []string{"TCP", "HTTP", "HTTPS"}
	if g.TargetType == "alb" {
		protocols = protocols[1:]
	}
	given := in.matcher != nil && (get(in.matcher.HttpCode) != "" || get(in.matcher.GrpcCode) != "")
	switch {
	case !slices.Contains(protocols, c.Protocol):
		return invalid("Health check protocol '%s' is not supported for target groups with protocol '%s' and target type '%s'", c.Protocol, g.Protocol, g.TargetType)
	case g.HTTPChecks():
		c.Path, c.HTTPCode = cmp.Or(c.Path, "/"), cmp.Or(c.HTTPCode, "200-399")
		return nil
	case get(in.path) != "":
		return badConfiguration("A health check path is not supported for health checks with protocol '%s'", c.Protocol)
	case given:
		return badConfiguration("A health check matcher is not supported for health checks with protocol '%s'", c.Protocol)
	}
	c.Path, c.HTTPCode = "", ""
	return nil
}
