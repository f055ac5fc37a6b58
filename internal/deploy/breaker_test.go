package deploy

import (
	"testing"
	"time"
)

func TestBreakerThreshold(t *testing.T) {
	for _, c := range []struct {
		config  BreakerConfig
		desired int
		want    int
	}{
		{BreakerConfig{}, 0, 3},
		{BreakerConfig{}, 1, 3},
		{BreakerConfig{}, 6, 3},
		{BreakerConfig{}, 7, 4},
		{BreakerConfig{}, 25, 13},
		{BreakerConfig{}, 400, 200},
		{BreakerConfig{}, 800, 200},
		{BreakerConfig{Type: BoundedPercent, Value: 10}, 100, 10},
		{BreakerConfig{Type: UnboundedPercent}, 800, 400},
		{BreakerConfig{Type: UnboundedPercent}, 1, 1},
		{BreakerConfig{Type: UnboundedPercent}, 0, 1},
		{BreakerConfig{Type: Count, Value: 1}, 50, 1},
		{BreakerConfig{Type: Count, Value: 300}, 1, 300},
	} {
		if got := BreakerThreshold(c.config, c.desired); got != c.want {
			t.Errorf("%+v at %d: %d, want %d", c.config, c.desired, got, c.want)
		}
	}
}

// TestSeenIsBounded: a deployment that fails for ever does not grow for ever.
func TestSeenIsBounded(t *testing.T) {
	m := machine{d: &Deployment{}}
	for i := range 10 * maxSeen {
		m.firstTime("failed", time.Duration(i).String())
	}
	if n := len(m.d.Breaker.Seen); n != maxSeen {
		t.Errorf("%d remembered", n)
	}
}

// TestSpan: minutes shrink without overflow.
func TestSpan(t *testing.T) {
	for _, c := range []struct {
		minute, in, want time.Duration
	}{
		{0, 30 * time.Second, 30 * time.Second},
		{time.Second, time.Minute, time.Second},
		{time.Second, 30 * time.Second, 500 * time.Millisecond},
		{time.Millisecond, deploymentLimit, 43200 * time.Millisecond},
		{time.Hour, deploymentLimit, 43200 * time.Hour},
	} {
		cfg := Config{Minute: c.minute}
		if got := cfg.span(c.in); got != c.want {
			t.Errorf("%v at %v: %v, want %v", c.in, c.minute, got, c.want)
		}
	}
}
