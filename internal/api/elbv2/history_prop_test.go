package elbv2

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"pgregory.net/rapid"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// history performs random calls. Most are valid; what matters is what holds
// after each of them, whether it succeeded or not.
type history struct {
	w *world
	t *rapid.T
	n int
}

func (h *history) pick(what string, from []string) *string {
	if len(from) == 0 {
		return aws.String("arn:aws:elasticloadbalancing:us-east-1:000000000000:" + what + "/app/none/0/0")
	}
	return aws.String(rapid.SampledFrom(from).Draw(h.t, what))
}

func (h *history) arns() (lbs, listeners, rules, groups []string) {
	h.w.st.View(func(tx *store.Tx) {
		for lb := range elb.LoadBalancers(tx, scope(h.w.ctx)) {
			lbs = append(lbs, lb.ARN)
			for l := range elb.Listeners(tx, lb.ARN) {
				listeners = append(listeners, l.ARN)
				for r := range elb.Rules(tx, l.ARN) {
					rules = append(rules, r.ARN)
				}
			}
		}
		for g := range elb.Groups(tx, scope(h.w.ctx)) {
			groups = append(groups, g.ARN)
		}
	})
	return
}

func (h *history) actions() []types.Action {
	_, _, _, groups := h.arns()
	a := types.Action{Type: types.ActionTypeEnumForward}
	switch rapid.IntRange(0, 4).Draw(h.t, "action") {
	case 0:
		a.Type, a.FixedResponseConfig = types.ActionTypeEnumFixedResponse, &types.FixedResponseActionConfig{StatusCode: aws.String("404")}
	case 1:
		a.Type, a.RedirectConfig = types.ActionTypeEnumRedirect, &types.RedirectActionConfig{Port: aws.String("8443"), StatusCode: types.RedirectActionStatusCodeEnumHttp302}
	case 2:
		a.TargetGroupArn = h.pick("targetgroup", groups)
	default:
		a.ForwardConfig = &types.ForwardActionConfig{}
		for range rapid.IntRange(1, 3).Draw(h.t, "groups") {
			a.ForwardConfig.TargetGroups = append(a.ForwardConfig.TargetGroups, types.TargetGroupTuple{
				TargetGroupArn: h.pick("targetgroup", groups), Weight: aws.Int32(rapid.Int32Range(0, 999).Draw(h.t, "weight")),
			})
		}
	}
	return []types.Action{a}
}

func (h *history) conditions() []types.RuleCondition {
	return []types.RuleCondition{rapid.SampledFrom([]types.RuleCondition{
		{Field: aws.String("path-pattern"), Values: []string{"/a/*", "/b?"}},
		{Field: aws.String("host-header"), HostHeaderConfig: &types.HostHeaderConditionConfig{Values: []string{"*.example.com"}}},
		{Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{RegexValues: []string{"^/v[0-9]+/"}}},
		{Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: aws.String("x-test"), Values: []string{"1"}}},
		{Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{Values: []types.QueryStringKeyValuePair{{Value: aws.String("v")}}}},
		{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{"10.0.0.0/8"}}},
	}).Draw(h.t, "condition")}
}

func (h *history) priority() *int32 {
	return aws.Int32(rapid.Int32Range(1, 6).Draw(h.t, "priority"))
}

// calls are what a history is made of.
func (h *history) calls() map[string]func(*rapid.T) {
	out := map[string]func(*rapid.T){"": func(*rapid.T) { h.check() }}
	for _, calls := range []map[string]func(){h.creating(), h.changing(), h.deleting()} {
		for name, call := range calls {
			out[name] = func(*rapid.T) { call() }
		}
	}
	return out
}

func (h *history) creating() map[string]func() {
	s, ctx := h.w.s, h.w.ctx
	type in = elasticloadbalancingv2.CreateLoadBalancerInput
	return map[string]func(){
		"CreateLoadBalancer": func() {
			_, _ = s.CreateLoadBalancer(ctx, &in{Name: aws.String(fmt.Sprint("lb", rapid.IntRange(0, 2).Draw(h.t, "lb"))), Subnets: []string{"subnet-a"}})
		},
		"CreateTargetGroup": func() {
			h.n++
			_, _ = s.CreateTargetGroup(ctx, &elasticloadbalancingv2.CreateTargetGroupInput{
				Name: aws.String(fmt.Sprint("tg", h.n%5)), Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1"), TargetType: types.TargetTypeEnumIp,
			})
		},
		"CreateListener": func() {
			lbs, _, _, _ := h.arns()
			_, _ = s.CreateListener(ctx, &elasticloadbalancingv2.CreateListenerInput{
				LoadBalancerArn: h.pick("loadbalancer", lbs),
				Protocol:        types.ProtocolEnumHttp, Port: aws.Int32(80 + rapid.Int32Range(0, 2).Draw(h.t, "port")), DefaultActions: h.actions(),
			})
		},
		"CreateRule": func() {
			_, listeners, _, _ := h.arns()
			_, _ = s.CreateRule(ctx, &elasticloadbalancingv2.CreateRuleInput{ListenerArn: h.pick("listener", listeners), Priority: h.priority(), Conditions: h.conditions(), Actions: h.actions()})
		},
		"RegisterTargets": func() {
			_, _, _, groups := h.arns()
			_, _ = s.RegisterTargets(ctx, &elasticloadbalancingv2.RegisterTargetsInput{TargetGroupArn: h.pick("targetgroup", groups), Targets: h.targets()})
		},
	}
}

func (h *history) changing() map[string]func() {
	s, ctx := h.w.s, h.w.ctx
	return map[string]func(){
		"ModifyListener": func() {
			_, listeners, _, _ := h.arns()
			_, _ = s.ModifyListener(ctx, &elasticloadbalancingv2.ModifyListenerInput{
				ListenerArn: h.pick("listener", listeners),
				Port:        aws.Int32(80 + rapid.Int32Range(0, 2).Draw(h.t, "port")), DefaultActions: h.actions(),
			})
		},
		"ModifyRule": func() {
			_, _, rules, _ := h.arns()
			_, _ = s.ModifyRule(ctx, &elasticloadbalancingv2.ModifyRuleInput{RuleArn: h.pick("listener-rule", rules), Conditions: h.conditions(), Actions: h.actions()})
		},
		"SetRulePriorities": func() {
			_, _, rules, _ := h.arns()
			_, _ = s.SetRulePriorities(ctx, &elasticloadbalancingv2.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{
				{RuleArn: h.pick("listener-rule", rules), Priority: h.priority()}, {RuleArn: h.pick("listener-rule", rules), Priority: h.priority()},
			}})
		},
		"SetWeights": func() {
			_, _, rules, groups := h.arns()
			_ = h.w.st.Update(func(tx *store.Tx) error {
				r, ok := elb.GetRule(tx, *h.pick("listener-rule", rules))
				if !ok || len(r.Groups()) == 0 || len(groups) == 0 {
					return nil
				}
				return elb.SetWeights(tx, r.ARN, map[string]int{r.Groups()[0]: 10})
			})
		},
	}
}

func (h *history) deleting() map[string]func() {
	s, ctx := h.w.s, h.w.ctx
	return map[string]func(){
		"DeleteLoadBalancer": func() {
			lbs, _, _, _ := h.arns()
			if rapid.IntRange(0, 4).Draw(h.t, "really") == 0 {
				_, _ = s.DeleteLoadBalancer(ctx, &elasticloadbalancingv2.DeleteLoadBalancerInput{LoadBalancerArn: h.pick("loadbalancer", lbs)})
			}
		},
		"DeleteTargetGroup": func() {
			_, _, _, groups := h.arns()
			_, _ = s.DeleteTargetGroup(ctx, &elasticloadbalancingv2.DeleteTargetGroupInput{TargetGroupArn: h.pick("targetgroup", groups)})
		},
		"DeleteListener": func() {
			_, listeners, _, _ := h.arns()
			if rapid.IntRange(0, 4).Draw(h.t, "really") == 0 {
				_, _ = s.DeleteListener(ctx, &elasticloadbalancingv2.DeleteListenerInput{ListenerArn: h.pick("listener", listeners)})
			}
		},
		"DeleteRule": func() {
			_, _, rules, _ := h.arns()
			_, _ = s.DeleteRule(ctx, &elasticloadbalancingv2.DeleteRuleInput{RuleArn: h.pick("listener-rule", rules)})
		},
		"DeregisterTargets": func() {
			_, _, _, groups := h.arns()
			_, _ = s.DeregisterTargets(ctx, &elasticloadbalancingv2.DeregisterTargetsInput{TargetGroupArn: h.pick("targetgroup", groups), Targets: h.targets()})
		},
	}
}

func (h *history) targets() []types.TargetDescription {
	return []types.TargetDescription{{Id: aws.String(fmt.Sprint("10.0.0.", rapid.IntRange(1, 3).Draw(h.t, "target")))}}
}

// check states what always holds.
func (h *history) check() {
	h.w.st.View(func(tx *store.Tx) {
		users := map[string][]string{} // group → load balancers, by looking at every rule
		for lb := range elb.LoadBalancers(tx, scope(h.w.ctx)) {
			ports := map[int]bool{}
			for l := range elb.Listeners(tx, lb.ARN) {
				if ports[l.Port] {
					h.t.Fatalf("two listeners of %s have port %d", lb.Name, l.Port)
				}
				ports[l.Port] = true
				h.checkRules(tx, lb, l, users)
			}
		}
		for g := range elb.Groups(tx, scope(h.w.ctx)) {
			want := users[g.ARN]
			if got := elb.LoadBalancersOf(tx, g.ARN); !slices.Equal(got, want) {
				h.t.Fatalf("%s belongs to %v, its rules say %v", g.Name, got, want)
			}
			if len(want) > 1 {
				h.t.Fatalf("%s belongs to %d load balancers", g.Name, len(want))
			}
			if elb.Associated(tx, g.ARN) != (len(want) > 0) {
				h.t.Fatalf("%s: in use is wrong", g.Name)
			}
			delete(users, g.ARN)
		}
		if len(users) > 0 {
			h.t.Fatalf("rules forward to groups that do not exist: %v", users)
		}
	})
}

func (h *history) checkRules(tx *store.Tx, lb *elb.LoadBalancer, l *elb.Listener, users map[string][]string) {
	priorities := map[int]bool{}
	defaults := 0
	for r := range elb.Rules(tx, l.ARN) {
		if r.Default {
			defaults++
		}
		if priorities[r.Priority] {
			h.t.Fatalf("priority %d occurs twice", r.Priority)
		}
		priorities[r.Priority] = true
		for _, g := range r.Groups() {
			if !slices.Contains(users[g], lb.ARN) {
				users[g] = append(users[g], lb.ARN)
			}
		}
		h.checkStored(r)
	}
	if r, ok := elb.GetRule(tx, l.DefaultRule); defaults != 1 || !ok || !r.Default {
		h.t.Fatalf("a listener has %d default rules", defaults)
	}
}

// checkStored: what is echoed after a restart is what is echoed now.
func (h *history) checkStored(r *elb.Rule) {
	for _, pair := range []struct{ was, is any }{{r.Actions.V, &[]types.Action{}}, {r.Conditions.V, &[]types.RuleCondition{}}} {
		text, err := wire.MarshalJSON(pair.was, true)
		if err == nil {
			err = wire.UnmarshalJSON(text, pair.is, true)
		}
		if is := reflect.ValueOf(pair.is).Elem(); err != nil || is.Len() > 0 && !reflect.DeepEqual(is.Interface(), pair.was) {
			h.t.Fatalf("%s came back as %+v, %v", text, pair.is, err)
		}
	}
}

// Whatever is called in whatever order: priorities are unique, LoadBalancerArns
// are derived, a group has one load balancer, and every table compiles (the
// harness's proxy compiles each).
func TestHistoriesKeepInvariants(t *testing.T) {
	w := newWorld(t, Options{})
	rapid.Check(t, func(t *rapid.T) {
		h := &history{w: w, t: t}
		t.Repeat(h.calls())
		h.clear()
	})
	await(t, "addresses back", func() bool { return w.pool.len() == 0 })
}

// clear deletes everything, so that histories begin alike.
func (h *history) clear() {
	lbs, _, _, _ := h.arns()
	for _, lb := range lbs {
		if _, err := h.w.s.DeleteLoadBalancer(h.w.ctx, &elasticloadbalancingv2.DeleteLoadBalancerInput{LoadBalancerArn: &lb}); err != nil {
			h.t.Fatal(err)
		}
	}
	_, _, _, groups := h.arns()
	for _, g := range groups {
		if _, err := h.w.s.DeleteTargetGroup(h.w.ctx, &elasticloadbalancingv2.DeleteTargetGroupInput{TargetGroupArn: &g}); err != nil {
			h.t.Fatal(err)
		}
	}
	h.check()
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(5 * time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("waited in vain for: " + what)
		}
	}
}
