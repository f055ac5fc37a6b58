package demo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// stack is what stands in front of the service.
type stack struct {
	url     string    // of the load balancer
	groups  [2]string // ARNs of the two target groups, of which one serves
	rule    string    // ARN of the default rule that chooses between them
	subnets []string
}

// makeStack makes a load balancer with a listener on port 80 and two target
// groups. What exists is used: these calls answer the same again.
func (d *demo) makeStack(ctx context.Context) (*stack, error) {
	vpc, subnets, err := d.subnets(ctx)
	if err != nil {
		return nil, err
	}
	lb, err := d.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String(name), Subnets: subnets})
	if err != nil {
		return nil, err
	}
	s := &stack{url: "http://" + *lb.LoadBalancers[0].DNSName, subnets: subnets}
	for i, suffix := range []string{"", "-alternate"} {
		if s.groups[i], err = d.group(ctx, name+suffix, vpc); err != nil {
			return nil, err
		}
	}
	s.rule, err = d.listener(ctx, *lb.LoadBalancers[0].LoadBalancerArn, s.groups)
	return s, err
}

func (d *demo) group(ctx context.Context, name, vpc string) (string, error) {
	out, err := d.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: &name, VpcId: &vpc, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(8080), TargetType: types.TargetTypeEnumIp,
		HealthCheckPath: aws.String("/healthz"), HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2),
		HealthyThresholdCount: aws.Int32(2), UnhealthyThresholdCount: aws.Int32(2),
	})
	if err != nil {
		return "", err
	}
	group := *out.TargetGroups[0].TargetGroupArn
	_, err = d.elb.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &group, Attributes: []types.TargetGroupAttribute{{
			Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("2"),
		}},
	})
	return group, err
}

// listener makes the listener, or finds that of an earlier run, and returns its
// default rule. A rule that shifts traffic knows both groups from the start.
func (d *demo) listener(ctx context.Context, lb string, groups [2]string) (rule string, err error) {
	actions := []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{
		TargetGroups: []types.TargetGroupTuple{
			{TargetGroupArn: &groups[0], Weight: aws.Int32(100)}, {TargetGroupArn: &groups[1], Weight: aws.Int32(0)},
		},
	}}}
	_, err = d.elb.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: &lb, Port: aws.Int32(80), Protocol: types.ProtocolEnumHttp, DefaultActions: actions,
	})
	if err != nil && !is(err, "DuplicateListener") && !is(err, "DuplicateListenerException") {
		return "", err
	}
	list, err := d.elb.DescribeListeners(ctx, &elb.DescribeListenersInput{LoadBalancerArn: &lb})
	if err != nil {
		return "", err
	}
	listener := onPort80(list.Listeners)
	if listener == nil {
		return "", errors.New("the load balancer has lost its listener on port 80 meanwhile: try again")
	}
	if !shifts(listener.DefaultActions, groups) {
		if _, err := d.elb.ModifyListener(ctx, &elb.ModifyListenerInput{ListenerArn: listener.ListenerArn, DefaultActions: actions}); err != nil {
			return "", err
		}
	}
	rules, err := d.elb.DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: listener.ListenerArn})
	if err != nil {
		return "", err
	}
	for _, r := range rules.Rules {
		if aws.ToBool(r.IsDefault) {
			return *r.RuleArn, nil
		}
	}
	return "", errors.New("the listener on port 80 has no default rule")
}

// onPort80 is the demo's listener; people may have added others.
func onPort80(list []types.Listener) *types.Listener {
	for i := range list {
		if aws.ToInt32(list[i].Port) == 80 {
			return &list[i]
		}
	}
	return nil
}

// shifts tells whether actions forward to both groups.
func shifts(actions []types.Action, groups [2]string) bool {
	if len(actions) != 1 || actions[0].ForwardConfig == nil {
		return false
	}
	has := map[string]bool{}
	for _, g := range actions[0].ForwardConfig.TargetGroups {
		has[aws.ToString(g.TargetGroupArn)] = true
	}
	return len(has) == 2 && has[groups[0]] && has[groups[1]]
}

// block is the stack as the loadBalancers of a service.
func (s *stack) block() []ecstypes.LoadBalancer {
	return []ecstypes.LoadBalancer{{
		TargetGroupArn: &s.groups[0], ContainerName: aws.String(container), ContainerPort: aws.Int32(8080),
		AdvancedConfiguration: &ecstypes.AdvancedConfiguration{
			AlternateTargetGroupArn: &s.groups[1], ProductionListenerRule: &s.rule,
			RoleArn: aws.String("arn:aws:iam::000000000000:role/ecsInfrastructureRole"),
		},
	}}
}
