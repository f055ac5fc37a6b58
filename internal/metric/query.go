package metric

import (
	"slices"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
)

// Query returns the datapoints of a metric from start (inclusive) to end
// (exclusive), one for each period in which there were samples, in order of time.
// period is in CloudWatch's seconds: 60 is one minute of Options.Minute. Periods
// begin at multiples of their length. Samples in several units give several
// datapoints a period unless the metric names a unit.
func (s *Store) Query(m Metric, start, end time.Time, period int) []Datapoint {
	width := s.width(period)
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []Datapoint
	for _, x := range s.series[m.key()] {
		if m.Unit == "" || x.metric.Unit == m.Unit {
			out = append(out, gather(x.track(period).between(start.Truncate(width), end), width)...)
		}
	}
	slices.SortStableFunc(out, func(a, b Datapoint) int { return a.At.Compare(b.At) })
	return out
}

// width is the real length of a period.
func (s *Store) width(period int) time.Duration {
	return max(time.Duration(max(period, 1))*s.opts.Minute/60, time.Millisecond)
}

// track is the run of points to answer a period from.
func (x *series) track(period int) *track {
	if x.second != nil && period%60 != 0 {
		return x.second
	}
	return &x.minute
}

// gather merges points into periods.
func gather(points []Datapoint, width time.Duration) []Datapoint {
	var out []Datapoint
	for i := range points {
		at := points[i].At.Truncate(width)
		if n := len(out); n == 0 || !out[n-1].At.Equal(at) {
			out = append(out, Datapoint{At: at, Unit: points[i].Unit})
		}
		out[len(out)-1].merge(&points[i])
	}
	return out
}

// Filter chooses metrics to list; empty members choose all. A dimension with an
// empty value is met by any value.
type Filter struct {
	arn.Scope
	Namespace, Name string
	Dimensions      []Dimension
	Since           time.Time // had a sample after
}

// List returns the metrics that a filter chooses, in order of namespace, name and
// dimensions.
func (s *Store) List(f Filter) []Metric {
	s.mu.RLock()
	var out []Metric
	for _, list := range s.series {
		m := list[0].metric
		m.Unit = ""
		if f.matches(&m) && slices.ContainsFunc(list, func(x *series) bool { return x.last.After(f.Since) }) {
			out = append(out, m)
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(out, func(a, b Metric) int { return strings.Compare(a.key(), b.key()) })
	return out
}

func (f *Filter) matches(m *Metric) bool {
	if f.Scope != (arn.Scope{}) && f.Scope != m.Scope ||
		f.Namespace != "" && f.Namespace != m.Namespace || f.Name != "" && f.Name != m.Name {
		return false
	}
	for _, want := range f.Dimensions {
		if !slices.ContainsFunc(m.Dimensions, func(d Dimension) bool {
			return d.Name == want.Name && (want.Value == "" || d.Value == want.Value)
		}) {
			return false
		}
	}
	return true
}
