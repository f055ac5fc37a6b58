package bus

import (
	"time"

	"github.com/grue-ecs/grue/internal/cron"
	"github.com/grue-ecs/grue/internal/store"
)

// follow is when a schedule is due after it was due: what was missed is not made
// up for.
func follow(s *cron.Schedule, due, now time.Time, minute time.Duration) time.Time {
	if next := s.After(due, minute); next.After(now) || next.IsZero() {
		return next
	}
	return s.After(now, minute)
}

// idle is the longest pause of the loop.
const idle = time.Hour

// runSchedules calls the targets of rules that are due, and tells how long to
// wait for the next one.
func (r *Router) runSchedules() (wait time.Duration, err error) {
	now := r.opts.Now()
	wait = idle
	var due []string
	r.opts.Store.View(func(tx *store.Tx) {
		for key, rule := range rules.All(tx) {
			switch {
			case !rule.Enabled() || rule.Next.IsZero():
			case rule.Next.After(now):
				wait = min(wait, rule.Next.Sub(now))
			default:
				due = append(due, key)
			}
		}
	})
	if len(due) == 0 {
		return wait, nil
	}
	err = r.opts.Store.Update(func(tx *store.Tx) error {
		for _, key := range due {
			if err := r.fire(tx, key, now); err != nil {
				return err
			}
		}
		return nil
	})
	return 0, err // look again, at what is next
}

// fire calls the targets of one rule.
func (r *Router) fire(tx *store.Tx, key string, now time.Time) error {
	rule, ok := rules.Get(tx, key)
	if !ok || !rule.Enabled() || rule.Next.IsZero() || rule.Next.After(now) {
		return nil
	}
	next := *rule
	next.Next = time.Time{}
	if s, err := cron.Parse(rule.Schedule); err == nil {
		next.Next = follow(s, rule.Next, now, r.opts.Minute)
	}
	rules.Put(tx, key, &next)
	e, err := NewEvent(rule.Bus, store.Event{
		ID: store.NewUUID(), DetailType: "Scheduled Event", Source: "aws.events", Account: rule.Account, Region: rule.Region,
		Time: rule.Next, Resources: []string{rule.ARN()}, Detail: []byte("{}"),
	})
	if err != nil {
		return err
	}
	return r.hand(tx, r.calls(tx, rule, e, 0))
}
