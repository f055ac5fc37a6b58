package scale

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// SplitLabel takes a resource label, app/name/id/targetgroup/name/id, apart into
// the values of the dimensions LoadBalancer and TargetGroup.
func SplitLabel(label string) (balancer, group string, ok bool) {
	parts := strings.Split(label, "/")
	if len(parts) != 6 || parts[0] != "app" || parts[3] != "targetgroup" {
		return "", "", false
	}
	return strings.Join(parts[:3], "/"), strings.Join(parts[3:], "/"), true
}

// Queries are the metrics of a customized metric specification as CloudWatch reads
// them, by the minute.
func Queries(in []scaling.TargetTrackingMetricDataQuery) []types.MetricDataQuery {
	out := make([]types.MetricDataQuery, len(in))
	for i, q := range in {
		out[i] = types.MetricDataQuery{Id: q.Id, Expression: q.Expression, Label: q.Label, ReturnData: q.ReturnData}
		if q.MetricStat == nil {
			continue
		}
		m := &types.Metric{}
		if x := q.MetricStat.Metric; x != nil {
			m.Namespace, m.MetricName = x.Namespace, x.MetricName
			for _, d := range x.Dimensions {
				m.Dimensions = append(m.Dimensions, types.Dimension{Name: d.Name, Value: d.Value})
			}
		}
		out[i].MetricStat = &types.MetricStat{
			Metric: m, Period: aws.Int32(60), Stat: q.MetricStat.Stat, Unit: types.StandardUnit(aws.ToString(q.MetricStat.Unit)),
		}
	}
	return out
}

// aggregate joins datapoints, of which there is at least one.
func aggregate(kind scaling.MetricAggregationType, points []float64) float64 {
	out, sum := points[0], 0.0
	for _, x := range points {
		sum += x
		switch kind {
		case scaling.MetricAggregationTypeMinimum:
			out = min(out, x)
		case scaling.MetricAggregationTypeMaximum:
			out = max(out, x)
		}
	}
	if kind == scaling.MetricAggregationTypeMinimum || kind == scaling.MetricAggregationTypeMaximum {
		return out
	}
	return sum / float64(len(points))
}
