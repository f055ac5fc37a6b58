package cli

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	type death struct {
		lived time.Duration
		ready bool
		want  time.Duration
	}
	const ms = time.Millisecond
	tests := map[string][]death{
		"an accident is mended at once":              {{time.Hour, true, 0}, {2 * time.Second, true, 0}},
		"the first quick death, too":                 {{10 * ms, false, 0}, {10 * ms, false, 100 * ms}, {10 * ms, true, 200 * ms}},
		"never ready counts, however long":           {{time.Minute, false, 0}, {time.Minute, false, 100 * ms}},
		"a steady life forgives":                     {{0, false, 0}, {0, false, 100 * ms}, {time.Second, true, 0}, {0, false, 0}},
		"back within a second, however often killed": {{10 * ms, true, 0}, {10 * ms, true, 100 * ms}, {10 * ms, true, 200 * ms}, {10 * ms, true, 200 * ms}},
		"one death before it was ready is not yet a habit": {
			{10 * ms, true, 0},
			{10 * ms, true, 100 * ms},
			{10 * ms, true, 200 * ms},
			{10 * ms, true, 200 * ms},
			{10 * ms, false, 100 * ms},
			{10 * ms, false, 100 * ms},
			{10 * ms, false, 200 * ms},
		},
		"at most five seconds": {
			{0, false, 0},
			{0, false, 100 * ms},
			{0, false, 200 * ms},
			{0, false, 400 * ms},
			{0, false, 800 * ms},
			{0, false, 1600 * ms},
			{0, false, 3200 * ms},
			{0, false, 5 * time.Second},
			{0, false, 5 * time.Second},
		},
	}
	for name, deaths := range tests {
		t.Run(name, func(t *testing.T) {
			var b backoff
			for i, d := range deaths {
				if got := b.next(d.lived, d.ready); got != d.want {
					t.Fatalf("death %d: wait %s, want %s", i+1, got, d.want)
				}
			}
		})
	}
}
