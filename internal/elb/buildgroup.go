package elb

import (
	"time"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

// buildGroup translates a target group with its targets.
func buildGroup(tx *store.Tx, g *TargetGroup) *route.Group {
	out := &route.Group{
		ARN:             g.ARN,
		Dimension:       g.Dimension(),
		Protocol:        g.Protocol,
		Version:         g.ProtocolVersion,
		InUse:           Associated(tx, g.ARN),
		Check:           buildCheck(g),
		Algorithm:       g.Attribute("load_balancing.algorithm.type"),
		SlowStart:       seconds(g.Attribute("slow_start.duration_seconds")),
		MinHealthyCount: number(g.Attribute("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count")),
		MinHealthyPct:   number(g.Attribute("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage")),
		DrainTimeout:    g.DeregistrationDelay(),
		Flows:           buildFlows(g),
	}
	if g.Attribute("stickiness.enabled") == "true" {
		out.Stickiness = g.Attribute("stickiness.type")
		out.StickyDuration = seconds(g.Attribute("stickiness." + out.Stickiness + ".duration_seconds"))
		if out.Stickiness == "app_cookie" {
			out.AppCookie = g.Attribute("stickiness.app_cookie.cookie_name")
		}
	}
	for r := range Registered(tx, g.ARN) {
		out.Targets = append(out.Targets, route.Target{
			ID: r.ID, Port: r.Port, Address: addressOf(tx, g, r),
			Draining: r.Draining, DrainUntil: r.DrainUntil, Registered: r.Registered,
		})
	}
	return out
}

func buildCheck(g *TargetGroup) route.Check {
	c := &g.Check
	out := route.Check{
		Enabled: c.Enabled, Protocol: c.Protocol, Port: c.Port, Path: c.Path,
		Interval: time.Duration(c.Interval) * time.Second, Timeout: time.Duration(c.Timeout) * time.Second,
		Healthy: c.Healthy, Unhealthy: c.Unhealthy, Matcher: c.HTTPCode,
	}
	if g.ProtocolVersion == "GRPC" {
		out.GRPC, out.Matcher = true, c.GRPCCode
	}
	return out
}
