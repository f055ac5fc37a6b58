package watch

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/store"
)

// SetState is SetAlarmState: the state counts until the next evaluation, a
// minute later; of a composite alarm, until a child changes.
func (w *Watcher) SetState(tx *store.Tx, a *Alarm, r alarm.Result) {
	now := w.opts.Now()
	next := *a
	next.SetUntil, next.Set, next.Evaluated = now.Add(w.opts.Metrics.Minute()), true, true
	if r.State != a.State {
		w.change(tx, &next, r, now)
		return
	}
	next.Reason, next.Data, next.Updated = r.Reason, r.Data, now
	Alarms.Put(tx, next.Key(), &next)
}

// change gives an alarm another state and does all that follows from it.
func (w *Watcher) change(tx *store.Tx, a *Alarm, r alarm.Result, now time.Time) {
	next := *a
	next.Before = a.past()
	next.State, next.Reason, next.Data, next.Updated, next.Transitioned = r.State, r.Reason, r.Data, now, now
	if next.State == alarm.Alarm {
		next.Fired = w.opts.Now() // in this transaction: now may be the beginning of the look
	}
	act := w.suppress(tx, &next, now)
	Alarms.Put(tx, next.Key(), &next)
	w.record(tx, &next, types.HistoryItemTypeStateUpdate, now, "Alarm updated from "+a.State+" to "+r.State, map[string]any{
		"version": "1.0", "oldState": historyState(a), "newState": historyState(&next),
	})
	// The event does not wait for actions, nor do disabled actions stop it.
	emit(tx, &next, "CloudWatch Alarm State Change", map[string]any{
		"alarmName": next.Name, "state": next.state(), "previousState": a.state(), "configuration": next.configuration(),
	}, now)
	w.opts.Log.Info("alarm changed", "alarm", next.Name, "from", a.State, "to", r.State, "reason", r.Reason)
	if act {
		w.act(tx, &next, now)
	}
	w.suppressorChanged(tx, &next, now)
	w.childChanged(tx, &next, now)
}

func historyState(a *Alarm) map[string]any {
	s := map[string]any{"stateValue": a.State, "stateReason": a.Reason}
	if a.Data != "" {
		s["stateReasonData"] = a.Data
	}
	return s
}
