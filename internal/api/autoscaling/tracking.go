package autoscaling

import (
	"math"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/scale"
	"github.com/grue-ecs/grue/internal/watch"
)

// checkTracking checks the configuration of a target tracking policy.
func checkTracking(c *types.TargetTrackingScalingPolicyConfiguration) error {
	predefined, custom := c.PredefinedMetricSpecification, c.CustomizedMetricSpecification
	switch {
	case c.TargetValue == nil:
		return absent("targetTrackingScalingPolicyConfiguration.targetValue")
	case !(*c.TargetValue >= math.Pow(2, -360) && *c.TargetValue <= math.Pow(2, 360)):
		return invalid("The target value must be between 2^-360 and 2^360; it was %g.", *c.TargetValue)
	case get(c.ScaleInCooldown) < 0 || get(c.ScaleOutCooldown) < 0:
		return invalid("ScaleInCooldown and ScaleOutCooldown must not be negative.")
	case (predefined == nil) == (custom == nil):
		return invalid("Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified.")
	case predefined != nil:
		return checkPredefined(predefined)
	case len(custom.Metrics) > 0:
		return checkMath(custom)
	}
	return checkCustom(custom)
}

func checkPredefined(m *types.PredefinedMetricSpecification) error {
	const member = "targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType"
	label := get(m.ResourceLabel)
	switch m.PredefinedMetricType {
	case "":
		return absent(member)
	case types.MetricTypeECSServiceAverageCPUUtilization, types.MetricTypeECSServiceAverageMemoryUtilization:
		if label != "" {
			return invalid("ResourceLabel must not be specified for the predefined metric %s.", m.PredefinedMetricType)
		}
		return nil
	case types.MetricTypeALBRequestCountPerTarget:
		if _, _, ok := scale.SplitLabel(label); !ok {
			return invalid("The predefined metric ALBRequestCountPerTarget needs a ResourceLabel of the form app/load-balancer-name/load-balancer-id/targetgroup/target-group-name/target-group-id; it was %q.", label)
		}
		return nil
	}
	if !slices.Contains(m.PredefinedMetricType.Values(), m.PredefinedMetricType) {
		return violated(member, m.PredefinedMetricType, "Member must satisfy enum value set: "+list(m.PredefinedMetricType.Values()))
	}
	return invalid("The predefined metric %s is not one of ECS services: use ECSServiceAverageCPUUtilization, ECSServiceAverageMemoryUtilization or ALBRequestCountPerTarget.", m.PredefinedMetricType)
}

func checkCustom(m *types.CustomizedMetricSpecification) error {
	unit := cw.StandardUnit(get(m.Unit))
	switch {
	case get(m.MetricName) == "" || get(m.Namespace) == "" || m.Statistic == "":
		return invalid("A customized metric specification needs MetricName, Namespace and Statistic, or Metrics.")
	case !slices.Contains(m.Statistic.Values(), m.Statistic):
		return violated("targetTrackingScalingPolicyConfiguration.customizedMetricSpecification.statistic", m.Statistic, "Member must satisfy enum value set: "+list(m.Statistic.Values()))
	case unit != "" && !slices.Contains(unit.Values(), unit):
		return invalid("The unit %s is not one of CloudWatch's.", unit)
	}
	for _, d := range m.Dimensions {
		if get(d.Name) == "" || get(d.Value) == "" {
			return invalid("A dimension of a metric needs a name and a value.")
		}
	}
	return nil
}

// checkMath checks a customized metric that is computed from others.
func checkMath(m *types.CustomizedMetricSpecification) error {
	if m.MetricName != nil || m.Namespace != nil || m.Statistic != "" || m.Unit != nil || len(m.Dimensions) > 0 {
		return invalid("Metrics excludes MetricName, Namespace, Dimensions, Statistic and Unit.")
	}
	returned := 0
	for _, q := range m.Metrics {
		if q.ReturnData == nil || *q.ReturnData {
			returned++
		}
		s := q.MetricStat
		switch {
		case s == nil:
		case s.Metric == nil || get(s.Metric.MetricName) == "" || get(s.Metric.Namespace) == "":
			return invalid("The metric %s needs a Namespace and a MetricName.", get(q.Id))
		case !metric.ValidStatistic(get(s.Stat)):
			return invalid("The metric %s has the unknown statistic %q.", get(q.Id), get(s.Stat))
		}
	}
	queries := scale.Queries(m.Metrics)
	parsed, err := watch.NewMath(queries)
	switch {
	case err != nil:
		return invalid("The metrics cannot be computed: %s.", err)
	case returned != 1:
		return invalid("Exactly one of the metrics must return data.")
	case !parsed.One(watch.Returned(queries)):
		return invalid("The expression must return one time series.")
	}
	return nil
}
