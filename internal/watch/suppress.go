package watch

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/store"
)

// Held is the suppression of a composite alarm's actions.
//
//	change ── suppressor in ALARM ──────────────► held (Alarm)
//	   └───── otherwise ─► held (WaitPeriod) ─┬─► suppressor in ALARM: held (Alarm)
//	                                          └─► time over: act
//	held (Alarm) ─ suppressor leaves ALARM ─► held (ExtensionPeriod) ─ time over ─► act
type Held struct {
	By     types.ActionsSuppressedBy
	Reason string
	Until  time.Time // zero = until the suppressor changes
}

func (h *Held) due(now time.Time) bool { return !h.Until.IsZero() && !now.Before(h.Until) }

// suppress decides about the actions of a change of a composite alarm: it sets
// Held, or tells that they run now.
func (w *Watcher) suppress(tx *store.Tx, a *Alarm, now time.Time) (act bool) {
	a.Held = Held{}
	name := a.Suppressor()
	if name == "" {
		return true
	}
	if state, _ := State(tx, a.Scope, name); state == alarm.Alarm {
		a.Held = heldBy(a, name)
		return false
	}
	a.Held = w.heldFor(a, types.ActionsSuppressedByWaitPeriod, a.Composite.V.ActionsSuppressorWaitPeriod, now)
	return false
}

func heldBy(a *Alarm, name string) Held {
	return Held{By: types.ActionsSuppressedByAlarm, Reason: fmt.Sprintf("Actions suppressed by %s", ARN(a.Scope, name))}
}

// heldFor holds actions for a period of CloudWatch's seconds.
func (w *Watcher) heldFor(a *Alarm, by types.ActionsSuppressedBy, seconds *int32, now time.Time) Held {
	length := time.Duration(aws.ToInt32(seconds)) * w.opts.Metrics.Minute() / 60
	return Held{By: by, Reason: fmt.Sprintf("Actions suppressed by %s of %d seconds", by, aws.ToInt32(seconds)), Until: now.Add(length)}
}

// suppressorChanged tells the composite alarms that an alarm suppresses.
func (w *Watcher) suppressorChanged(tx *store.Tx, s *Alarm, now time.Time) {
	for _, seen := range Alarms.Prefix(tx, s.Scope.Key("")) {
		if seen.Composite == nil {
			continue
		}
		a, ok := Alarms.Get(tx, seen.Key())
		if !ok || a.Suppressor() != s.Name || a.Held.By == "" {
			continue
		}
		next := *a
		switch {
		case s.State == alarm.Alarm:
			next.Held = heldBy(a, s.Name)
		case a.Held.By == types.ActionsSuppressedByAlarm:
			next.Held = w.heldFor(a, types.ActionsSuppressedByExtensionPeriod, a.Composite.V.ActionsSuppressorExtensionPeriod, now)
		default:
			continue
		}
		Alarms.Put(tx, next.Key(), &next)
	}
}

// release runs the actions that were held.
func (w *Watcher) release(tx *store.Tx, a *Alarm, now time.Time) *Alarm {
	next := *a
	next.Held = Held{}
	Alarms.Put(tx, next.Key(), &next)
	w.act(tx, &next, now)
	return &next
}
