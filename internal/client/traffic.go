package client

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// traffic remembers what load balancers said.
type traffic struct {
	turn    int
	byRule  map[string]map[string]float64 // rule ARN, target group ARN: per cent
	health  map[string][2]int             // target group ARN: healthy, all
	refused string                        // why ELB is asked no more
}

// awayTurns is how many looks at ECS away from here share one look at ELB.
const awayTurns = 3

// addRevisions fills in what only DescribeServiceRevisions knows. A revision
// does not change, so each is asked for once.
func (l *looker) addRevisions(ctx context.Context, s *Snapshot) {
	var missing []string
	for _, r := range s.Deployment.sides() {
		if known := l.revisions[r.ARN]; r.ARN != "" && (known == nil || known.ResolvedConfiguration == nil) {
			missing = append(missing, r.ARN)
		}
	}
	if len(missing) > 0 {
		out, err := l.ECS.DescribeServiceRevisions(ctx, &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: missing[:min(20, len(missing))]})
		if err != nil {
			s.Problem = "revisions: " + Explain(err).Error()
			return
		}
		for i := range out.ServiceRevisions {
			l.revisions[aws.ToString(out.ServiceRevisions[i].ServiceRevisionArn)] = &out.ServiceRevisions[i]
		}
	}
	for _, r := range s.Deployment.sides() {
		known := l.revisions[r.ARN]
		if known == nil {
			continue
		}
		r.TaskDefinition = Last(aws.ToString(known.TaskDefinition))
		for _, i := range known.ContainerImages {
			image := aws.ToString(i.Image)
			if d := aws.ToString(i.ImageDigest); d != "" && !strings.Contains(image, "@") {
				image += "@" + d
			}
			r.Images = append(r.Images, image)
		}
	}
}

// addTraffic completes the picture with the weights and target health that ELB
// tells. A deployment is seen without it, so a refusal ends nothing.
func (l *looker) addTraffic(ctx context.Context, s *Snapshot) {
	rules := shiftedRules(s.Raw)
	if len(rules) == 0 {
		return
	}
	if l.traffic.refused == "" && (l.Here() || l.traffic.turn%awayTurns == 0) {
		if err := l.askELB(ctx, rules, s.Deployment); err != nil && !throttled(err) && !Passing(err) {
			l.traffic.refused = "load balancers: " + Explain(err).Error()
		}
	}
	l.traffic.turn++
	if l.traffic.refused != "" {
		s.Problem = l.traffic.refused
		return
	}
	for _, r := range s.Deployment.sides() {
		for _, group := range l.groupsOf(r.ARN) {
			for _, rule := range rules {
				weight, ok := l.traffic.byRule[rule.arn][group]
				health := l.traffic.health[group]
				if ok {
					r.Traffic = append(r.Traffic, Traffic{rule.arn, group, rule.test, weight, health[0], health[1]})
				}
			}
		}
	}
}

// groupsOf are the target groups of a revision, ARNs.
func (l *looker) groupsOf(revision string) (groups []string) {
	known := l.revisions[revision]
	if known == nil || known.ResolvedConfiguration == nil {
		return nil
	}
	for _, b := range known.ResolvedConfiguration.LoadBalancers {
		groups = append(groups, aws.ToString(b.TargetGroupArn))
	}
	return groups
}

// shifted is a rule, or a listener of a network load balancer, that deployments
// move.
type shifted struct {
	arn  string
	test bool
}

func shiftedRules(s *types.Service) (rules []shifted) {
	for _, b := range s.LoadBalancers {
		if a := b.AdvancedConfiguration; a != nil {
			if a.ProductionListenerRule != nil {
				rules = append(rules, shifted{*a.ProductionListenerRule, false})
			}
			if a.TestListenerRule != nil {
				rules = append(rules, shifted{*a.TestListenerRule, true})
			}
		}
	}
	return rules
}

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
