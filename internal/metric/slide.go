package metric

import (
	"slices"
	"time"
)

// Slide returns periods datapoints whose periods begin at start and follow each
// other without a gap, wherever start lies: alarms look back from the last
// complete minute. Periods without samples have a SampleCount of 0. Units are
// merged unless the metric names one.
func (s *Store) Slide(m Metric, start time.Time, period, periods int) []Datapoint {
	width := s.width(period)
	out := make([]Datapoint, periods)
	for i := range out {
		out[i] = Datapoint{At: start.Add(time.Duration(i) * width), Unit: m.Unit}
	}
	end := start.Add(time.Duration(periods) * width)
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, x := range s.chosen(&m) {
		if m.Unit != "" && x.metric.Unit != m.Unit {
			continue
		}
		points := x.track(period).between(start, end)
		for i := range points {
			out[points[i].At.Sub(start)/width].merge(&points[i])
		}
	}
	return out
}

// chosen are the series that a metric means: those of its dimensions, or with Any
// those that have the fewest.
func (s *Store) chosen(m *Metric) []*series {
	if !m.Any || len(m.Dimensions) > 0 {
		return s.series[m.key()]
	}
	var out []*series
	for _, list := range s.series {
		x := &list[0].metric
		if x.Scope != m.Scope || x.Namespace != m.Namespace || x.Name != m.Name {
			continue
		}
		switch n := len(x.Dimensions); {
		case len(out) == 0 || n < len(out[0].metric.Dimensions):
			out = slices.Clone(list)
		case n == len(out[0].metric.Dimensions):
			out = append(out, list...)
		}
	}
	return out
}

// Width is the real length of a period.
func (s *Store) Width(period int) time.Duration { return s.width(period) }
