package blackbox

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	scalingtypes "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// scaled is a service with a scalable target.
type scaled struct {
	*harness.Shift
	client   *scaling.Client
	resource *string
}

// scale lets a service have from 1 to 3 tasks, so that each answers some requests a
// minute, whichever of its target groups serves.
func scale(t *testing.T, g *harness.Grue, svc *harness.Shift, requests float64) *scaled {
	t.Helper()
	x := &scaled{svc, scaling.NewFromConfig(g.Config()), aws.String("service/default/" + svc.Name)}
	_, err := x.client.RegisterScalableTarget(t.Context(), &scaling.RegisterScalableTargetInput{
		ServiceNamespace: "ecs", ResourceId: x.resource, ScalableDimension: "ecs:service:DesiredCount", MinCapacity: aws.Int32(1), MaxCapacity: aws.Int32(3),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.client.PutScalingPolicy(t.Context(), &scaling.PutScalingPolicyInput{
		ServiceNamespace: "ecs", ResourceId: x.resource, ScalableDimension: "ecs:service:DesiredCount",
		PolicyName: aws.String("requests"), PolicyType: scalingtypes.PolicyTypeTargetTrackingScaling,
		TargetTrackingScalingPolicyConfiguration: &scalingtypes.TargetTrackingScalingPolicyConfiguration{
			TargetValue: &requests, ScaleOutCooldown: aws.Int32(60), ScaleInCooldown: aws.Int32(60),
			CustomizedMetricSpecification: &scalingtypes.CustomizedMetricSpecification{Metrics: []scalingtypes.TargetTrackingMetricDataQuery{
				perTarget("a", svc.Fronts[0].Groups[0]), perTarget("b", svc.Fronts[0].Groups[1]),
				{Id: aws.String("both"), Expression: aws.String("SUM([a, b])")},
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// perTarget is RequestCountPerTarget of a target group.
func perTarget(id, group string) scalingtypes.TargetTrackingMetricDataQuery {
	dimension := group[strings.LastIndexByte(group, ':')+1:]
	return scalingtypes.TargetTrackingMetricDataQuery{
		Id: &id, ReturnData: aws.Bool(false), MetricStat: &scalingtypes.TargetTrackingMetricStat{
			Stat: aws.String("Sum"), Metric: &scalingtypes.TargetTrackingMetric{
				Namespace: aws.String("AWS/ApplicationELB"), MetricName: aws.String("RequestCountPerTarget"),
				Dimensions: []scalingtypes.TargetTrackingMetricDimension{{Name: aws.String("TargetGroup"), Value: &dimension}},
			},
		},
	}
}

// changes are the desired counts that scaling set, oldest first, and what came of
// them.
func (x *scaled) changes(t *testing.T) (out []string) {
	t.Helper()
	got, err := x.client.DescribeScalingActivities(t.Context(), &scaling.DescribeScalingActivitiesInput{ServiceNamespace: "ecs", ResourceId: x.resource})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range got.ScalingActivities {
		count := strings.TrimSuffix(strings.TrimPrefix(*a.Description, "Setting desired count to "), ".")
		out = append([]string{count + " " + string(a.StatusCode)}, out...)
	}
	return out
}

// TestScalingDuringCanary: requests beyond the target scale a service out while a
// canary deployment waits: blue and green alike, without losing a request.
func TestScalingDuringCanary(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	const pause = "POST_TEST_TRAFFIC_SHIFT"
	svc := g.NewShift(t, harness.ShiftSpec{Name: "scaling", Image: g.Guest(t, "v1", ""), Count: 1})
	svc.Configure(t, harness.Canary(10, 1, harness.PauseAt(pause)))
	x := scale(t, g, svc, 5)
	quiet := harness.StartTraffic(t, harness.Lane{URL: svc.URL, Connections: 1, Pace: time.Second})
	svc.Update(t, g.Guest(t, "v2", ""))
	var load *harness.Traffic
	svc.Pass(t, pause, func(types.ServiceDeployment) {
		load = harness.StartTraffic(t, harness.Lane{URL: svc.URL, Connections: 4})
		svc.Deployment(t, "three tasks of blue and three of green", func(d types.ServiceDeployment) bool {
			return len(d.SourceServiceRevisions) == 1 && d.SourceServiceRevisions[0].RunningTaskCount == 3 && d.SourceServiceRevisions[0].RequestedTaskCount == 3 &&
				d.TargetServiceRevision.RunningTaskCount == 3 && d.TargetServiceRevision.RequestedTaskCount == 3
		})
	})
	if d := svc.Ended(t); d.Status != successful {
		t.Fatalf("%s: %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	load.Only(t, "after the deployment", "v2", 50, "")
	if s := svc.Describe(t); s.DesiredCount != 3 {
		t.Errorf("desired count %d, want 3\n%s", s.DesiredCount, svc.Story(t))
	}
	if want := "triggered policy requests"; !strings.Contains(svc.Story(t), want) {
		t.Errorf("no event %q:\n%s", want, svc.Story(t))
	}
	harness.Await(t, "the scaling activities to end", func() bool {
		all := x.changes(t)
		return len(all) > 0 && all[len(all)-1] == "3 Successful"
	})
	load.StopAndExpectNoFailures(t) // not before: without load the service scales in
	quiet.StopAndExpectNoFailures(t)
}
