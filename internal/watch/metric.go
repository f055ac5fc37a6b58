package watch

import (
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/metric"
)

// evaluate tells the state that a metric alarm should have. It is false when
// nothing can be said.
func (w *Watcher) evaluate(a *Alarm, now time.Time) (alarm.Result, bool) {
	v := &a.Metric.V
	s := SettingsOf(v)
	s.EvaluatedAt = now
	points, err := w.points(a, &s, now)
	if err != nil {
		w.opts.Log.Error("alarm not evaluated", "alarm", a.Name, "err", err)
		return alarm.Result{}, false
	}
	r := alarm.Evaluate(s, a.State, points)
	if r.State != alarm.Alarm || s.TreatAs == "breaching" {
		// What lies before the start of this process is not missing, only forgotten.
		if a.Configured.Before(w.started) && forgotten(points, s.Evaluate, w.started) {
			return alarm.Result{}, false
		}
	}
	return r, true
}

// forgotten tells whether one of the newest n periods began before a moment and
// has no datapoint.
func forgotten(points []alarm.Point, n int, start time.Time) bool {
	for _, p := range points[max(len(points)-n, 0):] {
		if !p.Present && p.At.Before(start) {
			return true
		}
	}
	return false
}

// SettingsOf are the settings of a metric alarm.
func SettingsOf(v *types.MetricAlarm) alarm.Settings {
	s := alarm.Settings{
		Operator: alarm.Operator(v.ComparisonOperator), Threshold: aws.ToFloat64(v.Threshold),
		Evaluate: int(aws.ToInt32(v.EvaluationPeriods)), Datapoints: int(aws.ToInt32(v.DatapointsToAlarm)),
		TreatAs: aws.ToString(v.TreatMissingData), Period: PeriodOf(v), Statistic: statistic(v), Unit: string(v.Unit),
	}
	if aws.ToString(v.EvaluateLowSampleCountPercentile) == "ignore" {
		if p, ok := metric.PercentileOf(s.Statistic); ok {
			s.LowSamples = alarm.LowSamples(p)
		}
	}
	return s
}

// PeriodOf is the period of an alarm in seconds.
func PeriodOf(v *types.MetricAlarm) int {
	if len(v.Metrics) == 0 {
		return int(aws.ToInt32(v.Period))
	}
	m, err := NewMath(v.Metrics)
	if err != nil {
		return 60
	}
	return m.Period(Returned(v.Metrics))
}

// Returned is the id of the query whose ReturnData is true.
func Returned(queries []types.MetricDataQuery) string {
	for _, q := range queries {
		if q.ReturnData == nil || *q.ReturnData {
			return aws.ToString(q.Id)
		}
	}
	return ""
}

// AnyTag is a tag that lets an alarm without dimensions on a metric of AWS's read
// all metrics of the name together, as people expect who leave them out. AWS has
// no data for such an alarm.
const AnyTag = "grue:dimensions"

// metric is what a query of the alarm reads.
func (a *Alarm) metric(s *types.MetricStat) metric.Metric {
	m := MetricOf(a.Scope, s)
	m.Any = a.Tags[AnyTag] == "any" && strings.HasPrefix(m.Namespace, "AWS/")
	return m
}

// points reads the evaluation range: periods that end with the last complete
// minute, or, if they are shorter, the last complete period.
func (w *Watcher) points(a *Alarm, s *alarm.Settings, now time.Time) ([]alarm.Point, error) {
	st, v := w.opts.Metrics, &a.Metric.V
	n, step := alarm.Range(s.Evaluate), st.Width(s.Period)
	start := now.Truncate(min(step, st.Minute())).Add(-time.Duration(n) * step)
	points := make([]alarm.Point, n)
	if len(v.Metrics) == 0 {
		m := a.metric(Queries(v)[0].MetricStat)
		for i, p := range st.Slide(m, start, s.Period, n) {
			value, ok := p.Statistic(s.Statistic)
			points[i] = alarm.Point{At: p.At, Value: value, Samples: p.SampleCount, Present: ok && p.SampleCount > 0}
		}
		return points, nil
	}
	m, err := NewMath(v.Metrics)
	if err != nil {
		return nil, err
	}
	series, err := m.series(st, a.metric, Returned(v.Metrics), alarm.Grid{Start: start, Step: step, Periods: n, Seconds: float64(s.Period)})
	if err != nil {
		return nil, err
	}
	for i := range points {
		points[i].At = start.Add(time.Duration(i) * step)
		if len(series) == 1 && !math.IsNaN(series[0][i]) {
			points[i].Value, points[i].Present = series[0][i], true
		}
	}
	return points, nil
}
