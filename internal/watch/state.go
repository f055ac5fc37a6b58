package watch

import (
	"time"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// State reads the state of an alarm by its name or ARN.
func State(tx *store.Tx, scope arn.Scope, name string) (state string, ok bool) {
	a, ok := Alarms.Get(tx, scope.Key(alarm.NameOf(name)))
	if !ok {
		return "", false
	}
	return a.State, true
}

// FiredSince tells whether an alarm, by its name or ARN, is in ALARM or has been since
// a moment: who looks now and then misses none that was over soon.
func FiredSince(tx *store.Tx, scope arn.Scope, name string, since time.Time) bool {
	a, ok := Alarms.Get(tx, scope.Key(alarm.NameOf(name)))
	return ok && (a.State == alarm.Alarm || a.Fired.After(since))
}

// Span is how long, in unscaled time, the slowest of some alarms takes to see
// what happens now: the longest EvaluationPeriods × Period, of composite alarms
// that of their children.
func Span(tx *store.Tx, scope arn.Scope, names []string) (longest time.Duration) {
	seen := map[string]bool{}
	for len(names) > 0 {
		name := alarm.NameOf(names[0])
		names = names[1:]
		a, ok := Alarms.Get(tx, scope.Key(name))
		if !ok || seen[name] {
			continue
		}
		seen[name] = true
		if a.Composite != nil {
			names = append(names[:len(names):len(names)], a.Children()...)
			continue
		}
		s := SettingsOf(&a.Metric.V)
		longest = max(longest, time.Duration(s.Period*s.Evaluate)*time.Second)
	}
	return longest
}

// Points are the last n periods of a metric alarm (n of 1 and more), oldest first, as
// an evaluation reads them; nil for a composite alarm.
func (w *Watcher) Points(a *Alarm, n int) []alarm.Point {
	if a.Metric == nil {
		return nil
	}
	s := SettingsOf(&a.Metric.V)
	s.Evaluate = n
	points, err := w.points(a, &s, w.opts.Now())
	if err != nil {
		w.opts.Log.Error("alarm not read", "alarm", a.Name, "err", err)
		return nil
	}
	return points[max(0, len(points)-n):]
}

// Recent are the newest datapoints of a metric alarm, oldest first: as many as it
// has evaluation periods, less those that do not exist.
func (w *Watcher) Recent(a *Alarm) (out []float64) {
	if a.Metric == nil {
		return nil
	}
	s := SettingsOf(&a.Metric.V)
	points, err := w.points(a, &s, w.opts.Now())
	if err != nil {
		w.opts.Log.Error("alarm not read", "alarm", a.Name, "err", err)
		return nil
	}
	for _, p := range points {
		if p.Present {
			out = append(out, p.Value)
		}
	}
	return out[max(len(out)-s.Evaluate, 0):]
}
