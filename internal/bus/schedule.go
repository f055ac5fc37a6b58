package bus

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/store"
)

// Schedule is when a rule without a pattern is due.
type Schedule struct {
	minutes int // of rate(); 0 = cron
	cron    *cron
}

// ParseSchedule reads rate(5 minutes) or cron(0 12 * * ? *).
func ParseSchedule(text string) (*Schedule, error) {
	if inner, ok := inside(text, "rate"); ok {
		return parseRate(inner)
	}
	if inner, ok := inside(text, "cron"); ok {
		c, err := parseCron(inner)
		return &Schedule{cron: c}, err
	}
	return nil, errors.New("it is rate(value unit) or cron(minutes hours day-of-month month day-of-week year)")
}

func inside(text, name string) (string, bool) {
	rest, ok := strings.CutPrefix(text, name+"(")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, ")")
}

// units of rate() in minutes.
var units = map[string]int{"minute": 1, "hour": 60, "day": 24 * 60}

func parseRate(text string) (*Schedule, error) {
	value, unit, ok := strings.Cut(text, " ")
	n, err := strconv.Atoi(value)
	minutes, known := units[strings.TrimSuffix(unit, "s")]
	switch {
	case !ok || err != nil || n < 1 || n > 1_000_000 || !known:
		return nil, fmt.Errorf("rate(%s): a rate is a positive number and minute, minutes, hour, hours, day or days", text)
	case (n == 1) == strings.HasSuffix(unit, "s"):
		return nil, fmt.Errorf("rate(%s): the unit is singular for 1 and plural for more", text)
	}
	return &Schedule{minutes: n * minutes}, nil
}

// after is when a schedule is due next; zero = never again.
func (s *Schedule) after(now time.Time, minute time.Duration) time.Time {
	if s.cron != nil {
		return s.cron.after(now)
	}
	return now.Add(time.Duration(s.minutes) * minute)
}

// follow is when a schedule is due after it was due: what was missed is not made
// up for.
func (s *Schedule) follow(due, now time.Time, minute time.Duration) time.Time {
	if next := s.after(due, minute); next.After(now) || next.IsZero() {
		return next
	}
	return s.after(now, minute)
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
	if s, err := ParseSchedule(rule.Schedule); err == nil {
		next.Next = s.follow(rule.Next, now, r.opts.Minute)
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
