// Package watch keeps CloudWatch alarms and evaluates them.
//
//	PutMetricAlarm ─► record ─┐   six times a minute, and once a shorter period
//	metric.Store ─────────────┴─► Evaluate ─► alarm.Evaluate ─► new state
//	                                                              │ one transaction
//	   record · history · EventBridge event · composite alarms ◄──┘
//
// A minute is the metric store's, so alarms keep pace with a shortened bake. An
// alarm with a period of a minute or more looks at the periods that end with
// the last complete minute; one with a shorter period, at complete periods. Looks
// follow the clock (clock.go): a period is looked at in the moment in which it
// ends, so that a change shows within one period. A
// state set by SetAlarmState stays for a minute, as AWS's next evaluation would
// replace it.
//
// A change of state is committed together with everything that follows from it:
// the history item, the event, the composite alarms that name the alarm, their
// suppression, and the promise of each action: a message to an SNS topic, a
// call of a Lambda function; a scaling policy acts at once. An action that cannot be promised, for there is no
// such topic or function or it is of another kind, is written into the history as
// failed, with the reason.
//
// Metrics are in memory. After a restart an alarm that existed before keeps its
// state until its periods lie after the start, unless real datapoints raise it:
// a restart is no missing data.
//
// Files: record.go (alarms), history.go, event.go, math.go (queries and
// formulas), metric.go (evaluation), change.go (a change of state), action.go,
// composite.go, suppress.go, watcher.go and clock.go (the loop), state.go (for the
// engine).
package watch
