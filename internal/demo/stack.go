package demo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// stack is what stands in front of the service.
type stack struct {
	url     string // of the load balancer
	group   string // ARN of the target group
	subnets []string
}

// makeStack makes a load balancer with a listener on port 80 that forwards to a
// target group. What exists is used: these calls answer the same again.
func (d *demo) makeStack(ctx context.Context) (*stack, error) {
	vpc, subnets, err := d.subnets(ctx)
	if err != nil {
		return nil, err
	}
	lb, err := d.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String(name), Subnets: subnets})
	if err != nil {
		return nil, err
	}
	group, err := d.elb.CreateTargetGroup(ctx, &elb.CreateTargetGroupInput{
		Name: aws.String(name), VpcId: &vpc, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(8080), TargetType: types.TargetTypeEnumIp,
		HealthCheckPath: aws.String("/healthz"), HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(2),
		HealthyThresholdCount: aws.Int32(2), UnhealthyThresholdCount: aws.Int32(2),
	})
	if err != nil {
		return nil, err
	}
	s := &stack{
		url: "http://" + *lb.LoadBalancers[0].DNSName, group: *group.TargetGroups[0].TargetGroupArn, subnets: subnets,
	}
	_, err = d.elb.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &s.group, Attributes: []types.TargetGroupAttribute{{
			Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("2"),
		}},
	})
	if err != nil {
		return nil, err
	}
	return s, d.listener(ctx, *lb.LoadBalancers[0].LoadBalancerArn, s.group)
}

func (d *demo) listener(ctx context.Context, lb, group string) error {
	_, err := d.elb.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: &lb, Port: aws.Int32(80), Protocol: types.ProtocolEnumHttp,
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &group}},
	})
	if is(err, "DuplicateListener") || is(err, "DuplicateListenerException") {
		return nil
	}
	return err
}
