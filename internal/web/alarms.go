package web

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/watch"
)

var comparisons = map[types.ComparisonOperator]string{
	types.ComparisonOperatorGreaterThanOrEqualToThreshold: "≥", types.ComparisonOperatorGreaterThanThreshold: ">",
	types.ComparisonOperatorLessThanThreshold: "<", types.ComparisonOperatorLessThanOrEqualToThreshold: "≤",
}

// alarmItem is an alarm; measured adds the datapoints of its metric.
func (b *Build) alarmItem(a *watch.Alarm, measured bool) *AlarmItem {
	out := &AlarmItem{Name: a.Name, ARN: a.ARN(), State: a.State, Reason: a.Reason, Since: At(a.Transitioned)}
	if a.Composite != nil {
		out.Composite, out.Metric = true, aws.ToString(a.Composite.V.AlarmRule)
		return out
	}
	v := &a.Metric.V
	out.Metric = strings.TrimSpace(aws.ToString(v.Namespace) + " " + aws.ToString(v.MetricName))
	if len(v.Metrics) > 0 {
		out.Metric = expression(v.Metrics)
	}
	var dims []string
	for _, d := range v.Dimensions {
		dims = append(dims, aws.ToString(d.Name)+"="+aws.ToString(d.Value))
	}
	out.Dimensions, out.Period = strings.Join(dims, ", "), float64(watch.PeriodOf(v))
	if out.Statistic = string(v.Statistic); out.Statistic == "" {
		out.Statistic = aws.ToString(v.ExtendedStatistic)
	}
	out.Comparison, out.Threshold = comparisons[v.ComparisonOperator], v.Threshold
	if out.Comparison == "" {
		out.Comparison = string(v.ComparisonOperator)
	}
	if measured && b.opts.Watcher != nil {
		for _, x := range b.opts.Watcher.Recent(a) {
			x = digits(x)
			out.Values = append(out.Values, &x)
			out.Value = &x
		}
	}
	return out
}

// expression is what an alarm on metric math computes.
func expression(queries []types.MetricDataQuery) string {
	id := watch.Returned(queries)
	for _, q := range queries {
		if aws.ToString(q.Id) == id && q.Expression != nil {
			return *q.Expression
		}
	}
	return "an expression of " + strconv.Itoa(len(queries)) + " metrics"
}
