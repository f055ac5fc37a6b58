package elbv2

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/route"
)

// A target that became unhealthy is told to drain for as long as its connections are
// left alone, and never why its checks failed.
func TestUnhealthyNetworkTargets(t *testing.T) {
	now := time.Now()
	w := newWorld(t, Options{Now: func() time.Time { return now }})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	group, err := w.s.CreateTargetGroup(w.ctx, &elasticloadbalancingv2.CreateTargetGroupInput{
		Name: aws.String("stream"), Protocol: types.ProtocolEnumTcp, Port: aws.Int32(7), VpcId: aws.String("vpc-1"), TargetType: types.TargetTypeEnumIp,
	})
	must(err)
	id := group.TargetGroups[0].TargetGroupArn
	lb, err := w.s.CreateLoadBalancer(w.ctx, &elasticloadbalancingv2.CreateLoadBalancerInput{Name: aws.String("edge"), Type: types.LoadBalancerTypeEnumNetwork, Subnets: []string{"subnet-a"}})
	must(err)
	_, err = w.s.CreateListener(w.ctx, &elasticloadbalancingv2.CreateListenerInput{
		LoadBalancerArn: lb.LoadBalancers[0].LoadBalancerArn, Protocol: types.ProtocolEnumTcp, Port: aws.Int32(7),
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: id}},
	})
	must(err)
	_, err = w.s.RegisterTargets(w.ctx, &elasticloadbalancingv2.RegisterTargetsInput{TargetGroupArn: id, Targets: []types.TargetDescription{{Id: aws.String("10.0.0.7")}}})
	must(err)
	fails := func() { // the harness's proxy finds targets healthy with every new table
		t.Helper()
		must(w.b.WaitApplied(w.ctx))
		target := w.plane.table().Groups[*id].Targets[0]
		w.plane.health([]route.Health{{Group: *id, ID: target.ID, Port: 7, State: elb.Unhealthy, Reason: "Target.Timeout", Description: "Request timed out", Registered: target.Registered, At: now}})
	}
	expect := func(when, state string) {
		t.Helper()
		out, err := w.s.DescribeTargetHealth(w.ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: id})
		must(err)
		if h := out.TargetHealthDescriptions[0].TargetHealth; string(h.State) != state || h.Reason != "Target.FailedHealthChecks" || aws.ToString(h.Description) != "Health checks failed" {
			t.Errorf("%s: %s %s %s, want %s", when, h.State, h.Reason, aws.ToString(h.Description), state)
		}
	}
	fails()
	expect("connections are cut", "unhealthy")
	_, err = w.s.ModifyTargetGroupAttributes(w.ctx, &elasticloadbalancingv2.ModifyTargetGroupAttributesInput{TargetGroupArn: id, Attributes: []types.TargetGroupAttribute{
		{Key: aws.String(cutUnhealthy), Value: aws.String("false")}, {Key: aws.String(unhealthyDrain), Value: aws.String("60")},
	}})
	must(err)
	fails()
	expect("within the interval", "unhealthy.draining")
	now = now.Add(time.Minute)
	expect("after it", "unhealthy")
}
