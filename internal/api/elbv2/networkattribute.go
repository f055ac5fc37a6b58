package elbv2

import (
	"github.com/grue-ecs/grue/internal/elb"
)

// networkChecks are the attributes of network load balancers. Several zones are one
// machine here: the zonal ones are kept, and change nothing.
var networkChecks = map[string]check{
	"access_logs.s3.enabled":                 never("access logs of network load balancers are not available in this version of grue"),
	"access_logs.s3.bucket":                  bucket,
	"access_logs.s3.prefix":                  prefix,
	"deletion_protection.enabled":            boolean,
	"dns_record.client_routing_policy":       oneOf("any_availability_zone", "availability_zone_affinity", "partial_availability_zone_affinity"),
	"ipv6.deny_all_igw_traffic":              boolean,
	"load_balancing.cross_zone.enabled":      boolean,
	"secondary_ips.auto_assigned.per_subnet": between(0, 7),
	"zonal_shift.config.enabled":             boolean,
}

// What happens to the connections of targets that become unhealthy.
const (
	cutUnhealthy   = "target_health_state.unhealthy.connection_termination.enabled"
	unhealthyDrain = "target_health_state.unhealthy.draining_interval_seconds"
)

// networkGroupChecks are the attributes of target groups of network load balancers,
// beside those that application load balancers' groups have too.
var networkGroupChecks = map[string]check{
	"deregistration_delay.connection_termination.enabled": boolean,
	"preserve_client_ip.enabled":                          boolean,
	"proxy_protocol_v2.enabled":                           boolean,
	"stickiness.type":                                     oneOf("source_ip"),
	cutUnhealthy:                                          boolean,
	unhealthyDrain:                                        between(0, 360000),
}

// checksOfGroup are the attributes that a target group has.
func checksOfGroup(g *elb.TargetGroup) map[string]check {
	if !g.Layer4() {
		return groupChecks
	}
	checks := map[string]check{}
	for key := range g.AllAttributes() {
		checks[key] = groupChecks[key]
		if c, ok := networkGroupChecks[key]; ok {
			checks[key] = c
		}
	}
	if g.Datagrams() {
		checks["preserve_client_ip.enabled"] = always("client addresses are always preserved for target groups with protocol '" + g.Protocol + "'")
	}
	if g.TargetType == "alb" {
		checks["preserve_client_ip.enabled"] = always("client addresses are always preserved for target groups with target type 'alb'")
		checks["proxy_protocol_v2.enabled"] = never("target groups with target type 'alb' do not support it")
		checks["stickiness.enabled"] = never("target groups with target type 'alb' do not support it")
	}
	return checks
}

// always is the check of what cannot be turned off.
func always(why string) check {
	return func(v string) string {
		if v == "true" {
			return ""
		}
		return "must be 'true': " + why
	}
}

// checkDraining: unhealthy targets drain only where their connections are not cut.
func checkDraining(g *elb.TargetGroup) error {
	if v := g.Attribute(unhealthyDrain); v != "" && v != "0" && g.Attribute(cutUnhealthy) == "true" {
		return badConfiguration("The attribute '%s' can only be set when '%s' is 'false'", unhealthyDrain, cutUnhealthy)
	}
	return checkThresholds(g)
}
