package watch

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Children are the alarms that a composite alarm names in its rule.
func (a *Alarm) Children() []string {
	if a.Composite == nil {
		return nil
	}
	var out []string
	if r, err := alarm.ParseRule(aws.ToString(a.Composite.V.AlarmRule)); err == nil {
		out = r.Children()
	}
	return out
}

// Suppressor is the name of the alarm that suppresses the actions; "" = none.
func (a *Alarm) Suppressor() string {
	if a.Composite == nil {
		return ""
	}
	return alarm.NameOf(aws.ToString(a.Composite.V.ActionsSuppressor))
}

// Parents are the composite alarms that depend on an alarm.
func Parents(tx *store.Tx, scope arn.Scope, name string) []*Alarm {
	var out []*Alarm
	for _, a := range Alarms.Prefix(tx, scope.Key("")) {
		if a.Composite != nil && (slices.Contains(a.Children(), name) || a.Suppressor() == name) {
			out = append(out, a)
		}
	}
	return out
}

// Reaches tells whether one of the names depends, over any number of composite
// alarms, on target: a composite alarm of that name would go round in a circle.
func Reaches(tx *store.Tx, scope arn.Scope, names []string, target string) bool {
	seen := map[string]bool{}
	queue := slices.Clone(names)
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if name == target {
			return true
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		if a, ok := Alarms.Get(tx, scope.Key(name)); ok {
			queue = append(queue, a.Children()...)
		}
	}
	return false
}

// ruleState is the state that the rule of a composite alarm demands now.
func ruleState(tx *store.Tx, a *Alarm) string {
	r, err := alarm.ParseRule(aws.ToString(a.Composite.V.AlarmRule))
	if err != nil { // it was parsed when it was put
		return a.State
	}
	if r.Holds(func(name string) string { s, _ := State(tx, a.Scope, name); return s }) {
		return alarm.Alarm
	}
	return alarm.OK
}

// compositeDue tells whether a composite alarm needs a look without a change of
// a child: it is new, its rule was replaced, or a suppression ends.
func (w *Watcher) compositeDue(tx *store.Tx, a *Alarm, now time.Time) bool {
	return !a.Set && ruleState(tx, a) != a.State || a.Held.due(now)
}

func (w *Watcher) settleComposite(tx *store.Tx, a *Alarm, now time.Time) {
	if a.Held.due(now) {
		a = w.release(tx, a, now)
	}
	state := ruleState(tx, a)
	if a.Set || state == a.State {
		return
	}
	verb := "was updated"
	if !a.Evaluated {
		verb = "was created"
	}
	next := *a
	next.Evaluated = true
	w.change(tx, &next, alarm.Result{State: state, Reason: fmt.Sprintf("%s %s and its alarm rule evaluates to %s", a.ARN(), verb, state)}, now)
}

// childChanged evaluates the composite alarms that name an alarm. Rules are free
// of circles, so this ends.
func (w *Watcher) childChanged(tx *store.Tx, child *Alarm, now time.Time) {
	for _, seen := range Alarms.Prefix(tx, child.Scope.Key("")) {
		if seen.Composite == nil || !slices.Contains(seen.Children(), child.Name) {
			continue
		}
		a, ok := Alarms.Get(tx, seen.Key())
		if !ok {
			continue
		}
		next := *a
		next.Set, next.Evaluated = false, true
		state := ruleState(tx, a)
		if state == a.State {
			Alarms.Put(tx, next.Key(), &next)
			continue
		}
		w.change(tx, &next, alarm.Result{State: state, Reason: fmt.Sprintf("%s transitioned to %s at %s",
			child.ARN(), child.State, child.Transitioned.UTC().Format("Monday 02 January, 2006 15:04:05 MST")), Data: triggers(child)}, now)
	}
}

// triggers is the StateReasonData of a composite alarm.
func triggers(child *Alarm) string {
	doc, err := json.Marshal(map[string]any{"triggeringAlarms": []any{map[string]any{
		"arn": child.ARN(), "state": map[string]string{"value": child.State, "timestamp": stamp(child.Transitioned)},
	}}})
	if err != nil {
		return ""
	}
	return string(doc)
}
