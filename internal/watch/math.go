package watch

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
)

// Queries are what an alarm reads: its Metrics, or its one metric as "m1".
func Queries(v *types.MetricAlarm) []types.MetricDataQuery {
	if len(v.Metrics) > 0 {
		return v.Metrics
	}
	return []types.MetricDataQuery{{
		Id: aws.String("m1"), ReturnData: aws.Bool(true),
		MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: v.Namespace, MetricName: v.MetricName, Dimensions: v.Dimensions},
			Period: v.Period, Stat: aws.String(statistic(v)), Unit: v.Unit,
		},
	}}
}

func statistic(v *types.MetricAlarm) string {
	if v.ExtendedStatistic != nil {
		return *v.ExtendedStatistic
	}
	return string(v.Statistic)
}

// Math is a set of queries that may refer to each other.
type Math struct {
	queries  map[string]*types.MetricDataQuery
	formulas map[string]*alarm.Formula
	metrics  []string // ids, in order
	labels   map[string]string
	kinds    map[string]alarm.Value // of the formulas
}

// NewMath parses queries. Ids are distinct, formulas are well-formed, name
// queries that exist, and do not go round in circles.
func NewMath(queries []types.MetricDataQuery) (*Math, error) {
	m := &Math{queries: map[string]*types.MetricDataQuery{}, formulas: map[string]*alarm.Formula{}, labels: map[string]string{}}
	for i := range queries {
		q := &queries[i]
		id := aws.ToString(q.Id)
		if !alarm.ValidID(id) {
			return nil, fmt.Errorf("the id %q must begin with a lower-case letter and hold only letters, digits and underscores", id)
		}
		if m.queries[id] != nil {
			return nil, fmt.Errorf("the id %s is used twice", id)
		}
		m.queries[id] = q
		m.labels[id] = aws.ToString(q.Label)
		switch {
		case (q.Expression == nil) == (q.MetricStat == nil):
			return nil, fmt.Errorf("the query %s must have either MetricStat or Expression", id)
		case q.Expression == nil:
			m.metrics = append(m.metrics, id)
			continue
		}
		f, err := alarm.ParseFormula(*q.Expression)
		if err != nil {
			return nil, fmt.Errorf("error in expression '%s': %w", id, err)
		}
		m.formulas[id] = f
	}
	return m, m.check()
}

// check computes every formula over nothing: the kinds of the values, and with
// them every error, do not depend on the datapoints.
func (m *Math) check() error {
	r := m.over(nothing, func(*types.MetricStat) []float64 { return []float64{math.NaN()} })
	for id := range m.formulas {
		if _, err := r.compute(id); err != nil {
			return fmt.Errorf("error in expression '%s': %w", id, err)
		}
	}
	m.kinds = r.done
	return nil
}

// nothing is a grid of one empty period.
var nothing = alarm.Grid{Periods: 1, Seconds: 60}

// One tells whether the query yields exactly one series, as an alarm needs.
func (m *Math) One(id string) bool {
	if m.formulas[id] == nil {
		return m.queries[id] != nil
	}
	_, one := m.kinds[id].One()
	return one
}

// inputs are the queries that a formula reads.
func (m *Math) inputs(id string) []string {
	f := m.formulas[id]
	if f == nil {
		return nil
	}
	in := f.IDs()
	if f.All() {
		in = append(in, m.metrics...)
	}
	return in
}

// Period of a query in seconds: of a formula, the longest of its metrics.
func (m *Math) Period(id string) int {
	longest, seen := 0, map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		q := m.queries[id]
		if seen[id] || q == nil {
			return
		}
		seen[id] = true
		if q.MetricStat != nil {
			longest = max(longest, int(aws.ToInt32(q.MetricStat.Period)))
		}
		longest = max(longest, int(aws.ToInt32(q.Period)))
		for _, in := range m.inputs(id) {
			visit(in)
		}
	}
	if visit(id); longest == 0 {
		longest = 60 // a formula of numbers alone
	}
	return longest
}

// Series computes a query over a grid: one series, or several for a formula
// whose value is a list.
func (m *Math) Series(st *metric.Store, scope arn.Scope, id string, grid alarm.Grid) ([][]float64, error) {
	return m.series(st, func(s *types.MetricStat) metric.Metric { return MetricOf(scope, s) }, id, grid)
}

// series is Series of the metrics that a function finds.
func (m *Math) series(st *metric.Store, find func(*types.MetricStat) metric.Metric, id string, grid alarm.Grid) ([][]float64, error) {
	v, err := m.over(grid, func(s *types.MetricStat) []float64 {
		out := make([]float64, grid.Periods)
		for i, p := range st.Slide(find(s), grid.Start, int(grid.Seconds), grid.Periods) {
			out[i] = math.NaN()
			if x, ok := p.Statistic(aws.ToString(s.Stat)); ok && p.SampleCount > 0 {
				out[i] = x
			}
		}
		return out
	}).compute(id)
	if err != nil {
		return nil, err
	}
	if v.IsScalar() {
		return nil, errNumber
	}
	return v.Lists(), nil
}

var errNumber = errors.New("the result of the expression is a number and not a time series")

// run computes queries over one grid, each once.
type run struct {
	*Math
	grid  alarm.Grid
	read  func(*types.MetricStat) []float64
	done  map[string]alarm.Value
	trail []string // the queries that wait for the one being computed
}

func (m *Math) over(grid alarm.Grid, read func(*types.MetricStat) []float64) *run {
	return &run{Math: m, grid: grid, read: read, done: map[string]alarm.Value{}}
}

func (r *run) compute(id string) (alarm.Value, error) {
	if v, ok := r.done[id]; ok {
		return v, nil
	}
	q := r.queries[id]
	if q == nil {
		return alarm.Value{}, fmt.Errorf("there is no query with the id %s", id)
	}
	if q.MetricStat != nil {
		r.done[id] = alarm.Series(r.read(q.MetricStat))
		return r.done[id], nil
	}
	if slices.Contains(r.trail, id) {
		return alarm.Value{}, fmt.Errorf("the expression %s depends on itself", id)
	}
	r.trail = append(r.trail, id)
	defer func() { r.trail = r.trail[:len(r.trail)-1] }()
	env := &alarm.Env{Grid: r.grid, Values: map[string]alarm.Value{}, Metrics: r.metrics, Labels: r.labels}
	for _, in := range r.inputs(id) {
		v, err := r.compute(in)
		if err != nil {
			return v, err
		}
		env.Values[in] = v
	}
	v, err := r.formulas[id].Eval(env)
	if err == nil {
		r.done[id] = v
	}
	return v, err
}

// MetricOf is the metric that a query reads.
func MetricOf(scope arn.Scope, s *types.MetricStat) metric.Metric {
	return metric.Metric{
		Scope: scope, Namespace: aws.ToString(s.Metric.Namespace), Name: aws.ToString(s.Metric.MetricName),
		Dimensions: Dimensions(s.Metric.Dimensions), Unit: string(s.Unit),
	}
}

// Dimensions in the metric store's form.
func Dimensions(in []types.Dimension) []metric.Dimension {
	out := make([]metric.Dimension, len(in))
	for i, d := range in {
		out[i] = metric.Dimension{Name: aws.ToString(d.Name), Value: aws.ToString(d.Value)}
	}
	return out
}
