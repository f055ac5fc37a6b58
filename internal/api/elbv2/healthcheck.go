package elbv2

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/elb"
)

// checkChange are the health check settings of a request; nil = as it is.
type checkChange struct {
	enabled                               *bool
	protocol                              types.ProtocolEnum
	port, path                            *string
	interval, timeout, healthy, unhealthy *int32
	matcher                               *types.Matcher
}

// defaultCheck is the health check of a new target group, whose protocol and interval
// may be given. Behind a network load balancer it is a connection, unless the target
// is a load balancer itself.
func defaultCheck(g *elb.TargetGroup, protocol string, interval int32) elb.Check {
	if g.Layer4() {
		return networkCheck(g, protocol, interval)
	}
	c := elb.Check{
		Enabled: true, Protocol: "HTTP", Port: elb.TrafficPort, Path: "/",
		Interval: 30, Timeout: 5, Healthy: 5, Unhealthy: 2, HTTPCode: "200",
	}
	if g.ProtocolVersion == "GRPC" {
		c.Path, c.HTTPCode, c.GRPCCode = "/AWS.ALB/healthcheck", "", "12"
	}
	return c
}

// changeCheck changes the health check of a target group and validates the
// result.
func changeCheck(g *elb.TargetGroup, in checkChange) error {
	c := &g.Check
	if in.enabled != nil && !*in.enabled {
		return invalid("Health checks cannot be disabled for target groups with target type '%s'", g.TargetType)
	}
	if in.protocol != "" {
		c.Protocol = string(in.protocol)
	}
	if get(in.port) != "" {
		c.Port = *in.port
	}
	if g.Layer4() {
		if err := fitProtocol(g, in); err != nil {
			return err
		}
	}
	if get(in.path) != "" {
		c.Path = *in.path
	}
	for _, n := range []struct {
		given *int32
		to    *int
	}{{in.interval, &c.Interval}, {in.timeout, &c.Timeout}, {in.healthy, &c.Healthy}, {in.unhealthy, &c.Unhealthy}} {
		if n.given != nil {
			*n.to = int(*n.given)
		}
	}
	if err := changeMatcher(g, in.matcher); err != nil {
		return err
	}
	return validCheck(g)
}

func validCheck(g *elb.TargetGroup) error {
	c := &g.Check
	if !g.Layer4() && !g.HTTPChecks() {
		return invalid("Health check protocol '%s' is not supported for target groups with the HTTP or HTTPS protocol", c.Protocol)
	}
	if c.Port != elb.TrafficPort {
		if n, err := strconv.Atoi(c.Port); err != nil || n < 1 || n > 65535 {
			return invalid("Health check port '%s' must be '%s' or between '1' and '65535'", c.Port, elb.TrafficPort)
		}
	}
	if g.HTTPChecks() && !strings.HasPrefix(c.Path, "/") || len(c.Path) > 1024 || !printable(c.Path) {
		return invalid("Health check path '%s' must begin with a '/' character and have at most 1024 visible characters", c.Path)
	}
	for _, n := range []struct {
		name           string
		value, low, hi int
	}{
		{"interval", c.Interval, 5, 300},
		{"timeout", c.Timeout, 2, 120},
		{"healthy threshold count", c.Healthy, 2, 10},
		{"unhealthy threshold count", c.Unhealthy, 2, 10},
	} {
		if n.value < n.low || n.value > n.hi {
			return invalid("Health check %s '%d' must be between '%d' and '%d' inclusive", n.name, n.value, n.low, n.hi)
		}
	}
	if c.Timeout > c.Interval || c.Timeout == c.Interval && !g.Layer4() {
		return invalid("Health check interval must be greater than the timeout.")
	}
	return nil
}

// printable tells whether s has only visible ASCII characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func changeMatcher(g *elb.TargetGroup, m *types.Matcher) error {
	if m == nil {
		return nil
	}
	http, grpc := get(m.HttpCode), get(m.GrpcCode)
	switch {
	case http != "" && grpc != "":
		return invalid("Only one of HttpCode and GrpcCode can be specified")
	case grpc != "" && g.ProtocolVersion != "GRPC":
		return badConfiguration("A GRPC code matcher is not supported with protocol version '%s'", g.ProtocolVersion)
	case http != "" && g.ProtocolVersion == "GRPC":
		return badConfiguration("An HTTP code matcher is not supported with protocol version 'GRPC'")
	case grpc != "":
		g.Check.GRPCCode = grpc
		return checkCodes(grpc, 0, 99)
	case http != "" && g.Layer4():
		g.Check.HTTPCode = http
		return checkCodes(http, 200, 599)
	case http != "":
		g.Check.HTTPCode = http
		return checkCodes(http, 200, 499)
	}
	return nil
}

// checkCodes validates a list of codes and ranges: "200,202" or "200-299".
func checkCodes(codes string, low, high int) error {
	for part := range strings.SplitSeq(codes, ",") {
		from, to, ranged := strings.Cut(part, "-")
		if !ranged {
			to = from
		}
		a, err1 := strconv.Atoi(from)
		b, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil || a > b || a < low || b > high {
			return invalid("Health check matcher code '%s' must be within '%d-%d'", codes, low, high)
		}
	}
	return nil
}
