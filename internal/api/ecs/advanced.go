package ecs

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
)

// checkRules checks the forms of what advancedConfiguration names, and that
// nothing is named twice.
func checkRules(lbs []types.LoadBalancer) error {
	var production, test, groups []string
	for _, lb := range lbs {
		a := lb.AdvancedConfiguration
		if a == nil {
			continue
		}
		if err := checkRuleARN("productionListenerRule", get(a.ProductionListenerRule)); err != nil {
			return err
		}
		production = append(production, *a.ProductionListenerRule)
		if a.TestListenerRule != nil {
			if err := checkRuleARN("testListenerRule", *a.TestListenerRule); err != nil {
				return err
			}
			test = append(test, *a.TestListenerRule)
		}
		if !arn.Is(get(a.AlternateTargetGroupArn)) {
			return invalid("advancedConfiguration requires alternateTargetGroupArn, the ARN of the second target group; it was %q.", clip(get(a.AlternateTargetGroupArn)))
		}
		if !arn.Is(get(a.RoleArn)) {
			return invalid("advancedConfiguration requires roleArn, the ARN of the ECS infrastructure role for load balancers; it was %q.", clip(get(a.RoleArn)))
		}
		groups = append(groups, get(lb.TargetGroupArn), *a.AlternateTargetGroupArn)
	}
	for _, rule := range test {
		if slices.Contains(production, rule) {
			return invalid("The following rules cannot be used as both production and test listener rules: %s", rule)
		}
	}
	if x := twice(production); x != "" {
		return invalid("Duplicate productionListenerRule found: %s", x)
	}
	if x := twice(test); x != "" {
		return invalid("Duplicate testListenerRule found: %s", x)
	}
	if x := twice(groups); x != "" {
		return invalid("Duplicate targetGroupArn found: %s", x)
	}
	return nil
}

// twice is the first string that occurs again; "" if none does.
func twice(list []string) string {
	for i, x := range list {
		if slices.Contains(list[:i], x) {
			return x
		}
	}
	return ""
}

func checkRuleARN(member, rule string) error {
	p, ok := arn.Parse(rule)
	application := strings.HasPrefix(p.Resource, "listener-rule/app/")
	network := strings.HasPrefix(p.Resource, "listener/net/")
	if !ok || p.Service != "elasticloadbalancing" || !application && !network {
		return invalid("%s has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: %s", member, clip(rule))
	}
	return nil
}

// checkPair checks a block's rules and its second target group against what there is.
func (r *request) checkPair(lb *types.LoadBalancer, td *state.TaskDefinition) error {
	a := lb.AdvancedConfiguration
	if a == nil {
		return nil
	}
	alternate := get(a.AlternateTargetGroupArn)
	if _, ok := elb.Group(r.Tx, alternate); !ok {
		return invalid("Unable to describe the target group %s: One or more target groups not found", clip(alternate))
	}
	production, err := r.rule("productionListenerRule", *a.ProductionListenerRule)
	if err != nil {
		return err
	}
	if err := r.checkProtocols(production, get(lb.TargetGroupArn), alternate); err != nil {
		return err
	}
	known := production.Groups()
	if a.TestListenerRule != nil {
		test, err := r.rule("testListenerRule", *a.TestListenerRule)
		if err != nil {
			return err
		}
		if balancerOf(test.ARN) != balancerOf(production.ARN) {
			return invalid("testListenerRule %s and productionListenerRule %s must belong to the same load balancer.", test.ARN, production.ARN)
		}
		if err := r.checkProtocols(test, get(lb.TargetGroupArn), alternate); err != nil {
			return err
		}
		known = append(slices.Clone(known), test.Groups()...)
	} else if !slices.Contains(known, alternate) || !slices.Contains(known, get(lb.TargetGroupArn)) {
		return invalid("For %s LoadBalancer, testListenerRule is required when productionListenerRule is not associated with both targetGroup and alternateTargetGroup", balancerKind(production.ARN))
	}
	if !slices.Contains(known, get(lb.TargetGroupArn)) && !slices.Contains(known, alternate) {
		return invalid("productionListenerRule %s forwards to neither targetGroupArn %s nor alternateTargetGroupArn %s: it must be a rule of the load balancer that uses them.", production.ARN, get(lb.TargetGroupArn), alternate)
	}
	if !slices.Contains(known, alternate) {
		return nil // the deployment says so, as in ECS
	}
	return r.checkGroup(alternate, td)
}

// rule finds a rule, or the default rule of a listener of a network load balancer,
// that forwards to target groups.
func (r *request) rule(member, ruleARN string) (*elb.Rule, error) {
	rule, err := elb.RuleAt(r.Tx, ruleARN)
	switch {
	case err != nil && isListener(ruleARN):
		return nil, invalid("Unable to describe the %s %s: One or more listeners not found", member, clip(ruleARN))
	case err != nil:
		return nil, invalid("Unable to describe the %s %s: One or more rules not found", member, clip(ruleARN))
	case rule.Forward() == nil:
		return nil, invalid("The %s %s does not forward to target groups; give it a forward action.", member, ruleARN)
	}
	return rule, nil
}

// checkProtocols: deployments let both groups of a pair join a rule, so that each must
// speak what its listener does.
func (r *request) checkProtocols(rule *elb.Rule, groups ...string) error {
	l, ok := elb.GetListener(r.Tx, elb.ListenerOf(rule.ARN))
	if !ok {
		return nil
	}
	for _, group := range groups {
		if g, ok := elb.Group(r.Tx, group); ok && !slices.Contains(elb.Compatible(l.Protocol), g.Protocol) {
			return invalid("The target group %s has the protocol %s, which the listener %s with the protocol %s cannot forward to.", group, g.Protocol, l.ARN, l.Protocol)
		}
	}
	return nil
}

// isListener tells whether a rule of advancedConfiguration is a listener, as it is on
// a network load balancer.
func isListener(ruleARN string) bool { return elb.Kind(ruleARN) == elb.Network }

// balancerKind is the word for the kind of load balancer that a rule belongs to.
func balancerKind(ruleARN string) string {
	return either(isListener(ruleARN), "Network", "Application")
}

// balancerOf is the part of a rule's ARN that names its load balancer.
func balancerOf(ruleARN string) string {
	parts := strings.Split(ruleARN, "/")
	return strings.Join(parts[:min(4, len(parts))], "/")
}

// checkOwners: deployments of two services cannot both decide what a rule forwards to.
func (r *request) checkOwners(svc *state.Service, lbs []types.LoadBalancer) error {
	rules := rulesOf(lbs)
	if len(rules) == 0 {
		return nil
	}
	for key, other := range state.Services.Prefix(r.Tx, r.Key("")) {
		if key == svc.Key() || other.Status != active {
			continue
		}
		for _, rule := range rulesOf(other.Body.V.LoadBalancers) {
			if slices.Contains(rules, rule) {
				what := either(isListener(rule), "listener", "listener rule")
				return invalid("The %s %s is used by the service %s already; give each service %ss of its own.", what, rule, other.ARN(), strings.TrimPrefix(what, "listener "))
			}
		}
	}
	return nil
}

// shiftWait is how long a deployment with these load balancers waits after each
// change of weights: ECS gives network load balancers time to follow.
func (s *Service) shiftWait(lbs []types.LoadBalancer) time.Duration {
	if slices.ContainsFunc(rulesOf(lbs), isListener) {
		return s.o.NLBDelay
	}
	return 0
}

// rulesOf lists the rules that deployments with these load balancers change.
func rulesOf(lbs []types.LoadBalancer) []string {
	var out []string
	for _, lb := range lbs {
		if a := lb.AdvancedConfiguration; a != nil {
			out = append(out, get(a.ProductionListenerRule))
			if a.TestListenerRule != nil {
				out = append(out, *a.TestListenerRule)
			}
		}
	}
	return out
}
