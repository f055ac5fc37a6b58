//go:build slow

package blackbox

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestSlowScalingPredefined: services go to two tasks under load and back to one
// after it, by each metric that AWS has ready for services.
func TestSlowScalingPredefined(t *testing.T) {
	t.Parallel()
	g := harness.Start(t, "--minute", "500ms")
	work := func(t *testing.T, svc *harness.Service, step ...string) (stop func()) {
		t.Helper()
		at := strings.TrimPrefix(svc.Inside(t).URL, "http://")
		ask(t, at, step...)
		return func() { ask(t, at, "rest") }
	}
	for _, c := range []struct {
		name   string
		metric scalingtypes.MetricType
		target float64
		load   func(t *testing.T, svc *harness.Service) (stop func())
	}{
		{"scale-cpu", scalingtypes.MetricTypeECSServiceAverageCPUUtilization, 40, func(t *testing.T, svc *harness.Service) func() { return work(t, svc, "burn") }},
		{"scale-memory", scalingtypes.MetricTypeECSServiceAverageMemoryUtilization, 40, func(t *testing.T, svc *harness.Service) func() { return work(t, svc, "hold", "300") }},
		{"scale-requests", scalingtypes.MetricTypeALBRequestCountPerTarget, 10, func(t *testing.T, svc *harness.Service) func() {
			harness.StartTraffic(t, harness.Lane{URL: svc.URL, Connections: 1, Pace: 100 * time.Millisecond}) // without any there is no metric
			return harness.StartTraffic(t, harness.Lane{URL: svc.URL, Connections: 4}).Stop
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			svc := g.NewServiceOf(t, harness.ServiceSpec{Name: c.name, Image: g.Guest(t, "v1", ""), Count: 1, NoBalancer: c.metric != scalingtypes.MetricTypeALBRequestCountPerTarget})
			x := track(t, g, svc, c.metric, c.target)
			stop := c.load(t, svc)
			tasks := func(n int32) func() bool {
				return func() bool { s := svc.Describe(t); return s.DesiredCount == n && s.RunningCount == n }
			}
			harness.Await(t, "two tasks", tasks(2))
			stop()
			harness.Await(t, "one task", tasks(1))
			harness.Await(t, "the last activity to end", func() bool {
				all := x.changes(t)
				return all[len(all)-1] == "1 Successful"
			})
			all := x.changes(t)
			t.Log(all)
			if !strings.HasPrefix(all[0], "2 ") {
				t.Errorf("%q: want the first to be 2", all)
			}
		})
	}
}

// track lets a service have one or two tasks, so that a metric stays near a target.
func track(t *testing.T, g *harness.Grue, svc *harness.Service, metric scalingtypes.MetricType, target float64) *scaled {
	t.Helper()
	x := &scaled{client: scaling.NewFromConfig(g.Config()), resource: aws.String("service/default/" + svc.Name)}
	_, err := x.client.RegisterScalableTarget(t.Context(), &scaling.RegisterScalableTargetInput{
		ServiceNamespace: "ecs", ResourceId: x.resource, ScalableDimension: "ecs:service:DesiredCount", MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(2),
	})
	if err != nil {
		t.Fatal(err)
	}
	spec := &scalingtypes.PredefinedMetricSpecification{PredefinedMetricType: metric}
	if svc.Balancer != "" {
		_, balancer, _ := strings.Cut(svc.Balancer, ":loadbalancer/")
		group := svc.TargetGroup[strings.LastIndexByte(svc.TargetGroup, ':')+1:]
		spec.ResourceLabel = aws.String(balancer + "/" + group)
	}
	_, err = x.client.PutScalingPolicy(t.Context(), &scaling.PutScalingPolicyInput{
		ServiceNamespace: "ecs", ResourceId: x.resource, ScalableDimension: "ecs:service:DesiredCount",
		PolicyName: aws.String("track"), PolicyType: scalingtypes.PolicyTypeTargetTrackingScaling,
		TargetTrackingScalingPolicyConfiguration: &scalingtypes.TargetTrackingScalingPolicyConfiguration{
			TargetValue: &target, ScaleOutCooldown: aws.Int32(60), ScaleInCooldown: aws.Int32(60), PredefinedMetricSpecification: spec,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}
