package metric

import (
	"math"
	"slices"
	"sync"
	"time"
)

// Options of a Store; the zero value is ready for use.
type Options struct {
	Minute    time.Duration // real length of a minute; 0 = 60 s
	MaxPoints int           // 0 = 1,000,000
	Now       func() time.Time
}

// How long points are kept, in minutes: 15 days and 3 hours.
const (
	keepMinutes = 15 * 24 * 60
	keepSeconds = 3 * 60
)

// Store keeps series. All methods are safe for concurrent use.
type Store struct {
	opts Options

	mu     sync.RWMutex
	series map[string][]*series // by Metric.key, one for each unit
	points int
	swept  time.Time
	key    []byte // of the sample being added
}

// New returns an empty Store.
func New(opts Options) *Store {
	if opts.Minute <= 0 {
		opts.Minute = time.Minute
	}
	if opts.MaxPoints <= 0 {
		opts.MaxPoints = 1_000_000
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Store{opts: opts, series: map[string][]*series{}}
}

// Minute is the real length of a minute.
func (s *Store) Minute() time.Duration { return s.opts.Minute }

// Add adds one measured value.
func (s *Store) Add(m Metric, value float64, at time.Time) { s.AddSample(m, Of(value, 1), at) }

// AddSample adds measurements of one moment. Samples that are not numbers or
// older than what is kept are dropped.
func (s *Store) AddSample(m Metric, sample Sample, at time.Time) {
	if bad(sample.Sum) || bad(sample.Min) || bad(sample.Max) || bad(sample.Count) || sample.Count <= 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.opts.Now()
	if at.Before(now.Add(-keepMinutes * s.opts.Minute)) {
		return
	}
	x := s.of(&m)
	s.points += x.minute.add(&sample, at, m.Unit)
	if x.second != nil {
		s.points += x.second.add(&sample, at, m.Unit)
	}
	if at.After(x.last) {
		x.last = at
	}
	if now.Sub(s.swept) >= s.opts.Minute || s.points > s.opts.MaxPoints {
		s.sweep(now)
	}
}

func bad(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// of returns the series of a metric in its unit, a new one if need be.
func (s *Store) of(m *Metric) *series {
	s.key = m.appendKey(s.key[:0])
	for _, x := range s.series[string(s.key)] { // allocates nothing
		if x.metric.Unit == m.Unit {
			return x
		}
	}
	x := &series{metric: *m, minute: track{width: s.opts.Minute}}
	x.metric.Dimensions = slices.Clone(sorted(m.Dimensions))
	if m.High {
		x.second = &track{width: max(s.opts.Minute/60, time.Millisecond)}
	}
	key := string(s.key)
	s.series[key] = append(s.series[key], x)
	return x
}
