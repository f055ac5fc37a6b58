package schedule

import "time"

// Throttle delays the launches of a service whose tasks keep failing before they
// were RUNNING. Tasks that were RUNNING and then died, or failed health checks,
// do not count: those start again at once. The zero value is ready, and plain
// data to store with the service.
type Throttle struct {
	Failures int           `json:"failures,omitempty"` // rounds of failed launches in a row
	Next     time.Time     `json:"next,omitzero"`
	Minute   time.Duration `json:"minute,omitempty"` // how long a minute lasts; 0 = 60 s
	First    time.Duration `json:"first,omitempty"`  // first delay in unscaled time; 0 = 5 s
}

// ECS documents only that the delay grows and that it ends at 27 minutes.
const (
	firstDelay = 5 * time.Second
	maxDelay   = 27 * time.Minute
)

// Failed counts a task that stopped without ever RUNNING and tells whether the
// service just became impaired: the moment to say "is unable to consistently
// start tasks successfully." The first failure costs nothing, from the second
// on the delay doubles. Tasks launched together fail together: while a delay
// runs, further failures do not make it longer.
func (t *Throttle) Failed(now time.Time) (impaired bool) {
	if now.Before(t.Next) {
		return false
	}
	t.Failures++
	if t.Failures < 2 {
		return false
	}
	t.Next = now.Add(t.delay())
	return t.Failures == 3
}

// delay is the wait after the newest failure, scaled to Minute.
func (t *Throttle) delay() time.Duration {
	d := t.First
	if d == 0 {
		d = firstDelay
	}
	for i := 2; i < t.Failures && d < maxDelay; i++ {
		d *= 2
	}
	d = min(d, maxDelay)
	if t.Minute == 0 {
		return d
	}
	return time.Duration(float64(d) * float64(t.Minute) / float64(time.Minute))
}

// Started resets: a task became RUNNING.
func (t *Throttle) Started() { t.Reset() }

// Reset forgets all failures: the service was updated.
func (t *Throttle) Reset() { t.Failures, t.Next = 0, time.Time{} }

// Until is when launches may go on; the zero time means now.
func (t *Throttle) Until() time.Time { return t.Next }

// Holds tells whether launches must wait at a moment.
func (t *Throttle) Holds(now time.Time) bool { return now.Before(t.Next) }
