package metric

import (
	"slices"
	"time"
)

// sweep drops what is too old and, when there are too many points still, the
// series that went longest without a sample.
func (s *Store) sweep(now time.Time) {
	s.swept = now
	for key, list := range s.series {
		list = slices.DeleteFunc(list, func(x *series) bool {
			s.points -= x.minute.expire(now.Add(-keepMinutes * s.opts.Minute))
			if x.second != nil {
				s.points -= x.second.expire(now.Add(-keepSeconds * s.opts.Minute))
			}
			return len(x.minute.points) == 0
		})
		if len(list) == 0 {
			delete(s.series, key)
			continue
		}
		s.series[key] = list
	}
	if s.points > s.opts.MaxPoints {
		s.evict()
	}
}

// evict halves the oldest series' points until a tenth of the room is free.
func (s *Store) evict() {
	var all []*series
	for _, list := range s.series {
		all = append(all, list...)
	}
	slices.SortFunc(all, func(a, b *series) int { return a.last.Compare(b.last) })
	goal := s.opts.MaxPoints * 9 / 10
	for s.points > goal {
		before := s.points
		for _, x := range all {
			if s.points <= goal {
				return
			}
			s.points -= x.minute.halve()
			if x.second != nil {
				s.points -= x.second.halve()
			}
		}
		if s.points == before {
			return // one point each: the series themselves are the floor
		}
	}
}

// halve drops the older half of the points, but never the newest one.
func (t *track) halve() (dropped int) {
	n := len(t.points) / 2
	if n > 0 {
		t.points = slices.Clone(t.points[n:])
	}
	return n
}
