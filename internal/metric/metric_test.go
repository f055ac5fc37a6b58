package metric

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/grue-ecs/grue/internal/arn"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(s float64) time.Time { return epoch.Add(time.Duration(s * float64(time.Second))) }

func newStore(minute time.Duration) *Store {
	return New(Options{Minute: minute, Now: func() time.Time { return at(600) }})
}

var requests = Metric{Scope: arn.Scope{Account: "1", Region: "r"}, Namespace: "AWS/ApplicationELB", Name: "RequestCount", Dimensions: Dims("LoadBalancer", "app/web/1", "TargetGroup", "targetgroup/blue/2"), Unit: "Count"}

func TestStatistics(t *testing.T) {
	s := newStore(0)
	for _, v := range []float64{1, 2, 3, 4, 10} {
		s.Add(requests, v, at(5))
	}
	other := requests
	other.Dimensions = Dims("TargetGroup", "targetgroup/blue/2", "LoadBalancer", "app/web/1") // order is of no matter
	got := s.Query(other, at(0), at(60), 60)
	if len(got) != 1 || !got[0].At.Equal(at(0)) {
		t.Fatalf("%+v", got)
	}
	for name, want := range map[string]float64{"Sum": 20, "Average": 4, "Minimum": 1, "Maximum": 10, "SampleCount": 5, "p0": 1, "p50": 3, "p100": 10} {
		if v, ok := got[0].Statistic(name); !ok || math.Abs(v-want) > want*0.011 {
			t.Errorf("%s = %v, %v; want %v", name, v, ok, want)
		}
	}
	for _, name := range []string{"", "p", "p101", "pNaN", "median", "p1e1", "p-1"} {
		if v, ok := got[0].Statistic(name); ok {
			t.Errorf("%q = %v", name, v)
		}
	}
}

func TestPeriods(t *testing.T) {
	s := newStore(0)
	high := requests
	high.Name, high.High = "Custom", true
	for i := range 180 {
		s.Add(requests, 1, at(float64(i)))
		s.Add(high, 1, at(float64(i)))
	}
	for _, c := range []struct {
		m      Metric
		period int
		want   []float64
	}{
		{requests, 60, []float64{60, 60, 60}},
		{requests, 1, []float64{60, 60, 60}}, // its points are minutes
		{requests, 300, []float64{180}},
		{requests, 86400, []float64{180}},
		{high, 30, []float64{30, 30, 30, 30, 30, 30}},
		{high, 60, []float64{60, 60, 60}},
	} {
		var sums []float64
		for _, d := range s.Query(c.m, at(0), at(180), c.period) {
			sums = append(sums, d.Sum)
		}
		if !slices.Equal(sums, c.want) {
			t.Errorf("%s by %d s: %v, want %v", c.m.Name, c.period, sums, c.want)
		}
	}
	if got := s.Query(high, at(10), at(13), 1); len(got) != 3 {
		t.Errorf("%d points in three seconds", len(got))
	}
}

func TestShortMinutes(t *testing.T) {
	s := newStore(time.Second)
	for i := range 10 {
		s.Add(requests, 1, at(float64(i)/2))
	}
	if got := s.Query(requests, at(0), at(5), 60); len(got) != 5 || got[0].Sum != 2 {
		t.Errorf("%+v", got)
	}
	if got := s.Query(requests, at(0), at(5), 300); len(got) != 1 || got[0].Sum != 10 {
		t.Errorf("%+v", got)
	}
}

func TestUnitsStayApart(t *testing.T) {
	s := newStore(0)
	ms := requests
	ms.Unit = "Milliseconds"
	s.Add(requests, 1, at(0))
	s.Add(ms, 5, at(0))
	if got := s.Query(Metric{Scope: requests.Scope, Namespace: requests.Namespace, Name: requests.Name, Dimensions: requests.Dimensions}, at(0), at(60), 60); len(got) != 2 {
		t.Errorf("%+v", got)
	}
	if got := s.Query(ms, at(0), at(60), 60); len(got) != 1 || got[0].Sum != 5 || got[0].Unit != "Milliseconds" {
		t.Errorf("%+v", got)
	}
}

func TestStatisticSetHasNoPercentiles(t *testing.T) {
	s := newStore(0)
	s.AddSample(requests, Sample{Sum: 10, Count: 4, Min: 1, Max: 5}, at(0))
	s.Add(requests, 2, at(0))
	d := s.Query(requests, at(0), at(60), 60)[0]
	if v, ok := d.Statistic("p50"); ok {
		t.Errorf("p50 = %v of an unknown distribution", v)
	}
	if d.Sum != 12 || d.SampleCount != 5 || d.Maximum != 5 {
		t.Errorf("%+v", d)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		s.Add(requests, bad, at(0))
	}
	if d := s.Query(requests, at(0), at(60), 60)[0]; d.SampleCount != 5 {
		t.Errorf("%+v", d)
	}
}

func TestList(t *testing.T) {
	s := newStore(0)
	s.Add(requests, 1, at(0))
	other := requests
	other.Name, other.Dimensions = "Other", nil
	s.Add(other, 1, at(100))
	for _, c := range []struct {
		f    Filter
		want int
	}{
		{Filter{}, 2},
		{Filter{Name: "Other"}, 1},
		{Filter{Since: at(50)}, 1},
		{Filter{Scope: arn.Scope{Account: "2"}}, 0},
		{Filter{Dimensions: Dims("LoadBalancer", "")}, 1},
		{Filter{Dimensions: Dims("LoadBalancer", "app/none/1")}, 0},
	} {
		if got := s.List(c.f); len(got) != c.want {
			t.Errorf("%+v: %d metrics, want %d", c.f, len(got), c.want)
		}
	}
}

func TestOldPointsLeave(t *testing.T) {
	now := at(0)
	s := New(Options{Minute: time.Second, Now: func() time.Time { return now }})
	s.Add(requests, 1, now)
	now = now.Add(16 * 24 * 60 * time.Second)
	other := requests
	other.Name = "Other"
	s.Add(other, 1, now)
	if got := s.List(Filter{}); len(got) != 1 || got[0].Name != "Other" {
		t.Errorf("%+v", got)
	}
	s.Add(requests, 1, at(0)) // too old to be taken
	if s.points != 1 {
		t.Errorf("%d points", s.points)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	now := at(0)
	s := New(Options{MaxPoints: 1000, Now: func() time.Time { return now }})
	for i := range 5000 {
		m := requests
		m.Name = string(rune('a' + i%7))
		now = now.Add(time.Minute)
		s.Add(m, 1, now)
		count := 0
		for _, list := range s.series {
			for _, x := range list {
				count += len(x.minute.points)
			}
		}
		if count != s.points || count > 1001 {
			t.Fatalf("%d points, counted as %d", count, s.points)
		}
	}
}

func TestLateSamplesFindTheirMinute(t *testing.T) {
	s := newStore(0)
	for _, m := range []float64{120, 0, 60, 0} {
		s.Add(requests, 1, at(m))
	}
	var sums []float64
	for _, d := range s.Query(requests, at(0), at(180), 60) {
		sums = append(sums, d.Sum)
	}
	if !slices.Equal(sums, []float64{2, 1, 1}) {
		t.Errorf("%v", sums)
	}
}

// However samples come in, a percentile is within 1 % of a sample of that rank.
func TestPercentilesAreClose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(1e-6, 1e6), 2, 200).Draw(t, "values")
		s := newStore(0)
		for i, v := range values {
			s.Add(requests, v, at(float64(i)))
		}
		d := s.Query(requests, at(0), at(600), 3600)[0]
		slices.Sort(values)
		for _, p := range []float64{1, 50, 90, 99, 99.9} {
			got, ok := d.Percentile(p)
			want := values[int(p/100*float64(len(values)-1))]
			if !ok || math.Abs(got-want) > want*0.0101 {
				t.Fatalf("p%v = %v, want %v", p, got, want)
			}
		}
		if d.SampleCount != float64(len(values)) || d.Minimum != values[0] || d.Maximum != values[len(values)-1] {
			t.Fatalf("%+v", d)
		}
	})
}

func FuzzPercentileOf(f *testing.F) {
	f.Add("p99.9")
	f.Fuzz(func(t *testing.T, s string) {
		if p, ok := PercentileOf(s); ok && !(p >= 0 && p <= 100) {
			t.Errorf("%q = %v", s, p)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	s := New(Options{})
	now := time.Now()
	for i := range b.N {
		s.Add(requests, rand.Float64(), now.Add(time.Duration(i)*time.Millisecond))
	}
}
