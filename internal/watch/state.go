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
