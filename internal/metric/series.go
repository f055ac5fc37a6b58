package metric

import (
	"slices"
	"time"
)

// series are the points of one metric in one unit.
type series struct {
	metric Metric
	last   time.Time // of the newest sample
	minute track
	second *track // of high-resolution metrics
}

// track is a run of points of one resolution, in ascending order of time.
type track struct {
	width  time.Duration
	points []Datapoint
}

// add adds a sample to the point of its time and tells whether that point is new.
func (t *track) add(s *Sample, at time.Time, unit string) (added int) {
	start := at.Truncate(t.width)
	n := len(t.points)
	if n == 0 || t.points[n-1].At.Before(start) {
		t.points = append(t.points, Datapoint{At: start, Unit: unit})
		t.points[n].add(s)
		return 1
	}
	if t.points[n-1].At.Equal(start) {
		t.points[n-1].add(s)
		return 0
	}
	i, found := t.find(start)
	if !found {
		t.points = slices.Insert(t.points, i, Datapoint{At: start, Unit: unit})
		added = 1
	}
	t.points[i].add(s)
	return added
}

func (t *track) find(at time.Time) (int, bool) {
	return slices.BinarySearchFunc(t.points, at, func(p Datapoint, at time.Time) int { return p.At.Compare(at) })
}

// between returns the points at or after start and before end.
func (t *track) between(start, end time.Time) []Datapoint {
	from, _ := t.find(start)
	to, _ := t.find(end)
	return t.points[from:max(from, to)]
}

// expire drops the points before limit.
func (t *track) expire(limit time.Time) (dropped int) {
	n, _ := t.find(limit)
	if n > 0 {
		t.points = slices.Clone(t.points[n:])
	}
	return n
}
