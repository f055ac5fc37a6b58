package scale

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/cron"
	"github.com/grue-ecs/grue/internal/store"
)

// ParseSchedule reads the schedule of a scheduled action in its time zone, "" = UTC.
func ParseSchedule(text, zone string) (*cron.Schedule, error) {
	if zone == "Local" { // this machine's, for Go
		return nil, fmt.Errorf("unknown time zone %s", zone)
	}
	in, err := time.LoadLocation(zone)
	if err != nil {
		return nil, err
	}
	return cron.ParseIn(text, in)
}

// PutScheduled makes a scheduled action, or replaces one but for its ARN.
func (s *Scaler) PutScheduled(tx *store.Tx, a *Scheduled) error {
	next := *a
	if old, ok := Scheduleds.Get(tx, a.Key()); ok {
		next.UUID, next.Created = old.UUID, old.Created
	} else {
		next.UUID, next.Created = store.NewUUID(), s.opts.Now()
	}
	when, err := ParseSchedule(a.Schedule, a.Zone)
	if err != nil {
		return err
	}
	next.Next = next.first(when, s.opts.Now(), s.opts.Minute)
	Scheduleds.Put(tx, next.Key(), &next)
	return nil
}

// first is when a scheduled action is due first; rate() begins at the start time.
func (a *Scheduled) first(when *cron.Schedule, now time.Time, minute time.Duration) time.Time {
	if every := when.Interval(minute); every > 0 && !a.Start.IsZero() {
		due := a.Start
		if !due.After(now) {
			due = due.Add((now.Sub(due)/every + 1) * every)
		}
		return a.ending(due)
	}
	if a.Start.After(now) {
		now = a.Start.Add(-time.Nanosecond)
	}
	return a.ending(when.After(now, minute))
}

// following is when it is due after it was: what was missed is not made up for.
func (a *Scheduled) following(now time.Time, minute time.Duration) time.Time {
	when, err := ParseSchedule(a.Schedule, a.Zone)
	if err != nil {
		return time.Time{}
	}
	next := when.After(a.Next, minute)
	if !next.IsZero() && !next.After(now) {
		next = when.After(now, minute)
	}
	return a.ending(next)
}

func (a *Scheduled) ending(due time.Time) time.Time {
	if !a.End.IsZero() && due.After(a.End) {
		return time.Time{}
	}
	return due
}

// fire performs a scheduled action that is due.
func (s *Scaler) fire(tx *store.Tx, a *Scheduled, now time.Time) {
	next := *a
	next.Next = a.following(now, s.opts.Minute)
	Scheduleds.Put(tx, next.Key(), &next)
	t, ok := Targets.Get(tx, a.Scope.Key(a.Resource))
	if !ok || t.Suspended.Scheduled {
		return
	}
	to := *t
	what := ""
	if a.Min != nil {
		to.Min, what = *a.Min, fmt.Sprintf("min capacity to %d", *a.Min)
	}
	if a.Max != nil {
		to.Max = *a.Max
		if what != "" {
			what += " and "
		}
		what += fmt.Sprintf("max capacity to %d", *a.Max)
	}
	done := &Activity{
		Scope: a.Scope, Resource: a.Resource, Start: now, End: now, Description: "Setting " + what,
		Cause: "scheduled action name " + a.Name + " was triggered", Status: types.ScalingActivityStatusCodeSuccessful, Message: "Successfully set " + what,
	}
	if to.Min > to.Max {
		done.Status = types.ScalingActivityStatusCodeFailed
		done.Message = fmt.Sprintf("Failed to set %s. Reason: the minimum capacity %d would be above the maximum capacity %d.", what, to.Min, to.Max)
	}
	note(tx, done)
	s.opts.Log.Info("scheduled action", "resource", a.Resource, "action", a.Name, "status", done.Status)
	if done.Status == types.ScalingActivityStatusCodeSuccessful {
		s.PutTarget(tx, &to)
	}
}
