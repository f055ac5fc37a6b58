package elbv2

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// CreateRule creates a rule of a listener.
func (s *Service) CreateRule(ctx context.Context, in *elasticloadbalancingv2.CreateRuleInput) (*elasticloadbalancingv2.CreateRuleOutput, error) {
	if in.Priority == nil {
		return nil, required("priority")
	}
	if err := checkPriority(*in.Priority); err != nil {
		return nil, err
	}
	r := &elb.Rule{Priority: int(*in.Priority), Created: s.o.Now().UTC()}
	var err error
	if r.Conditions.V, err = conditions(in.Conditions); err != nil {
		return nil, err
	}
	if err := transforms(in.Transforms); err != nil {
		return nil, err
	}
	r.Transforms.V = in.Transforms
	if r.Tags, err = readTags(in.Tags); err != nil {
		return nil, err
	}
	out := &elasticloadbalancingv2.CreateRuleOutput{}
	return out, s.update(func(tx *store.Tx) error {
		l, err := listener(ctx, tx, in.ListenerArn)
		if err != nil {
			return err
		}
		if elb.Kind(l.ARN) == elb.Network {
			return wire.Errorf("UnsupportedProtocolException", "Rules are not supported on listeners of protocol '%s': a load balancer of type 'network' has default actions only; change them with ModifyListener", l.Protocol)
		}
		if err := checkRules(tx, l, r.Priority); err != nil {
			return err
		}
		r.ARN = elb.RuleARN(l.ARN, arn.NewHex(16))
		if r.Actions.V, err = placeOf(ctx, tx, l, r.ARN).actions(in.Actions); err != nil {
			return err
		}
		if err := put(tx, r); err != nil {
			return err
		}
		out.Rules = []types.Rule{showRule(r)}
		return nil
	})
}

func placeOf(ctx context.Context, tx *store.Tx, l *elb.Listener, ruleARN string) *place {
	return &place{ctx: ctx, tx: tx, loadBalancer: l.LoadBalancer, rule: ruleARN, protocol: l.Protocol}
}

func checkPriority(p int32) error {
	if p < 1 || p > 50000 {
		return invalid("Priority '%d' must be between '1' and '50000' inclusive", p)
	}
	return nil
}

// checkRules tells whether a listener has room for one more rule of a priority.
func checkRules(tx *store.Tx, l *elb.Listener, priority int) error {
	n := 0
	for other := range elb.Listeners(tx, l.LoadBalancer) {
		for r := range elb.Rules(tx, other.ARN) {
			if r.Default {
				continue
			}
			n++
			if other.ARN == l.ARN && r.Priority == priority {
				return priorityInUse(priority)
			}
		}
	}
	if n >= maxRules {
		return wire.Errorf("TooManyRulesException", "A load balancer can have at most %d rules", maxRules)
	}
	return nil
}

func priorityInUse(priority int) error {
	return wire.Errorf("PriorityInUseException", "Priority '%d' is currently in use", priority)
}

// put writes a rule that a proxy can compile.
func put(tx *store.Tx, r *elb.Rule) error {
	known := func(group string) bool { _, ok := elb.Group(tx, group); return ok }
	if err := elb.CheckRule(r, known); err != nil {
		return invalid("The rule is not valid: %v", err)
	}
	elb.PutRule(tx, r)
	return nil
}

func showRule(r *elb.Rule) types.Rule {
	priority := strconv.Itoa(r.Priority)
	if r.Default {
		priority = "default"
	}
	return types.Rule{
		RuleArn:    &r.ARN,
		Priority:   &priority,
		IsDefault:  aws.Bool(r.Default),
		Conditions: append([]types.RuleCondition{}, r.Conditions.V...),
		Actions:    append([]types.Action{}, r.Actions.V...),
		Transforms: append([]types.RuleTransform{}, r.Transforms.V...),
	}
}

// DescribeRules lists the rules of a listener by ascending priority, the default
// rule last, or the rules with the given ARNs.
func (s *Service) DescribeRules(ctx context.Context, in *elasticloadbalancingv2.DescribeRulesInput) (*elasticloadbalancingv2.DescribeRulesOutput, error) {
	byListener := get(in.ListenerArn) != ""
	if byListener == (len(in.RuleArns) > 0) {
		return nil, invalid("Specify either a listener ARN or rule ARNs")
	}
	var found []*elb.Rule
	var err error
	s.o.Store.View(func(tx *store.Tx) {
		if byListener {
			var l *elb.Listener
			if l, err = listener(ctx, tx, in.ListenerArn); err == nil {
				found = elb.RulesInOrder(tx, l.ARN)
			}
			return
		}
		for i := range in.RuleArns {
			var r *elb.Rule
			if r, err = rule(ctx, tx, &in.RuleArns[i]); err != nil {
				return
			}
			found = append(found, r)
		}
	})
	if err != nil {
		return nil, err
	}
	list, next, err := pageInOrder(found, in.Marker, in.PageSize)
	if err != nil {
		return nil, err
	}
	out := &elasticloadbalancingv2.DescribeRulesOutput{Rules: []types.Rule{}, NextMarker: next}
	for _, r := range list {
		out.Rules = append(out.Rules, showRule(r))
	}
	return out, nil
}

// ModifyRule replaces conditions, actions and transforms of a rule, as far as
// they are given. Repeating the forward action of a rule whose weights a
// deployment shifted keeps these weights; see elb.Rule.Say.
func (s *Service) ModifyRule(ctx context.Context, in *elasticloadbalancingv2.ModifyRuleInput) (*elasticloadbalancingv2.ModifyRuleOutput, error) {
	if get(in.ResetTransforms) && len(in.Transforms) > 0 {
		return nil, invalid("Transforms and ResetTransforms cannot be specified at the same time")
	}
	out := &elasticloadbalancingv2.ModifyRuleOutput{}
	return out, s.update(func(tx *store.Tx) error {
		r, err := rule(ctx, tx, in.RuleArn)
		if err != nil {
			return err
		}
		if r.Default {
			return notPermitted("Default rule '%s' cannot be modified", r.ARN)
		}
		next := *r
		if err := changeRule(ctx, tx, &next, in); err != nil {
			return err
		}
		if err := put(tx, &next); err != nil {
			return err
		}
		out.Rules = []types.Rule{showRule(&next)}
		return nil
	})
}

func changeRule(ctx context.Context, tx *store.Tx, r *elb.Rule, in *elasticloadbalancingv2.ModifyRuleInput) (err error) {
	if len(in.Conditions) > 0 {
		if r.Conditions.V, err = conditions(in.Conditions); err != nil {
			return err
		}
	}
	if len(in.Actions) > 0 {
		l, ok := elb.GetListener(tx, elb.ListenerOf(r.ARN))
		if !ok {
			return noListener()
		}
		actions, err := placeOf(ctx, tx, l, r.ARN).actions(in.Actions)
		if err != nil {
			return err
		}
		r.Say(actions)
	}
	switch {
	case get(in.ResetTransforms):
		r.Transforms.V = nil
	case len(in.Transforms) > 0:
		r.Transforms.V = in.Transforms
		return transforms(in.Transforms)
	}
	return nil
}

// DeleteRule deletes a rule.
func (s *Service) DeleteRule(ctx context.Context, in *elasticloadbalancingv2.DeleteRuleInput) (*elasticloadbalancingv2.DeleteRuleOutput, error) {
	return &elasticloadbalancingv2.DeleteRuleOutput{}, s.update(func(tx *store.Tx) error {
		r, err := rule(ctx, tx, in.RuleArn)
		if err != nil {
			return err
		}
		if r.Default {
			return notPermitted("Default rule '%s' cannot be deleted", r.ARN)
		}
		elb.DeleteRule(tx, r.ARN)
		return nil
	})
}

// SetRulePriorities changes priorities all at once, so that rules can swap
// theirs.
func (s *Service) SetRulePriorities(ctx context.Context, in *elasticloadbalancingv2.SetRulePrioritiesInput) (*elasticloadbalancingv2.SetRulePrioritiesOutput, error) {
	if len(in.RulePriorities) == 0 {
		return nil, invalid("At least one rule priority must be specified")
	}
	out := &elasticloadbalancingv2.SetRulePrioritiesOutput{}
	return out, s.update(func(tx *store.Tx) error {
		out.Rules = []types.Rule{}
		listeners := map[string]bool{}
		for i := range in.RulePriorities {
			p := &in.RulePriorities[i]
			r, err := rule(ctx, tx, p.RuleArn)
			if err != nil {
				return err
			}
			if p.Priority == nil {
				return required("rulePriorities.1.member.priority")
			}
			if err := checkPriority(*p.Priority); err != nil {
				return err
			}
			if r.Default {
				return notPermitted("The priority of default rule '%s' cannot be changed", r.ARN)
			}
			next := *r
			next.Priority = int(*p.Priority)
			elb.PutRule(tx, &next)
			listeners[elb.ListenerOf(r.ARN)] = true
			out.Rules = append(out.Rules, showRule(&next))
		}
		for l := range listeners {
			if err := uniquePriorities(tx, l); err != nil {
				return err
			}
		}
		return nil
	})
}

func uniquePriorities(tx *store.Tx, listenerARN string) error {
	all := slices.SortedFunc(elb.Rules(tx, listenerARN), func(a, b *elb.Rule) int { return cmp.Compare(a.Priority, b.Priority) })
	for i := 1; i < len(all); i++ {
		if all[i].Priority == all[i-1].Priority {
			return priorityInUse(all[i].Priority)
		}
	}
	return nil
}
