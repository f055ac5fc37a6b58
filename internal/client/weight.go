package client

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// askELB asks for the weights of the rules and the health of the target groups.
func (l *looker) askELB(ctx context.Context, rules []shifted, d *Deployment) error {
	var ruleARNs, listenerARNs []string
	for _, r := range rules {
		if strings.Contains(r.arn, ":listener-rule/") {
			ruleARNs = append(ruleARNs, r.arn)
		} else {
			listenerARNs = append(listenerARNs, r.arn)
		}
	}
	byRule, health := map[string]map[string]float64{}, map[string][2]int{}
	if len(ruleARNs) > 0 {
		out, err := l.ELB.DescribeRules(ctx, &elb.DescribeRulesInput{RuleArns: ruleARNs})
		if err != nil {
			return err
		}
		for _, r := range out.Rules {
			byRule[aws.ToString(r.RuleArn)] = weights(r.Actions)
		}
	}
	if len(listenerARNs) > 0 {
		out, err := l.ELB.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: listenerARNs})
		if err != nil {
			return err
		}
		for _, r := range out.Listeners {
			byRule[aws.ToString(r.ListenerArn)] = weights(r.DefaultActions)
		}
	}
	for _, r := range d.sides() {
		for _, group := range l.groupsOf(r.ARN) {
			out, err := l.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
			if err != nil {
				return err
			}
			health[group] = countHealth(out.TargetHealthDescriptions)
		}
	}
	l.traffic.byRule, l.traffic.health = byRule, health
	return nil
}

// weights of target groups in a forward action, in per cent of their sum.
func weights(actions []elbtypes.Action) map[string]float64 {
	out := map[string]float64{}
	for _, a := range actions {
		if a.ForwardConfig == nil {
			if a.TargetGroupArn != nil {
				out[*a.TargetGroupArn] = 100
			}
			continue
		}
		sum := 0.0
		for _, g := range a.ForwardConfig.TargetGroups {
			sum += float64(aws.ToInt32(g.Weight))
		}
		for _, g := range a.ForwardConfig.TargetGroups {
			if sum > 0 {
				out[aws.ToString(g.TargetGroupArn)] = 100 * float64(aws.ToInt32(g.Weight)) / sum
			} else if len(a.ForwardConfig.TargetGroups) == 1 {
				out[aws.ToString(g.TargetGroupArn)] = 100 // one group needs no weight
			}
		}
	}
	return out
}

func countHealth(all []elbtypes.TargetHealthDescription) (n [2]int) {
	for _, t := range all {
		if t.TargetHealth == nil || t.TargetHealth.State == elbtypes.TargetHealthStateEnumDraining {
			continue
		}
		n[1]++
		if t.TargetHealth.State == elbtypes.TargetHealthStateEnumHealthy {
			n[0]++
		}
	}
	return n
}
