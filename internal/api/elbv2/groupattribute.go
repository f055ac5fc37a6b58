package elbv2

import (
	"context"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
)

var groupChecks = map[string]check{
	"deregistration_delay.timeout_seconds":                                           between(0, 3600),
	"load_balancing.algorithm.anomaly_mitigation":                                    oneOf("on", "off"),
	"load_balancing.algorithm.type":                                                  oneOf("round_robin", "least_outstanding_requests", "weighted_random"),
	"load_balancing.cross_zone.enabled":                                              oneOf("true", "false", "use_load_balancer_configuration"),
	"slow_start.duration_seconds":                                                    slowStart,
	"stickiness.app_cookie.cookie_name":                                              cookieName,
	"stickiness.app_cookie.duration_seconds":                                         between(1, 604800),
	"stickiness.enabled":                                                             boolean,
	"stickiness.lb_cookie.duration_seconds":                                          between(1, 604800),
	"stickiness.type":                                                                oneOf("lb_cookie", "app_cookie"),
	"target_group_health.dns_failover.minimum_healthy_targets.count":                 between(1, maxTargets, "off"),
	"target_group_health.dns_failover.minimum_healthy_targets.percentage":            between(1, 100, "off"),
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.count":      between(1, maxTargets),
	"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": between(1, 100, "off"),
}

func slowStart(v string) string {
	if v == "0" {
		return ""
	}
	if wrong := between(30, 900)(v); wrong != "" {
		return "must be '0' or between '30' and '900' inclusive"
	}
	return ""
}

// cookieName validates the name of an application's cookie; the load balancer's
// own names are reserved.
func cookieName(v string) string {
	switch {
	case v == "":
		return ""
	case strings.HasPrefix(v, "AWSALB"):
		return "must not begin with AWSALB, AWSALBAPP or AWSALBTG"
	case len(v) > 4096 || !only(v, "!#$%&'*+-.^_`|~"):
		return "must be the name of a cookie"
	}
	return ""
}

// DescribeTargetGroupAttributes lists all attributes of a target group.
func (s *Service) DescribeTargetGroupAttributes(ctx context.Context, in *elasticloadbalancingv2.DescribeTargetGroupAttributesInput) (*elasticloadbalancingv2.DescribeTargetGroupAttributesOutput, error) {
	out := &elasticloadbalancingv2.DescribeTargetGroupAttributesOutput{}
	var err error
	s.o.Store.View(func(tx *store.Tx) {
		var g *elb.TargetGroup
		if g, err = targetGroup(ctx, tx, in.TargetGroupArn); err == nil {
			out.Attributes = showGroupAttributes(g)
		}
	})
	return out, err
}

func showGroupAttributes(g *elb.TargetGroup) []types.TargetGroupAttribute {
	return showAttributes(g.AllAttributes(), func(k, v *string) types.TargetGroupAttribute { return types.TargetGroupAttribute{Key: k, Value: v} })
}

// ModifyTargetGroupAttributes changes the given attributes of a target group.
func (s *Service) ModifyTargetGroupAttributes(ctx context.Context, in *elasticloadbalancingv2.ModifyTargetGroupAttributesInput) (*elasticloadbalancingv2.ModifyTargetGroupAttributesOutput, error) {
	out := &elasticloadbalancingv2.ModifyTargetGroupAttributesOutput{}
	return out, s.update(func(tx *store.Tx) error {
		g, err := targetGroup(ctx, tx, in.TargetGroupArn)
		if err != nil {
			return err
		}
		next := *g
		next.Attributes, err = setAttributes("Target group", checksOfGroup(g), g.Attributes, in.Attributes,
			func(a types.TargetGroupAttribute) (k, v *string) { return a.Key, a.Value })
		if err != nil {
			return err
		}
		if err := checkTogether(&next); err != nil {
			return err
		}
		if err := checkStickyRules(tx, &next); err != nil {
			return err
		}
		elb.PutGroup(tx, &next)
		out.Attributes = showGroupAttributes(&next)
		return nil
	})
}

// checkTogether validates attributes that depend on each other.
func checkTogether(g *elb.TargetGroup) error {
	if g.Layer4() {
		return checkDraining(g)
	}
	algorithm := g.Attribute("load_balancing.algorithm.type")
	sticky := g.Attribute("stickiness.enabled") == "true"
	switch {
	case sticky && g.Attribute("stickiness.type") == "app_cookie" && g.Attribute("stickiness.app_cookie.cookie_name") == "":
		return badConfiguration("The attribute 'stickiness.app_cookie.cookie_name' is required when 'stickiness.type' is 'app_cookie'")
	case g.Attribute("slow_start.duration_seconds") != "0" && algorithm != "round_robin":
		return badConfiguration("Slow start mode is not supported with the '%s' algorithm", algorithm)
	case g.Attribute("load_balancing.algorithm.anomaly_mitigation") == "on" && algorithm != "weighted_random":
		return badConfiguration("Anomaly mitigation is only supported with the 'weighted_random' algorithm")
	case sticky && algorithm == "weighted_random":
		return badConfiguration("Stickiness is not supported with the 'weighted_random' algorithm")
	}
	return checkThresholds(g)
}

func checkThresholds(g *elb.TargetGroup) error {
	for _, unit := range []string{"count", "percentage"} {
		dns, _ := strconv.Atoi(g.Attribute("target_group_health.dns_failover.minimum_healthy_targets." + unit))
		routing, _ := strconv.Atoi(g.Attribute("target_group_health.unhealthy_state_routing.minimum_healthy_targets." + unit))
		if dns != 0 && routing > dns {
			return badConfiguration("The minimum healthy targets %s for DNS failover must be greater than or equal to that for unhealthy state routing", unit)
		}
	}
	return nil
}
