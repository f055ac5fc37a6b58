package elbv2

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
)

// check tells what is wrong with the value of an attribute; "" = nothing.
type check func(value string) string

// The checks of values.
var (
	boolean = oneOf("true", "false")
	text    = func(max int) check {
		return func(v string) string {
			if len(v) > max || strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				return "must have at most " + strconv.Itoa(max) + " visible characters"
			}
			return ""
		}
	}
)

func oneOf(values ...string) check {
	return func(v string) string {
		if slices.Contains(values, v) {
			return ""
		}
		return "must be one of '" + strings.Join(values, "', '") + "'"
	}
}

// never is the check of a feature that cannot be turned on.
func never(why string) check {
	return func(v string) string {
		if v == "false" {
			return ""
		}
		return "must be 'false': " + why
	}
}

func between(low, high int, or ...string) check {
	return func(v string) string {
		n, err := strconv.Atoi(v)
		if slices.Contains(or, v) || err == nil && n >= low && n <= high {
			return ""
		}
		return "must be between '" + strconv.Itoa(low) + "' and '" + strconv.Itoa(high) + "' inclusive"
	}
}

// setAttributes validates attributes and adds them to those that were set.
func setAttributes[A any](what string, checks map[string]check, set map[string]string, given []A, read func(A) (key, value *string)) (map[string]string, error) {
	if len(given) == 0 {
		return nil, invalid("At least one attribute must be specified")
	}
	next := maps.Clone(set)
	if next == nil {
		next = map[string]string{}
	}
	seen := map[string]bool{}
	for _, a := range given {
		k, v := read(a)
		key, value := get(k), get(v)
		valid, known := checks[key]
		switch {
		case !known:
			return nil, badConfiguration("%s attribute key '%s' is not recognized", what, key)
		case seen[key]:
			return nil, invalid("%s attribute key '%s' is specified more than once", what, key)
		}
		if wrong := valid(value); wrong != "" {
			return nil, badConfiguration("The value '%s' of %s attribute '%s' %s", value, strings.ToLower(what), key, wrong)
		}
		seen[key], next[key] = true, value
	}
	return next, nil
}

// show lists attributes in order of key.
func showAttributes[A any](all map[string]string, make func(key, value *string) A) []A {
	out := []A{}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		out = append(out, make(aws.String(key), aws.String(all[key])))
	}
	return out
}

var loadBalancerChecks = map[string]check{
	"access_logs.s3.enabled":                                   boolean,
	"access_logs.s3.bucket":                                    bucket,
	"access_logs.s3.prefix":                                    prefix,
	"client_keep_alive.seconds":                                between(60, 604800),
	"connection_logs.s3.enabled":                               never("connection logs are not available in this version of grue"),
	"connection_logs.s3.bucket":                                bucket,
	"connection_logs.s3.prefix":                                prefix,
	"deletion_protection.enabled":                              boolean,
	"health_check_logs.s3.enabled":                             never("health check logs are not available in this version of grue"),
	"health_check_logs.s3.bucket":                              bucket,
	"health_check_logs.s3.prefix":                              prefix,
	"idle_timeout.timeout_seconds":                             between(1, 4000),
	"ipv6.deny_all_igw_traffic":                                boolean,
	"load_balancing.cross_zone.enabled":                        oneOf("true"),
	"routing.http.desync_mitigation_mode":                      oneOf("monitor", "defensive", "strictest"),
	"routing.http.drop_invalid_header_fields.enabled":          boolean,
	"routing.http.preserve_host_header.enabled":                boolean,
	"routing.http.x_amzn_tls_version_and_cipher_suite.enabled": boolean,
	"routing.http.xff_client_port.enabled":                     boolean,
	"routing.http.xff_header_processing.mode":                  oneOf("append", "preserve", "remove"),
	"routing.http2.enabled":                                    boolean,
	"waf.fail_open.enabled":                                    boolean,
	"zonal_shift.config.enabled":                               boolean,
}

// bucket and prefix of logs become a folder, so they must not lead out of it.
func bucket(v string) string {
	if v != "" && (!only(v, "-._") || strings.Contains(v, "..") || len(v) > 63) {
		return "must be the name of a bucket"
	}
	return ""
}

func prefix(v string) string {
	if slices.Contains(strings.Split(v, "/"), "..") || strings.HasPrefix(v, "/") || strings.Contains(v, "AWSLogs") || text(1024)(v) != "" {
		return "must be a prefix without '..' and 'AWSLogs' that does not begin with '/'"
	}
	return ""
}

// DescribeLoadBalancerAttributes lists all attributes of a load balancer.
func (s *Service) DescribeLoadBalancerAttributes(ctx context.Context, in *elasticloadbalancingv2.DescribeLoadBalancerAttributesInput) (*elasticloadbalancingv2.DescribeLoadBalancerAttributesOutput, error) {
	out := &elasticloadbalancingv2.DescribeLoadBalancerAttributesOutput{}
	var err error
	s.o.Store.View(func(tx *store.Tx) {
		var lb *elb.LoadBalancer
		if lb, err = loadBalancer(ctx, tx, in.LoadBalancerArn); err == nil {
			out.Attributes = showLoadBalancerAttributes(lb)
		}
	})
	return out, err
}

func showLoadBalancerAttributes(lb *elb.LoadBalancer) []types.LoadBalancerAttribute {
	return showAttributes(lb.AllAttributes(), func(k, v *string) types.LoadBalancerAttribute { return types.LoadBalancerAttribute{Key: k, Value: v} })
}

// ModifyLoadBalancerAttributes changes the given attributes of a load balancer.
func (s *Service) ModifyLoadBalancerAttributes(ctx context.Context, in *elasticloadbalancingv2.ModifyLoadBalancerAttributesInput) (*elasticloadbalancingv2.ModifyLoadBalancerAttributesOutput, error) {
	out := &elasticloadbalancingv2.ModifyLoadBalancerAttributesOutput{}
	return out, s.modify(ctx, in.LoadBalancerArn, func(_ *store.Tx, lb *elb.LoadBalancer) (err error) {
		checks := loadBalancerChecks
		if lb.IsNetwork() {
			checks = networkChecks
		}
		lb.Attributes, err = setAttributes("Load balancer", checks, lb.Attributes, in.Attributes,
			func(a types.LoadBalancerAttribute) (k, v *string) { return a.Key, a.Value })
		if err != nil {
			return err
		}
		if lb.Attribute("access_logs.s3.enabled") == "true" && lb.Attribute("access_logs.s3.bucket") == "" {
			return badConfiguration("The access logs bucket name cannot be empty when access logs are enabled")
		}
		out.Attributes = showLoadBalancerAttributes(lb)
		return nil
	})
}

var listenerChecks = map[string]check{
	"routing.http.response.server.enabled":                                boolean,
	"routing.http.response.strict_transport_security.header_value":        text(1024),
	"routing.http.response.access_control_allow_origin.header_value":      text(1024),
	"routing.http.response.access_control_allow_methods.header_value":     text(1024),
	"routing.http.response.access_control_allow_headers.header_value":     text(1024),
	"routing.http.response.access_control_allow_credentials.header_value": oneOf("", "true"),
	"routing.http.response.access_control_expose_headers.header_value":    text(1024),
	"routing.http.response.access_control_max_age.header_value":           between(0, 86400, ""),
	"routing.http.response.content_security_policy.header_value":          text(1024),
	"routing.http.response.x_content_type_options.header_value":           oneOf("", "nosniff"),
	"routing.http.response.x_frame_options.header_value":                  text(1024),
}

// DescribeListenerAttributes lists all attributes of a listener.
func (s *Service) DescribeListenerAttributes(ctx context.Context, in *elasticloadbalancingv2.DescribeListenerAttributesInput) (*elasticloadbalancingv2.DescribeListenerAttributesOutput, error) {
	out := &elasticloadbalancingv2.DescribeListenerAttributesOutput{}
	var err error
	s.o.Store.View(func(tx *store.Tx) {
		var l *elb.Listener
		if l, err = listener(ctx, tx, in.ListenerArn); err == nil {
			out.Attributes = showListenerAttributes(l)
		}
	})
	return out, err
}

func showListenerAttributes(l *elb.Listener) []types.ListenerAttribute {
	return showAttributes(l.AllAttributes(), func(k, v *string) types.ListenerAttribute { return types.ListenerAttribute{Key: k, Value: v} })
}

// ModifyListenerAttributes changes the given attributes of a listener.
func (s *Service) ModifyListenerAttributes(ctx context.Context, in *elasticloadbalancingv2.ModifyListenerAttributesInput) (*elasticloadbalancingv2.ModifyListenerAttributesOutput, error) {
	out := &elasticloadbalancingv2.ModifyListenerAttributesOutput{}
	return out, s.update(func(tx *store.Tx) error {
		l, err := listener(ctx, tx, in.ListenerArn)
		if err != nil {
			return err
		}
		next := *l
		next.Attributes, err = setAttributes("Listener", checksOf(l), l.Attributes, in.Attributes,
			func(a types.ListenerAttribute) (k, v *string) { return a.Key, a.Value })
		if err != nil {
			return err
		}
		elb.PutListener(tx, &next)
		out.Attributes = showListenerAttributes(&next)
		return nil
	})
}

// checksOf are the attributes that a listener has: all for HTTPS, for HTTP those
// without the headers that TLS brings, whose values are header names. Listeners of
// network load balancers have an idle time-out or nothing.
func checksOf(l *elb.Listener) map[string]check {
	checks := maps.Clone(listenerChecks)
	if elb.Kind(l.ARN) == elb.Network {
		checks = map[string]check{}
		for key := range l.AllAttributes() {
			checks[key] = between(60, 6000)
		}
		return checks
	}
	for key := range l.AllAttributes() {
		if checks[key] == nil {
			checks[key] = headerName
		}
	}
	return checks
}

func headerName(v string) string {
	if v == "" || len(v) > 40 || !only(v, "-_") {
		return "must be a header name of at most 40 letters, digits, '-' and '_'"
	}
	return ""
}
