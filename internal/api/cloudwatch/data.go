package cloudwatch

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

const (
	maxQueries = 500
	maxReturn  = 100_800 // datapoints of a page
	maxGrid    = 1 << 20 // periods of a query: a bound on memory
)

// GetMetricData answers many queries at once, with metric math among them.
func (s *Service) GetMetricData(ctx context.Context, in *cw.GetMetricDataInput) (*cw.GetMetricDataOutput, error) {
	if err := checkTimes(in.StartTime, in.EndTime); err != nil {
		return nil, err
	}
	if in.ScanBy != "" && !slices.Contains(in.ScanBy.Values(), in.ScanBy) {
		return nil, invalid("The value %s for parameter ScanBy is invalid.", in.ScanBy)
	}
	m, err := checkQueries(in.MetricDataQueries, maxQueries)
	if err != nil {
		return nil, err
	}
	out := &cw.GetMetricDataOutput{MetricDataResults: []types.MetricDataResult{}, Messages: []types.MessageData{}}
	for i := range in.MetricDataQueries {
		q := &in.MetricDataQueries[i]
		if q.ReturnData != nil && !*q.ReturnData {
			continue
		}
		results, err := s.results(scopeOf(ctx), m, q, *in.StartTime, *in.EndTime)
		if err != nil {
			return nil, err
		}
		out.MetricDataResults = append(out.MetricDataResults, results...)
	}
	if in.ScanBy != types.ScanByTimestampAscending {
		for i := range out.MetricDataResults {
			slices.Reverse(out.MetricDataResults[i].Timestamps)
			slices.Reverse(out.MetricDataResults[i].Values)
		}
	}
	return out, cut(out, in.NextToken, int(get(in.MaxDatapoints)))
}

// checkQueries parses queries and checks the metrics in them.
func checkQueries(queries []types.MetricDataQuery, most int) (*watch.Math, error) {
	if len(queries) == 0 {
		return nil, missing("MetricDataQueries")
	}
	if len(queries) > most {
		return nil, invalid("The collection MetricDataQueries must not have a size greater than %d.", most)
	}
	for i := range queries {
		st := queries[i].MetricStat
		if st == nil {
			continue
		}
		if st.Metric == nil {
			return nil, missing("MetricStat.Metric")
		}
		if err := checkMetric(get(st.Metric.Namespace), get(st.Metric.MetricName), st.Metric.Dimensions); err != nil {
			return nil, err
		}
		if err := checkUnit(st.Unit); err != nil {
			return nil, err
		}
		if err := checkStatistic(get(st.Stat)); err != nil {
			return nil, err
		}
		if !validPeriod(get(st.Period)) {
			return nil, invalid("The parameter MetricStat.Period must be 1, 5, 10, 20, 30 or a multiple of 60; it was %d.", get(st.Period))
		}
	}
	m, err := watch.NewMath(queries)
	if err != nil {
		return nil, refused("%s", err.Error())
	}
	return m, nil
}

// results are the series of one query; a formula over a list has several.
func (s *Service) results(scope arn.Scope, m *watch.Math, q *types.MetricDataQuery, start, end time.Time) ([]types.MetricDataResult, error) {
	period := m.Period(*q.Id)
	width := s.o.Metrics.Width(period)
	start = start.Truncate(width)
	grid := alarm.Grid{Start: start, Step: width, Periods: int((end.Sub(start) + width - 1) / width), Seconds: float64(period)}
	if grid.Periods > maxGrid {
		return nil, combination("The time range holds %d periods of query %s; increase its Period or decrease the range.", grid.Periods, *q.Id)
	}
	series, err := m.Series(s.o.Metrics, scope, *q.Id, grid)
	if err != nil {
		return nil, refused("Error in expression '%s': %s", *q.Id, err)
	}
	var out []types.MetricDataResult
	for _, values := range series {
		r := types.MetricDataResult{
			Id: q.Id, Label: aws.String(labelOf(q)), StatusCode: types.StatusCodeComplete,
			Timestamps: []time.Time{}, Values: []float64{},
		}
		for t, v := range values {
			if !math.IsNaN(v) {
				r.Timestamps = append(r.Timestamps, start.Add(time.Duration(t)*width).UTC())
				r.Values = append(r.Values, v)
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// labelOf is the label of a query: its own, the metric's name, or its id.
func labelOf(q *types.MetricDataQuery) string {
	switch {
	case q.Label != nil:
		return *q.Label
	case q.MetricStat != nil:
		return get(q.MetricStat.Metric.MetricName)
	}
	return *q.Id
}

// cut leaves one page of datapoints: a token counts through all results.
func cut(out *cw.GetMetricDataOutput, token *string, size int) error {
	type place struct{ result, point int }
	var all []place
	for i, r := range out.MetricDataResults {
		for j := range r.Values {
			all = append(all, place{i, j})
		}
	}
	page, next, err := wire.Page(all, token, size, maxReturn, maxReturn)
	if err != nil {
		if size < 0 || size > maxReturn {
			return invalid("The parameter MaxDatapoints must be between 1 and %d.", maxReturn)
		}
		return badToken()
	}
	out.NextToken = next
	from, to := make([]int, len(out.MetricDataResults)), make([]int, len(out.MetricDataResults))
	for _, p := range page {
		if to[p.result] == 0 {
			from[p.result] = p.point
		}
		to[p.result] = p.point + 1
	}
	for i := range out.MetricDataResults {
		r := &out.MetricDataResults[i]
		if to[i] < len(r.Values) && next != nil {
			r.StatusCode = types.StatusCodePartialData
		}
		r.Timestamps, r.Values = r.Timestamps[from[i]:to[i]], r.Values[from[i]:to[i]]
	}
	return nil
}
