package elb

import (
	"maps"

	"github.com/grue-ecs/grue/internal/route"
)

// Attributes of network load balancers with their defaults.
var networkDefaults = map[string]string{
	"access_logs.s3.enabled":                 "false",
	"access_logs.s3.bucket":                  "",
	"access_logs.s3.prefix":                  "",
	"deletion_protection.enabled":            "false",
	"dns_record.client_routing_policy":       "any_availability_zone",
	"ipv6.deny_all_igw_traffic":              "false",
	"load_balancing.cross_zone.enabled":      "false",
	"secondary_ips.auto_assigned.per_subnet": "0",
	"zonal_shift.config.enabled":             "false",
}

// Attributes of target groups that the code asks for by name.
const (
	preserveClientIP = "preserve_client_ip.enabled"
	cutDrained       = "deregistration_delay.connection_termination.enabled"
	cutUnhealthy     = "target_health_state.unhealthy.connection_termination.enabled"
	unhealthyDrain   = "target_health_state.unhealthy.draining_interval_seconds"
)

// flavour is what the attributes of a group of a network load balancer depend on.
type flavour struct{ protocol, targetType string }

// networkGroupDefaults are the attributes of target groups of network load
// balancers: which there are, and their defaults, depend on protocol and type.
var networkGroupDefaults = func() map[flavour]map[string]string {
	out := map[flavour]map[string]string{}
	for _, protocol := range []string{route.ProtocolTCP, route.ProtocolTLS, route.ProtocolUDP, route.ProtocolTCPUDP} {
		for _, kind := range []string{"instance", "ip", "alb"} {
			out[flavour{protocol, kind}] = networkGroupAttributes(protocol, kind)
		}
	}
	return out
}()

func networkGroupAttributes(protocol, kind string) map[string]string {
	all := map[string]string{
		cutDrained:                             "false",
		"deregistration_delay.timeout_seconds": "300",
		"load_balancing.cross_zone.enabled":    "use_load_balancer_configuration",
		preserveClientIP:                       "true",
		"proxy_protocol_v2.enabled":            "false",
		"stickiness.enabled":                   "false",
		"stickiness.type":                      "source_ip",
	}
	for key, value := range groupDefaults {
		if len(key) > 20 && key[:20] == "target_group_health." {
			all[key] = value
		}
	}
	switch protocol {
	case route.ProtocolUDP, route.ProtocolTCPUDP:
		all[cutDrained] = "true"
		return all
	}
	maps.Copy(all, map[string]string{cutUnhealthy: "true", unhealthyDrain: "0"})
	if kind == "ip" {
		all[preserveClientIP] = "false"
	}
	return all
}
