package watch

import (
	"slices"
	"testing"
	"time"
)

// Looks follow the clock: a minute begins with one, whatever its length, and
// alarms with short periods have more.
func TestClock(t *testing.T) {
	at := func(d time.Duration) time.Time {
		return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC).Add(d)
	}
	for _, c := range []struct {
		name    string
		minute  time.Duration
		periods []int
		start   time.Duration
		looks   []time.Duration
		due     []int // how often each alarm was due
	}{
		{
			"usual", time.Minute,
			[]int{60, 300},
			12 * time.Second,
			[]time.Duration{12 * time.Second, 20 * time.Second, 30 * time.Second, 40 * time.Second, 50 * time.Second, 60 * time.Second, 70 * time.Second},
			[]int{7, 7},
		},
		{
			"short minute", 60 * time.Millisecond * 10,
			[]int{60},
			0,
			[]time.Duration{0, 100 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond, 600 * time.Millisecond},
			[]int{7},
		},
		{
			"a period of five seconds", time.Minute,
			[]int{5, 60},
			3 * time.Second,
			[]time.Duration{3 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 20 * time.Second, 25 * time.Second, 30 * time.Second},
			[]int{7, 4},
		},
		{
			"a minute shorter than looks may be", 10 * time.Millisecond,
			[]int{60},
			0,
			[]time.Duration{0, 20 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond},
			[]int{4},
		},
	} {
		k, now := clock{minute: c.minute}, at(c.start)
		var looks []time.Duration
		due := make([]int, len(c.periods))
		for range c.looks {
			looks = append(looks, now.Sub(at(0)))
			k.begin(now)
			for i, p := range c.periods {
				if k.due(p) {
					due[i]++
				}
			}
			now = k.next(now)
		}
		if !slices.Equal(looks, c.looks) || !slices.Equal(due, c.due) {
			t.Errorf("%s: looks at %v, due %v; want %v, %v", c.name, looks, due, c.looks, c.due)
		}
	}
}

// Thirds and sixths of a second are not whole nanoseconds; minutes still begin
// with a look.
func TestClockWithRounding(t *testing.T) {
	k := clock{minute: time.Second}
	now := time.Date(2026, 11, 20, 12, 0, 0, 1, time.UTC)
	whole := 0
	for range 60 {
		k.begin(now)
		if !k.due(60) {
			t.Fatalf("not due at %v", now)
		}
		now = k.next(now)
		if now.Truncate(time.Second).Equal(now) {
			whole++
		}
	}
	if whole != 10 {
		t.Errorf("%d of 10 minutes began with a look", whole)
	}
}
