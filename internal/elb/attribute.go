package elb

import (
	"maps"
	"strconv"

	"github.com/grue-ecs/grue/internal/route"
)

// Attributes of load balancers with their defaults.
var loadBalancerDefaults = map[string]string{
	"access_logs.s3.enabled":                                   "false",
	"access_logs.s3.bucket":                                    "",
	"access_logs.s3.prefix":                                    "",
	"client_keep_alive.seconds":                                "3600",
	"connection_logs.s3.enabled":                               "false",
	"connection_logs.s3.bucket":                                "",
	"connection_logs.s3.prefix":                                "",
	"deletion_protection.enabled":                              "false",
	"health_check_logs.s3.enabled":                             "false",
	"health_check_logs.s3.bucket":                              "",
	"health_check_logs.s3.prefix":                              "",
	"idle_timeout.timeout_seconds":                             "60",
	"ipv6.deny_all_igw_traffic":                                "false",
	"load_balancing.cross_zone.enabled":                        "true",
	"routing.http.desync_mitigation_mode":                      "defensive",
	"routing.http.drop_invalid_header_fields.enabled":          "false",
	"routing.http.preserve_host_header.enabled":                "false",
	"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
	"routing.http.xff_client_port.enabled":                     "false",
	"routing.http.xff_header_processing.mode":                  "append",
	"routing.http2.enabled":                                    "true",
	"waf.fail_open.enabled":                                    "false",
	"zonal_shift.config.enabled":                               "false",
}

// Attributes of target groups of application load balancers.
var groupDefaults = map[string]string{
	"deregistration_delay.timeout_seconds":                                           "300",
	"load_balancing.algorithm.anomaly_mitigation":                                    "off",
	"load_balancing.algorithm.type":                                                  "round_robin",
	"load_balancing.cross_zone.enabled":                                              "use_load_balancer_configuration",
	"slow_start.duration_seconds":                                                    "0",
	"stickiness.app_cookie.cookie_name":                                              "",
	"stickiness.app_cookie.duration_seconds":                                         "86400",
	"stickiness.enabled":                                                             "false",
	"stickiness.lb_cookie.duration_seconds":                                          "86400",
	"stickiness.type":                                                                "lb_cookie",
	"target_group_health.dns_failover.minimum_healthy_targets.count":                 "1",
	"target_group_health.dns_failover.minimum_healthy_targets.percentage":            "off",
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      "1",
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}

// requestHeaders are the listener attributes that rename headers to the target:
// attribute → the header's own name.
var requestHeaders = map[string]string{
	"routing.http.request.x_amzn_mtls_clientcert.header_name":               "X-Amzn-Mtls-Clientcert",
	"routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name": "X-Amzn-Mtls-Clientcert-Serial-Number",
	"routing.http.request.x_amzn_mtls_clientcert_issuer.header_name":        "X-Amzn-Mtls-Clientcert-Issuer",
	"routing.http.request.x_amzn_mtls_clientcert_subject.header_name":       "X-Amzn-Mtls-Clientcert-Subject",
	"routing.http.request.x_amzn_mtls_clientcert_validity.header_name":      "X-Amzn-Mtls-Clientcert-Validity",
	"routing.http.request.x_amzn_mtls_clientcert_leaf.header_name":          "X-Amzn-Mtls-Clientcert-Leaf",
	"routing.http.request.x_amzn_tls_version.header_name":                   "X-Amzn-Tls-Version",
	"routing.http.request.x_amzn_tls_cipher_suite.header_name":              "X-Amzn-Tls-Cipher-Suite",
}

// responseHeaders are the listener attributes that set headers of responses.
var responseHeaders = map[string]string{
	"routing.http.response.strict_transport_security.header_value":        "Strict-Transport-Security",
	"routing.http.response.access_control_allow_origin.header_value":      "Access-Control-Allow-Origin",
	"routing.http.response.access_control_allow_methods.header_value":     "Access-Control-Allow-Methods",
	"routing.http.response.access_control_allow_headers.header_value":     "Access-Control-Allow-Headers",
	"routing.http.response.access_control_allow_credentials.header_value": "Access-Control-Allow-Credentials",
	"routing.http.response.access_control_expose_headers.header_value":    "Access-Control-Expose-Headers",
	"routing.http.response.access_control_max_age.header_value":           "Access-Control-Max-Age",
	"routing.http.response.content_security_policy.header_value":          "Content-Security-Policy",
	"routing.http.response.x_content_type_options.header_value":           "X-Content-Type-Options",
	"routing.http.response.x_frame_options.header_value":                  "X-Frame-Options",
}

const serverHeader = "routing.http.response.server.enabled"

// AllAttributes returns every attribute of the load balancer with its value.
func (lb *LoadBalancer) AllAttributes() map[string]string {
	return overlay(lb.defaults(), lb.Attributes)
}

// Attribute returns the value of one attribute; "" of one that its kind does not have.
func (lb *LoadBalancer) Attribute(key string) string {
	return valueOr(lb.Attributes, lb.defaults(), key)
}

func (lb *LoadBalancer) defaults() map[string]string {
	if lb.IsNetwork() {
		return networkDefaults
	}
	return loadBalancerDefaults
}

// AllAttributes returns every attribute of the target group with its value.
func (g *TargetGroup) AllAttributes() map[string]string { return overlay(g.defaults(), g.Attributes) }

// Attribute returns the value of one attribute; "" of one that its protocol does not have.
func (g *TargetGroup) Attribute(key string) string {
	return valueOr(g.Attributes, g.defaults(), key)
}

func (g *TargetGroup) defaults() map[string]string {
	if g.Layer4() {
		return networkGroupDefaults[flavour{g.Protocol, g.TargetType}]
	}
	return groupDefaults
}

// AllAttributes returns every attribute of the listener with its value. The
// headers that only TLS brings are attributes of HTTPS listeners alone, and the
// idle time-out is one of TCP listeners.
func (l *Listener) AllAttributes() map[string]string {
	switch l.Protocol {
	case route.ProtocolTCP, route.ProtocolTCPUDP:
		return overlay(map[string]string{idleTimeout: "350"}, l.Attributes)
	case route.ProtocolTLS, route.ProtocolUDP:
		return map[string]string{}
	}
	defaults := map[string]string{serverHeader: "true"}
	for key := range responseHeaders {
		defaults[key] = ""
	}
	if l.Protocol == "HTTPS" {
		for key, name := range requestHeaders {
			defaults[key] = name
		}
	}
	return overlay(defaults, l.Attributes)
}

func overlay(defaults, set map[string]string) map[string]string {
	all := maps.Clone(defaults)
	for key, value := range set {
		if _, ok := all[key]; ok {
			all[key] = value
		}
	}
	return all
}

func valueOr(set, defaults map[string]string, key string) string {
	if v, ok := set[key]; ok {
		return v
	}
	return defaults[key]
}

// number reads an attribute that may be "off" or empty: 0.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
