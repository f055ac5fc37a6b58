package engine

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
)

// pair is a load balancer block of a revision whose deployments shift traffic:
// two target groups, and the rules that choose between them.
type pair struct {
	block      int       // index in loadBalancers
	groups     [2]string // targetGroupArn, alternateTargetGroupArn
	production string    // rule ARN, of a network load balancer listener ARN
	test       string    // likewise; "" = none
}

// pairsOf lists the pairs of a revision, in the order of its blocks.
func pairsOf(rev *state.Revision) []pair {
	var out []pair
	for i, lb := range rev.Body.V.LoadBalancers {
		if a := lb.AdvancedConfiguration; a != nil {
			out = append(out, pair{
				block:      i,
				groups:     [2]string{aws.ToString(lb.TargetGroupArn), aws.ToString(a.AlternateTargetGroupArn)},
				production: aws.ToString(a.ProductionListenerRule),
				test:       aws.ToString(a.TestListenerRule),
			})
		}
	}
	return out
}

// has tells whether a target group is one of the two.
func (p pair) has(group string) bool { return group == p.groups[0] || group == p.groups[1] }

// other is the group beside group.
func (p pair) other(group string) string {
	if group == p.groups[0] {
		return p.groups[1]
	}
	return p.groups[0]
}

// groupIn is the group of the pair that holds a revision's tasks; "" if neither does.
func groupIn(rev *state.Revision, p pair) string {
	if rev == nil || rev.Body.V.ResolvedConfiguration == nil {
		return ""
	}
	for _, lb := range rev.Body.V.ResolvedConfiguration.LoadBalancers {
		if g := aws.ToString(lb.TargetGroupArn); p.has(g) {
			return g
		}
	}
	return ""
}

// groupOf is the target group in which a block of a revision registers its tasks.
func groupOf(rev *state.Revision, block int) string {
	b := &rev.Body.V
	if c := b.ResolvedConfiguration; c != nil && block < len(c.LoadBalancers) {
		return aws.ToString(c.LoadBalancers[block].TargetGroupArn)
	}
	return aws.ToString(b.LoadBalancers[block].TargetGroupArn)
}

// resolved is the resolvedConfiguration of a revision once its groups are chosen.
func resolved(rev *state.Revision, chosen map[int]string) *ecs.ResolvedConfiguration {
	out := &ecs.ResolvedConfiguration{}
	for i, lb := range rev.Body.V.LoadBalancers {
		x := ecs.ServiceRevisionLoadBalancer{TargetGroupArn: lb.TargetGroupArn}
		if a := lb.AdvancedConfiguration; a != nil {
			x.ProductionListenerRule = a.ProductionListenerRule
			if g := chosen[i]; g != "" {
				x.TargetGroupArn = aws.String(g)
			}
		}
		out.LoadBalancers = append(out.LoadBalancers, x)
	}
	return out
}

// weights turns shares of revisions into weights of the two groups: percentages
// where they are whole, tenths where they are not. What nobody has, before the
// first deployment of a service shifted, belongs to the group beside green's.
func (p pair) weights(shares []deploy.Share, group func(deploy.Rev) string, green string) map[string]int {
	out, rest := map[string]int{p.groups[0]: 0, p.groups[1]: 0}, 1000
	for _, s := range shares {
		g := group(s.Rev)
		if !p.has(g) {
			g = p.other(green)
		}
		out[g] += s.Tenths
		rest -= s.Tenths
	}
	out[p.other(green)] += rest
	if out[green]%10 == 0 {
		for g := range out {
			out[g] /= 10
		}
	}
	return out
}
