package cron

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // time zones, where the machine has none
)

// Schedule is when something is due. The zero value is due never.
type Schedule struct {
	minutes int // of rate()
	cron    *expression
	once    time.Time // of at(), a wall clock's time as if it were UTC
	zone    *time.Location
}

// Parse reads rate(5 minutes) or cron(0 12 * * ? *), in UTC.
func Parse(text string) (*Schedule, error) {
	s := &Schedule{zone: time.UTC}
	var err error
	if inner, ok := inside(text, "rate"); ok {
		s.minutes, err = parseRate(inner)
		return s, err
	}
	if inner, ok := inside(text, "cron"); ok {
		s.cron, err = parseCron(inner)
		return s, err
	}
	return nil, errors.New("it is rate(value unit) or cron(minutes hours day-of-month month day-of-week year)")
}

// ParseIn also reads at(2026-11-20T10:05:00), and takes the times of cron() and at()
// for those of a time zone.
func ParseIn(text string, zone *time.Location) (*Schedule, error) {
	inner, ok := inside(text, "at")
	if !ok {
		s, err := Parse(text)
		if err == nil {
			s.zone = zone
		} else if !strings.HasPrefix(text, "rate(") && !strings.HasPrefix(text, "cron(") {
			err = errors.New("it is at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(minutes hours day-of-month month day-of-week year)")
		}
		return s, err
	}
	t, err := time.Parse("2006-01-02T15:04:05", inner)
	if err != nil {
		return nil, fmt.Errorf("at(%s): a time has the form yyyy-mm-ddThh:mm:ss", inner)
	}
	return &Schedule{once: t, zone: zone}, nil
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

func parseRate(text string) (minutes int, err error) {
	value, unit, ok := strings.Cut(text, " ")
	n, err := strconv.Atoi(value)
	of, known := units[strings.TrimSuffix(unit, "s")]
	switch {
	case !ok || err != nil || n < 1 || n > 1_000_000 || !known:
		return 0, fmt.Errorf("rate(%s): a rate is a positive number and minute, minutes, hour, hours, day or days", text)
	case (n == 1) == strings.HasSuffix(unit, "s"):
		return 0, fmt.Errorf("rate(%s): the unit is singular for 1 and plural for more", text)
	}
	return n * of, nil
}

// After is when a schedule is due next, in UTC; zero = never again. A minute of
// rate() lasts as long as minute says; cron() and at() go by the clock.
func (s *Schedule) After(now time.Time, minute time.Duration) time.Time {
	switch {
	case s.cron != nil:
		return s.cron.after(now, s.zone)
	case s.minutes > 0:
		return now.Add(time.Duration(s.minutes) * minute)
	}
	if t := s.Once(); t.After(now) {
		return t
	}
	return time.Time{}
}

// Once is the time of at(), zero for the other kinds.
func (s *Schedule) Once() time.Time {
	if s.once.IsZero() {
		return time.Time{}
	}
	y, m, d := s.once.Date()
	return time.Date(y, m, d, s.once.Hour(), s.once.Minute(), s.once.Second(), 0, s.zone).UTC()
}

// Interval is how long rate() waits between two times, 0 for the other kinds.
func (s *Schedule) Interval(minute time.Duration) time.Duration {
	return time.Duration(s.minutes) * minute
}
