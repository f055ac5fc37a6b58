package client

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
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
