package cloudwatch

import (
	"context"
	"slices"

	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// DescribeAlarmsForMetric lists the alarms on one metric, those with metric math
// that read it included.
func (s *Service) DescribeAlarmsForMetric(ctx context.Context, in *cw.DescribeAlarmsForMetricInput) (*cw.DescribeAlarmsForMetricOutput, error) {
	if err := checkMetric(get(in.Namespace), get(in.MetricName), in.Dimensions); err != nil {
		return nil, err
	}
	out := &cw.DescribeAlarmsForMetricOutput{MetricAlarms: []types.MetricAlarm{}}
	s.o.Store.View(func(tx *store.Tx) {
		for _, a := range watch.Alarms.Prefix(tx, scopeOf(ctx).Key("")) {
			if a.Metric != nil && slices.ContainsFunc(watch.Queries(&a.Metric.V), func(q types.MetricDataQuery) bool { return reads(&q, in) }) {
				out.MetricAlarms = append(out.MetricAlarms, describeMetric(a, false))
			}
		}
	})
	return out, nil
}

// reads tells whether a query reads the metric, and as the request says, if it does.
func reads(q *types.MetricDataQuery, in *cw.DescribeAlarmsForMetricInput) bool {
	st := q.MetricStat
	if st == nil || get(st.Metric.Namespace) != *in.Namespace || get(st.Metric.MetricName) != *in.MetricName ||
		!sameDimensions(st.Metric.Dimensions, in.Dimensions) {
		return false
	}
	return (in.Period == nil || *in.Period == get(st.Period)) && (in.Unit == "" || in.Unit == st.Unit) &&
		(in.Statistic == "" || string(in.Statistic) == get(st.Stat)) &&
		(in.ExtendedStatistic == nil || *in.ExtendedStatistic == get(st.Stat))
}

func sameDimensions(a, b []types.Dimension) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		if !slices.ContainsFunc(b, func(y types.Dimension) bool { return get(x.Name) == get(y.Name) && get(x.Value) == get(y.Value) }) {
			return false
		}
	}
	return true
}
