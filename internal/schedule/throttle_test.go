package schedule

import (
	"testing"
	"time"
)

func TestThrottle(t *testing.T) {
	now := time.Unix(0, 0)
	var th Throttle
	want := []time.Duration{
		0, 5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second,
		160 * time.Second, 320 * time.Second, 640 * time.Second, 1280 * time.Second, 27 * time.Minute, 27 * time.Minute,
	}
	for i, w := range want {
		impaired := th.Failed(now)
		if got := max(0, th.Until().Sub(now)); got != w || impaired != (i == 2) {
			t.Errorf("failure %d: delay %v, want %v; impaired %v", i+1, got, w, impaired)
		}
		if th.Failed(now); i > 0 && th.Failures != i+1 {
			t.Errorf("failures of one batch counted apart: %d", th.Failures)
		}
		if i == 0 {
			th = Throttle{Failures: 1} // the second of the batch counted: no delay ran yet
		}
		now = now.Add(w)
	}
	th.Started()
	if th.Holds(now) || th.Failures != 0 {
		t.Error("a task that started does not reset the throttle")
	}
	short := Throttle{Failures: 30, Minute: time.Second}
	short.Failed(now)
	if got := short.Until().Sub(now); got != 27*time.Second {
		t.Errorf("27 minutes of one second last %v", got)
	}
}

func TestBounds(t *testing.T) {
	for _, c := range []struct{ d, low, high, wantLow, wantHigh int }{
		{4, 50, 100, 2, 4},
		{4, 100, 200, 4, 8},
		{2, 75, 100, 2, 2},
		{3, 100, 125, 3, 3},
		{1, 0, 100, 0, 1},
		{1, 100, 200, 1, 2},
		{10, 90, 110, 9, 11},
		{3, 50, 150, 2, 4},
		{0, 100, 200, 0, 0},
	} {
		if low, high := Low(c.d, c.low), High(c.d, c.high); low != c.wantLow || high != c.wantHigh {
			t.Errorf("D=%d %d/%d: %d…%d, want %d…%d", c.d, c.low, c.high, low, high, c.wantLow, c.wantHigh)
		}
	}
}

// TestZones: launches fill the emptiest zone, stops empty the fullest.
func TestZones(t *testing.T) {
	in := Input{
		Desired: 5, MinPercent: 100, MaxPercent: 200, AZs: []string{"a", "b", "c"}, Goals: []Goal{{Rev: "1", Want: 5}},
		Tasks: []Task{{ID: "1", Rev: "1", AZ: "b", Phase: Running, Healthy: true}},
	}
	got := map[string]int{}
	for _, l := range Next(in).Launch {
		got[l.AZ]++
	}
	if got["a"] != 2 || got["b"] != 1 || got["c"] != 1 {
		t.Errorf("launched %v beside one in b", got)
	}
	in.Desired, in.Goals[0].Want, in.Tasks = 2, 2, nil
	for i, az := range []string{"a", "a", "a", "b"} {
		in.Tasks = append(in.Tasks, Task{ID: string(rune('0' + i)), Rev: "1", AZ: az, Phase: Running, Healthy: true})
	}
	p := Next(in)
	if len(p.Stop) != 2 || p.Stop[0].TaskID != "0" || p.Stop[1].TaskID != "1" {
		t.Errorf("stopped %v, want the two oldest in zone a", p.Stop)
	}
}
