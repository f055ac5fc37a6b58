package watch

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Alarm is a metric alarm or a composite alarm.
type Alarm struct {
	arn.Scope
	Name string
	// Metric or Composite is the configuration, the other is nil. The members
	// that tell a state are unused in it.
	Metric    *wire.Stored[types.MetricAlarm]    `json:",omitempty"`
	Composite *wire.Stored[types.CompositeAlarm] `json:",omitempty"`
	Tags      map[string]string

	State, Reason, Data string // StateValue, StateReason, StateReasonData
	Configured          time.Time
	Updated             time.Time // of the state, to any value
	Transitioned        time.Time // to another value
	Before              Past      // the value before it
	Fired               time.Time // when the state became ALARM last; zero = never
	// SetUntil is how long SetAlarmState's word counts for a metric alarm; a
	// composite alarm keeps it until a child changes (Set).
	SetUntil time.Time
	Set      bool
	// Evaluated tells that a composite alarm has had its first evaluation.
	Evaluated bool

	Held Held
}

// Alarms by account/region/name.
var Alarms = store.NewTable[Alarm]("cloudwatch.alarm")

// ARN of the alarm.
func (a *Alarm) ARN() string { return ARN(a.Scope, a.Name) }

// ARN of an alarm by its name.
func ARN(s arn.Scope, name string) string {
	return arn.Make("cloudwatch", s.Region, s.Account, "alarm:"+name)
}

// Key in Alarms.
func (a *Alarm) Key() string { return a.Scope.Key(a.Name) }

// Type is MetricAlarm or CompositeAlarm.
func (a *Alarm) Type() types.AlarmType {
	if a.Composite != nil {
		return types.AlarmTypeCompositeAlarm
	}
	return types.AlarmTypeMetricAlarm
}

// Actions are the ARNs to act upon in a state, none when actions are disabled.
func (a *Alarm) Actions(state string) []string {
	if !a.ActionsEnabled() {
		return nil
	}
	ok, alarmed, unknown := a.allActions()
	switch state {
	case alarm.OK:
		return ok
	case alarm.Alarm:
		return alarmed
	}
	return unknown
}

func (a *Alarm) allActions() (ok, alarmed, unknown []string) {
	if c := a.Composite; c != nil {
		return c.V.OKActions, c.V.AlarmActions, c.V.InsufficientDataActions
	}
	return a.Metric.V.OKActions, a.Metric.V.AlarmActions, a.Metric.V.InsufficientDataActions
}

// ActionsEnabled tells whether actions run.
func (a *Alarm) ActionsEnabled() bool {
	if a.Composite != nil {
		return aws.ToBool(a.Composite.V.ActionsEnabled)
	}
	return aws.ToBool(a.Metric.V.ActionsEnabled)
}

// Description of the alarm.
func (a *Alarm) Description() string {
	if a.Composite != nil {
		return aws.ToString(a.Composite.V.AlarmDescription)
	}
	return aws.ToString(a.Metric.V.AlarmDescription)
}

// Put writes an alarm. A new one begins in INSUFFICIENT_DATA with its tags; one
// that exists keeps its state and tags, everything else is replaced.
func (w *Watcher) Put(tx *store.Tx, a *Alarm) {
	now := w.opts.Now()
	next := *a
	next.Configured = now
	old, exists := Alarms.Get(tx, a.Key())
	operation := "create"
	if exists {
		operation = "update"
		next.Tags, next.State, next.Reason, next.Data = old.Tags, old.State, old.Reason, old.Data
		next.Updated, next.Transitioned, next.SetUntil = old.Updated, old.Transitioned, old.SetUntil
		next.Evaluated, next.Before, next.Fired = old.Evaluated, old.Before, old.Fired
		if next.Suppressor() == old.Suppressor() {
			next.Held = old.Held
		}
	} else {
		next.State, next.Reason = alarm.Insufficient, alarm.Initial
		next.Updated, next.Transitioned = now, now
	}
	Alarms.Put(tx, next.Key(), &next)
	w.configured(tx, &next, operation, now)
}

// EnableActions switches the actions of an alarm on or off.
func (w *Watcher) EnableActions(tx *store.Tx, a *Alarm, enabled bool) {
	next := *a
	if a.Composite != nil {
		next.Composite = &wire.Stored[types.CompositeAlarm]{V: a.Composite.V}
		next.Composite.V.ActionsEnabled = &enabled
	} else {
		next.Metric = &wire.Stored[types.MetricAlarm]{V: a.Metric.V}
		next.Metric.V.ActionsEnabled = &enabled
	}
	next.Configured = w.opts.Now()
	Alarms.Put(tx, next.Key(), &next)
	w.configured(tx, &next, "update", next.Configured)
}

// Delete removes an alarm; its history stays.
func (w *Watcher) Delete(tx *store.Tx, a *Alarm) {
	Alarms.Delete(tx, a.Key())
	w.configured(tx, a, "delete", w.opts.Now())
}

// configured writes what follows from a change of an alarm's configuration.
func (w *Watcher) configured(tx *store.Tx, a *Alarm, operation string, now time.Time) {
	w.emitConfiguration(tx, a, operation, now)
	w.record(tx, a, types.HistoryItemTypeConfigurationUpdate, now,
		`Alarm "`+a.Name+`" `+operation+"d", map[string]any{
			"version": "1.0", "type": titles[operation], "description": a.Description(), "configuration": a.configuration(),
		})
}

var titles = map[string]string{"create": "Create", "update": "Update", "delete": "Delete"}

// AllActions are the actions of every state.
func (a *Alarm) AllActions() []string {
	ok, alarmed, unknown := a.allActions()
	return slices.Concat(ok, alarmed, unknown)
}
