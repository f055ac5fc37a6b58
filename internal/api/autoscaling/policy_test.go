package autoscaling

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

const (
	stepping = types.PolicyTypeStepScaling
	tracking = types.PolicyTypeTargetTrackingScaling
)

func (w *world) put(name string, kind types.PolicyType, step *types.StepScalingPolicyConfiguration, track *types.TargetTrackingScalingPolicyConfiguration) (*api.PutScalingPolicyOutput, error) {
	return w.PutScalingPolicy(w.Context(), &api.PutScalingPolicyInput{
		ServiceNamespace: namespace, ResourceId: web, ScalableDimension: dimension, PolicyName: &name, PolicyType: kind,
		StepScalingPolicyConfiguration: step, TargetTrackingScalingPolicyConfiguration: track,
	})
}

// cpu tracks the CPU utilization of the service.
func cpu(target float64) *types.TargetTrackingScalingPolicyConfiguration {
	return &types.TargetTrackingScalingPolicyConfiguration{
		TargetValue: &target, PredefinedMetricSpecification: &types.PredefinedMetricSpecification{PredefinedMetricType: types.MetricTypeECSServiceAverageCPUUtilization},
	}
}

func TestPolicies(t *testing.T) {
	w := start(t)
	ctx := t.Context()
	_, err := w.put("cpu", tracking, nil, cpu(50))
	w.fails(err, "ObjectNotFoundException", "No scalable target registered for service namespace: ecs")
	w.register(web, 1, 4)
	made, err := w.put("cpu", tracking, nil, cpu(50))
	w.ok(err)
	if a := *made.PolicyARN; !strings.HasPrefix(a, "arn:aws:autoscaling:eu-west-1:000000000000:scalingPolicy:") || !strings.HasSuffix(a, ":resource/ecs/service/c/web:policyName/cpu") {
		t.Error(a)
	}
	if len(made.Alarms) != 2 || !strings.HasPrefix(*made.Alarms[0].AlarmName, "TargetTracking-service/c/web-AlarmHigh-") || !strings.HasPrefix(*made.Alarms[1].AlarmName, "TargetTracking-service/c/web-AlarmLow-") {
		t.Errorf("%+v", made.Alarms)
	}
	again, err := w.put("cpu", "", nil, cpu(60))
	w.ok(err)
	if *again.PolicyARN != *made.PolicyARN || *again.Alarms[0].AlarmARN != *made.Alarms[0].AlarmARN {
		t.Errorf("%+v", again)
	}
	_, err = w.put("cpu2", tracking, nil, cpu(70))
	w.fails(err, "ValidationException", "Only one TargetTrackingScaling policy for a given metric specification is allowed.")
	_, err = w.put("cpu", stepping, &types.StepScalingPolicyConfiguration{}, nil)
	w.fails(err, "ValidationException", "cannot be changed")
	_, err = w.put("p", types.PolicyTypePredictiveScaling, nil, nil)
	w.fails(err, "ValidationException", "no predictive scaling")
	_, err = w.put("p", stepping, nil, cpu(50))
	w.fails(err, "ValidationException", "takes a StepScalingPolicyConfiguration")
	_, err = w.put("more", "", &types.StepScalingPolicyConfiguration{
		AdjustmentType: types.AdjustmentTypeChangeInCapacity, StepAdjustments: []types.StepAdjustment{{MetricIntervalLowerBound: aws.Float64(0), ScalingAdjustment: aws.Int32(1)}},
	}, nil)
	w.ok(err)
	got, err := w.DescribeScalingPolicies(ctx, &api.DescribeScalingPoliciesInput{ServiceNamespace: namespace, ResourceId: web})
	w.ok(err)
	if x := got.ScalingPolicies; len(x) != 2 || *x[0].TargetTrackingScalingPolicyConfiguration.TargetValue != 60 || len(x[0].Alarms) != 2 || x[1].PolicyType != stepping || len(x[1].Alarms) != 0 {
		t.Errorf("%+v", x)
	}
	drop := &api.DeleteScalingPolicyInput{ServiceNamespace: namespace, ResourceId: web, ScalableDimension: dimension, PolicyName: aws.String("cpu")}
	_, err = w.DeleteScalingPolicy(ctx, drop)
	w.ok(err)
	_, err = w.DeleteScalingPolicy(ctx, drop)
	w.fails(err, "ObjectNotFoundException", "No scaling policy named cpu found for service namespace: ecs")
	w.store.View(func(tx *store.Tx) {
		for _, a := range watch.Alarms.All(tx) {
			t.Errorf("the alarm %s outlives its policy", a.Name)
		}
	})
}

func TestSteps(t *testing.T) {
	w := start(t)
	w.register(web, 1, 4)
	type bounds = [2]*float64
	f := aws.Float64
	for _, c := range []struct {
		steps []bounds
		part  string // "" = accepted
	}{
		{[]bounds{{f(0), nil}}, ""},
		{[]bounds{{nil, f(0)}}, ""},
		{[]bounds{{f(10), nil}, {f(0), f(10)}}, ""},
		{[]bounds{{nil, f(-10)}, {f(-10), f(0)}}, ""},
		{[]bounds{{nil, f(-10)}, {f(-10), f(10)}, {f(10), nil}}, ""},
		{nil, "At least one step adjustment"},
		{[]bounds{{nil, nil}}, "must have a MetricIntervalLowerBound"},
		{[]bounds{{f(5), f(5)}}, "less than its upper bound"},
		{[]bounds{{f(0), f(10)}, {f(11), nil}}, "leave gaps"},
		{[]bounds{{f(0), f(10)}, {f(9), nil}}, "overlap"},
		{[]bounds{{f(0), nil}, {f(10), nil}}, "overlap"},
		{[]bounds{{f(0), f(10)}}, "With a positive upper bound"},
		{[]bounds{{f(-10), f(0)}}, "With a negative lower bound"},
	} {
		in := &types.StepScalingPolicyConfiguration{AdjustmentType: types.AdjustmentTypeExactCapacity}
		for _, b := range c.steps {
			in.StepAdjustments = append(in.StepAdjustments, types.StepAdjustment{MetricIntervalLowerBound: b[0], MetricIntervalUpperBound: b[1], ScalingAdjustment: aws.Int32(1)})
		}
		_, err := w.put("p", stepping, in, nil)
		if c.part == "" {
			w.ok(err)
		} else {
			w.fails(err, "ValidationException", c.part)
		}
	}
	good := []types.StepAdjustment{{MetricIntervalLowerBound: f(0), ScalingAdjustment: aws.Int32(-1)}}
	for part, in := range map[string]*types.StepScalingPolicyConfiguration{
		"AdjustmentType is required": {StepAdjustments: good},
		"adjustmentType":             {AdjustmentType: "Add", StepAdjustments: good},
		"metricAggregationType":      {AdjustmentType: types.AdjustmentTypeChangeInCapacity, MetricAggregationType: "Sum", StepAdjustments: good},
		"PercentChangeInCapacity":    {AdjustmentType: types.AdjustmentTypeChangeInCapacity, MinAdjustmentMagnitude: aws.Int32(1), StepAdjustments: good},
		"Cooldown":                   {AdjustmentType: types.AdjustmentTypeChangeInCapacity, Cooldown: aws.Int32(-1), StepAdjustments: good},
		"ExactCapacity":              {AdjustmentType: types.AdjustmentTypeExactCapacity, StepAdjustments: good},
	} {
		_, err := w.put("p", stepping, in, nil)
		w.fails(err, "ValidationException", part)
	}
}

func TestTracking(t *testing.T) {
	w := start(t)
	w.register(web, 1, 4)
	label := aws.String("app/lb/0123/targetgroup/blue/4567")
	predefined := func(kind types.MetricType, label *string) *types.TargetTrackingScalingPolicyConfiguration {
		return &types.TargetTrackingScalingPolicyConfiguration{TargetValue: aws.Float64(10), PredefinedMetricSpecification: &types.PredefinedMetricSpecification{PredefinedMetricType: kind, ResourceLabel: label}}
	}
	custom := func(m types.CustomizedMetricSpecification) *types.TargetTrackingScalingPolicyConfiguration {
		return &types.TargetTrackingScalingPolicyConfiguration{TargetValue: aws.Float64(10), CustomizedMetricSpecification: &m}
	}
	sum := func(id, name string) types.TargetTrackingMetricDataQuery {
		return types.TargetTrackingMetricDataQuery{Id: &id, ReturnData: aws.Bool(false), MetricStat: &types.TargetTrackingMetricStat{
			Stat: aws.String("Sum"), Metric: &types.TargetTrackingMetric{Namespace: aws.String("n"), MetricName: &name},
		}}
	}
	ratio := types.TargetTrackingMetricDataQuery{Id: aws.String("r"), Expression: aws.String("a/b")}
	for _, c := range []struct {
		in   *types.TargetTrackingScalingPolicyConfiguration
		part string // "" = accepted
	}{
		{predefined(types.MetricTypeECSServiceAverageMemoryUtilization, nil), ""},
		{predefined(types.MetricTypeALBRequestCountPerTarget, label), ""},
		{custom(types.CustomizedMetricSpecification{Namespace: aws.String("n"), MetricName: aws.String("m"), Statistic: types.MetricStatisticAverage}), ""},
		{custom(types.CustomizedMetricSpecification{Metrics: []types.TargetTrackingMetricDataQuery{sum("a", "x"), sum("b", "y"), ratio}}), ""},
		{predefined(types.MetricTypeALBRequestCountPerTarget, nil), "needs a ResourceLabel"},
		{predefined(types.MetricTypeECSServiceAverageCPUUtilization, label), "ResourceLabel must not be specified"},
		{predefined(types.MetricTypeDynamoDBReadCapacityUtilization, nil), "is not one of ECS services"},
		{predefined("CPU", nil), "Member must satisfy enum value set"},
		{custom(types.CustomizedMetricSpecification{Namespace: aws.String("n"), MetricName: aws.String("m")}), "needs MetricName, Namespace and Statistic"},
		{custom(types.CustomizedMetricSpecification{Metrics: []types.TargetTrackingMetricDataQuery{sum("a", "x"), ratio}}), "cannot be computed"},
		{custom(types.CustomizedMetricSpecification{Metrics: []types.TargetTrackingMetricDataQuery{sum("a", "x")}}), "Exactly one of the metrics"},
		{custom(types.CustomizedMetricSpecification{Unit: aws.String("Count"), Metrics: []types.TargetTrackingMetricDataQuery{ratio}}), "Metrics excludes"},
		{&types.TargetTrackingScalingPolicyConfiguration{TargetValue: aws.Float64(1)}, "Exactly one of PredefinedMetricSpecification"},
		{cpu(0), "target value"},
	} {
		_, err := w.put("p", tracking, nil, c.in)
		if c.part == "" {
			w.ok(err)
		} else {
			w.fails(err, "ValidationException", c.part)
		}
	}
	_, err := w.put("requests", tracking, nil, predefined(types.MetricTypeALBRequestCountPerTarget, label))
	w.ok(err)
	w.store.View(func(tx *store.Tx) {
		for _, a := range watch.Alarms.All(tx) {
			v := a.Metric.V
			if !strings.Contains(*v.AlarmDescription, "policyName/requests") {
				continue
			}
			var dims []string
			for _, d := range v.Dimensions {
				dims = append(dims, *d.Name+"="+*d.Value)
			}
			if *v.MetricName != "RequestCountPerTarget" || v.Statistic != "Sum" || !slices.Equal(dims, []string{"TargetGroup=targetgroup/blue/4567", "LoadBalancer=app/lb/0123"}) {
				t.Errorf("%+v %v", v, dims)
			}
		}
	})
}
