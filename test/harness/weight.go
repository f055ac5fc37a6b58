package harness

import (
	"context"
	"fmt"
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Forward is a forward action to a pair of target groups.
func Forward(groups [2]string, a, b int32) []elbtypes.Action {
	return []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: []elbtypes.TargetGroupTuple{
		{TargetGroupArn: &groups[0], Weight: &a}, {TargetGroupArn: &groups[1], Weight: &b},
	}}}}
}

// DefaultRule is the ARN of a listener's default rule.
func (g *Grue) DefaultRule(t testing.TB, listener string) string {
	t.Helper()
	for _, r := range must(g.ELB().DescribeRules(context.Background(), &elb.DescribeRulesInput{ListenerArn: &listener}))(t).Rules {
		if *r.IsDefault {
			return *r.RuleArn
		}
	}
	t.Fatalf("%s has no default rule", listener)
	return ""
}

// Split tells how a rule splits traffic between the front's two groups, in per
// cent: "100:0", "99.9:0.1".
func (f *Front) Split(t testing.TB, rule string) string {
	t.Helper()
	a, b := f.shares(t, rule)
	return fmt.Sprintf("%g:%g", a, b)
}

func (f *Front) shares(t testing.TB, rule string) (a, b float64) {
	t.Helper()
	if strings.Contains(rule, ":listener/") {
		rule = f.g.DefaultRule(t, rule)
	}
	out := must(f.g.ELB().DescribeRules(context.Background(), &elb.DescribeRulesInput{RuleArns: []string{rule}}))(t)
	var w [2]float64
	for _, action := range out.Rules[0].Actions {
		if action.ForwardConfig == nil {
			continue
		}
		for _, tuple := range action.ForwardConfig.TargetGroups {
			for i, group := range f.Groups {
				if *tuple.TargetGroupArn == group {
					w[i] += float64(*tuple.Weight)
				}
			}
		}
	}
	sum := w[0] + w[1]
	return 100 * w[0] / sum, 100 * w[1] / sum
}

// Live is the index in Groups of the group that serves all of production.
func (f *Front) Live(t testing.TB) int {
	t.Helper()
	switch s := f.Split(t, f.Production); s {
	case "100:0":
		return 0
	case "0:100":
		return 1
	default:
		t.Fatalf("production is split %s", s)
		return -1
	}
}

// ExpectSplits checks production and test traffic: the share of the group that
// was live before, and of the other. A front without test rule has no test.
func (f *Front) ExpectSplits(t testing.TB, what string, live int, production, test string) {
	t.Helper()
	check := func(kind, rule, want string) {
		a, b := f.shares(t, rule)
		if live == 1 {
			a, b = b, a
		}
		if got := fmt.Sprintf("%g:%g", a, b); got != want {
			t.Errorf("%s: %s traffic is split %s, want %s", what, kind, got, want)
		}
	}
	check("production", f.Production, production)
	if f.Test != "" {
		check("test", f.Test, test)
	}
}
