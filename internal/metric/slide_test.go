package metric

import (
	"testing"
	"time"
)

func TestSlide(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 30, 0, 0, time.UTC)
	s := New(Options{Now: func() time.Time { return now }})
	m := Metric{Namespace: "n", Name: "m", Unit: "Count"}
	for i := range 10 {
		s.Add(m, float64(i), now.Add(time.Duration(i-10)*time.Minute))
	}
	m.Unit = ""
	got := s.Slide(m, now.Add(-12*time.Minute), 180, 4)
	for i, want := range []struct{ sum, count float64 }{{0, 1}, {6, 3}, {15, 3}, {24, 3}} {
		if got[i].Sum != want.sum || got[i].SampleCount != want.count {
			t.Errorf("%d: %v samples, sum %v", i, got[i].SampleCount, got[i].Sum)
		}
	}
	if p, ok := got[3].Percentile(100); !ok || p != 9 {
		t.Errorf("p100 = %v, %v", p, ok)
	}
}
