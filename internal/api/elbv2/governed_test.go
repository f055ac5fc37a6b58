package elbv2

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/store"
)

// stack is what an infrastructure tool applies again and again, by the calls that
// Terraform's aws_lb_listener and aws_lb_listener_rule make.
type stack struct {
	*world
	client             *elasticloadbalancingv2.Client
	lb, listener, rule string
	blue, green        string
}

func newStack(t *testing.T) *stack {
	w := newWorld(t, Options{})
	s := &stack{world: w, client: elasticloadbalancingv2.New(elasticloadbalancingv2.Options{
		BaseEndpoint: aws.String(w.serve()), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})}
	ctx := context.Background()
	lb, err := s.client.CreateLoadBalancer(ctx, &elasticloadbalancingv2.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: []string{"subnet-a", "subnet-b"}})
	s.must(err)
	s.lb = *lb.LoadBalancers[0].LoadBalancerArn
	for name, to := range map[string]*string{"blue": &s.blue, "green": &s.green} {
		out, err := s.client.CreateTargetGroup(ctx, &elasticloadbalancingv2.CreateTargetGroupInput{
			Name: &name, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: aws.String("vpc-1"), TargetType: types.TargetTypeEnumIp,
		})
		s.must(err)
		*to = *out.TargetGroups[0].TargetGroupArn
	}
	s.listener = *s.createListener().ListenerArn
	rule, err := s.client.CreateRule(ctx, &elasticloadbalancingv2.CreateRuleInput{
		ListenerArn: &s.listener, Priority: aws.Int32(10), Conditions: paths("/a/*"), Actions: s.pair(100, 0),
	})
	s.must(err)
	s.rule = *rule.Rules[0].RuleArn
	return s
}

func (s *stack) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func paths(values ...string) []types.RuleCondition {
	return []types.RuleCondition{{Field: aws.String("path-pattern"), PathPatternConfig: &types.PathPatternConditionConfig{Values: values}}}
}

// pair forwards to both groups, as Terraform's forward block does.
func (s *stack) pair(toBlue, toGreen int32) []types.Action {
	return []types.Action{{Type: types.ActionTypeEnumForward, Order: aws.Int32(1), ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{
		{TargetGroupArn: &s.green, Weight: &toGreen}, {TargetGroupArn: &s.blue, Weight: &toBlue},
	}}}}
}

func (s *stack) createListener() types.Listener {
	s.t.Helper()
	out, err := s.client.CreateListener(context.Background(), &elasticloadbalancingv2.CreateListenerInput{
		LoadBalancerArn: &s.lb, Port: aws.Int32(80), Protocol: types.ProtocolEnumHttp,
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, Order: aws.Int32(1), TargetGroupArn: &s.blue}},
	})
	s.must(err)
	return out.Listeners[0]
}

// shift moves all traffic of rule and listener to green, as a deployment does.
func (s *stack) shift() {
	s.t.Helper()
	s.must(s.st.Update(func(tx *store.Tx) error {
		for _, at := range []string{s.rule, s.listener} {
			if err := elb.SetWeights(tx, at, map[string]int{s.blue: 0, s.green: 100}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// expect compares weights as an answer shows them.
func (s *stack) expect(call string, actions []types.Action, toBlue, toGreen int32) {
	s.t.Helper()
	got := map[string]int32{}
	for _, a := range actions {
		if a.ForwardConfig == nil {
			s.t.Fatalf("%s: %+v", call, a)
		}
		for _, t := range a.ForwardConfig.TargetGroups {
			got[*t.TargetGroupArn] = *t.Weight
		}
	}
	if len(got) != 2 || got[s.blue] != toBlue || got[s.green] != toGreen {
		s.t.Errorf("%s: blue %d, green %d of %d; want %d, %d", call, got[s.blue], got[s.green], len(got), toBlue, toGreen)
	}
}

func (s *stack) modify(in *elasticloadbalancingv2.ModifyRuleInput) types.Rule {
	s.t.Helper()
	in.RuleArn = &s.rule
	out, err := s.client.ModifyRule(context.Background(), in)
	s.must(err)
	return out.Rules[0]
}

// Applying a stack again after a shift undoes nothing: not with the same rules, nor
// with changes of what is not the deployment's.
func TestApplyingAgainKeepsAShift(t *testing.T) {
	s := newStack(t)
	ctx := context.Background()
	s.shift()

	rule := s.modify(&elasticloadbalancingv2.ModifyRuleInput{Conditions: paths("/a/*"), Actions: s.pair(100, 0)})
	s.expect("ModifyRule", rule.Actions, 0, 100)
	rule = s.modify(&elasticloadbalancingv2.ModifyRuleInput{Conditions: paths("/b/*"), Actions: s.pair(100, 0)})
	s.expect("ModifyRule with another condition", rule.Actions, 0, 100)
	if got := rule.Conditions[0].Values; !slices.Equal(got, []string{"/b/*"}) {
		t.Errorf("conditions %v", got)
	}
	sticky := s.pair(100, 0)
	sticky[0].ForwardConfig.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(60)}
	rule = s.modify(&elasticloadbalancingv2.ModifyRuleInput{Actions: sticky})
	s.expect("ModifyRule with stickiness", rule.Actions, 0, 100)
	if c := rule.Actions[0].ForwardConfig.TargetGroupStickinessConfig; c == nil || !*c.Enabled || *c.DurationSeconds != 60 {
		t.Errorf("stickiness %+v", c)
	}
	moved, err := s.client.SetRulePriorities(ctx, &elasticloadbalancingv2.SetRulePrioritiesInput{RulePriorities: []types.RulePriorityPair{{RuleArn: &s.rule, Priority: aws.Int32(20)}}})
	s.must(err)
	s.expect("SetRulePriorities", moved.Rules[0].Actions, 0, 100)
	_, err = s.client.AddTags(ctx, &elasticloadbalancingv2.AddTagsInput{ResourceArns: []string{s.rule, s.listener}, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}})
	s.must(err)
	s.expect("ModifyRule after all that", s.modify(&elasticloadbalancingv2.ModifyRuleInput{Actions: s.pair(100, 0)}).Actions, 0, 100)

	for _, form := range [][]types.Action{
		{{Type: types.ActionTypeEnumForward, TargetGroupArn: &s.blue}},
		{{Type: types.ActionTypeEnumForward, Order: aws.Int32(1), TargetGroupArn: &s.blue, ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{{TargetGroupArn: &s.blue, Weight: aws.Int32(1)}}}}},
	} {
		out, err := s.client.ModifyListener(ctx, &elasticloadbalancingv2.ModifyListenerInput{ListenerArn: &s.listener, Port: aws.Int32(80), Protocol: types.ProtocolEnumHttp, DefaultActions: form})
		s.must(err)
		s.expect("ModifyListener", out.Listeners[0].DefaultActions, 0, 100)
	}
	_, err = s.client.RemoveTags(ctx, &elasticloadbalancingv2.RemoveTagsInput{ResourceArns: []string{s.listener}, TagKeys: []string{"a"}})
	s.must(err)
	again := s.createListener()
	if s.expect("CreateListener again", again.DefaultActions, 0, 100); *again.ListenerArn != s.listener {
		t.Errorf("another listener: %s", *again.ListenerArn)
	}
	described, err := s.client.DescribeRules(ctx, &elasticloadbalancingv2.DescribeRulesInput{RuleArns: []string{s.rule}})
	s.must(err)
	s.expect("DescribeRules", described.Rules[0].Actions, 0, 100)
}

// A rule that says something new is an edit and takes effect.
func TestEditingAShiftedRule(t *testing.T) {
	s := newStack(t)
	ctx := context.Background()
	s.shift()
	s.expect("ModifyRule", s.modify(&elasticloadbalancingv2.ModifyRuleInput{Actions: s.pair(90, 10)}).Actions, 90, 10)
	s.expect("ModifyRule", s.modify(&elasticloadbalancingv2.ModifyRuleInput{Actions: s.pair(100, 0)}).Actions, 100, 0)
	out, err := s.client.ModifyListener(ctx, &elasticloadbalancingv2.ModifyListenerInput{ListenerArn: &s.listener, DefaultActions: s.pair(1, 0)})
	s.must(err)
	s.expect("ModifyListener", out.Listeners[0].DefaultActions, 1, 0)
	s.shift()
	_, err = s.client.ModifyListener(ctx, &elasticloadbalancingv2.ModifyListenerInput{ListenerArn: &s.listener, DefaultActions: []types.Action{
		{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("503")}},
	}})
	s.must(err)
	s.st.View(func(tx *store.Tx) {
		if _, err := elb.Serving(tx, s.listener); err == nil {
			t.Error("the listener still forwards")
		}
	})
}

// A refused statement changes nothing.
func TestBadRestatementChangesNothing(t *testing.T) {
	s := newStack(t)
	s.shift()
	for _, actions := range [][]types.Action{s.pair(1000, 0), append(s.pair(100, 0), s.pair(100, 0)...)} {
		_, err := s.client.ModifyRule(context.Background(), &elasticloadbalancingv2.ModifyRuleInput{RuleArn: &s.rule, Actions: actions})
		if err == nil {
			t.Errorf("%+v was accepted", actions)
		}
	}
	s.expect("ModifyRule", s.modify(&elasticloadbalancingv2.ModifyRuleInput{Actions: s.pair(100, 0)}).Actions, 0, 100)
}
