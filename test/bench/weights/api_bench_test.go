package weights_test

import (
	"context"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

// BenchmarkModifyListener changes weights through the API, one call after
// another, as a deployment tool does.
func BenchmarkModifyListener(b *testing.B) {
	rig.NeedRoot(b)
	g := harness.Start(b)
	service := g.NewService(b, "bench", g.Guest(b, "v1", ""), 2)
	second := secondGroup(b, g, service)
	address := hostPort(b, service.URL)
	modify := func(weight int32) {
		forward := types.Action{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{
			{TargetGroupArn: &service.TargetGroup, Weight: aws.Int32(weight)}, {TargetGroupArn: &second, Weight: aws.Int32(100 - weight)},
		}}}
		in := &elb.ModifyListenerInput{ListenerArn: &service.Listener, DefaultActions: []types.Action{forward}}
		if _, err := g.ELB().ModifyListener(context.Background(), in); err != nil {
			b.Error(err)
		}
	}
	modify(50)
	healthy(b, g, second)
	pid := g.PIDs("proxy")[0]
	steady := load(b, address, pid, func(<-chan struct{}) int { return 0 })
	var times []time.Duration
	moving := load(b, address, pid, func(stop <-chan struct{}) int {
		for {
			select {
			case <-stop:
				return len(times)
			default:
			}
			began := time.Now()
			modify(int32(len(times)%99) + 1)
			times = append(times, time.Since(began))
		}
	})
	t := rig.NewTable("Weights of a rule change under load, ModifyListener with the SDK for Go, one client", columns...)
	t.Row(steady.row("no change")...)
	t.Row(moving.row("as fast as it goes")...)
	t.Note("A ModifyListener takes %.2f ms at the median, %.2f ms at p99, on processors that the load keeps busy.", rig.Millis(rig.Median(times)), rig.Millis(rig.Quantile(times, 0.99)))
	t.Print()
	b.ReportMetric(float64(moving.Failed), "failed")
	b.ReportMetric(moving.changesPerSecond(), "changes/s")
	b.ReportMetric(0, "ns/op")
}

// secondGroup is another target group with the tasks of the service as targets.
func secondGroup(b *testing.B, g *harness.Grue, s *harness.Service) string {
	b.Helper()
	group := g.Group(b, s.Name+"-2", nil)
	var targets []types.TargetDescription
	for _, t := range s.Details(b) {
		targets = append(targets, types.TargetDescription{Id: aws.String(harness.Detail(t, "privateIPv4Address"))})
	}
	if _, err := g.ELB().RegisterTargets(context.Background(), &elb.RegisterTargetsInput{TargetGroupArn: &group, Targets: targets}); err != nil {
		b.Fatal(err)
	}
	return group
}

func healthy(b *testing.B, g *harness.Grue, group string) {
	b.Helper()
	harness.Await(b, "both targets of the second group are healthy", func() bool {
		out, err := g.ELB().DescribeTargetHealth(context.Background(), &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, d := range out.TargetHealthDescriptions {
			if d.TargetHealth.State == types.TargetHealthStateEnumHealthy {
				n++
			}
		}
		return n == 2
	})
}

// hostPort is where a load balancer's URL leads.
func hostPort(b *testing.B, link string) string {
	b.Helper()
	u, err := url.Parse(link)
	if err != nil {
		b.Fatal(err)
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}
