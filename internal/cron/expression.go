package cron

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// expression is cron(minutes hours day-of-month month day-of-week year). One of the
// two days is ?. Its days are dates without a time zone: midnights in UTC.
type expression struct {
	minutes, hours, months, years []int
	dayOf                         func(time.Time) bool
}

var (
	monthNames = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	dayNames   = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

func parseCron(text string) (*expression, error) {
	f := strings.Fields(text)
	if len(f) != 6 {
		return nil, fmt.Errorf("cron(%s) has %d fields; it needs 6: minutes hours day-of-month month day-of-week year", text, len(f))
	}
	if (f[2] == "?") == (f[4] == "?") {
		return nil, fmt.Errorf("cron(%s): one of day-of-month and day-of-week must be ?, the other not", text)
	}
	c := &expression{}
	for _, field := range []struct {
		into      *[]int
		text      string
		low, high int
		names     []string
	}{
		{&c.minutes, f[0], 0, 59, nil}, {&c.hours, f[1], 0, 23, nil}, {&c.months, f[3], 1, 12, monthNames}, {&c.years, f[5], 1970, 2199, nil},
	} {
		list, err := parseField(field.text, field.low, field.high, field.names)
		if err != nil {
			return nil, fmt.Errorf("cron(%s): %w", text, err)
		}
		*field.into = list
	}
	var err error
	if f[4] == "?" {
		c.dayOf, err = parseDayOfMonth(f[2])
	} else {
		c.dayOf, err = parseDayOfWeek(f[4])
	}
	if err != nil {
		return nil, fmt.Errorf("cron(%s): %w", text, err)
	}
	return c, nil
}

// parseField reads lists of *, values, ranges and steps.
func parseField(text string, low, high int, names []string) (out []int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		step := 1
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("%q: a step is a positive number", part)
			}
		}
		from, to := low, high
		if span != "*" {
			a, b, ranged := strings.Cut(span, "-")
			if from, err = parseValue(a, low, high, names); err != nil {
				return nil, err
			}
			switch {
			case ranged:
				to, err = parseValue(b, low, high, names)
			case !stepped:
				to = from
			}
			if err != nil {
				return nil, err
			}
		}
		if from > to {
			return nil, fmt.Errorf("%q ends before it begins", part)
		}
		for v := from; v <= to; v += step {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func parseValue(text string, low, high int, names []string) (int, error) {
	if i := slices.Index(names, strings.ToUpper(text)); i >= 0 {
		return low + i, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is not between %d and %d", text, low, high)
	}
	return n, nil
}

// parseDayOfMonth also knows L, the last day, and 15W, the weekday nearest to it.
func parseDayOfMonth(text string) (func(time.Time) bool, error) {
	if text == "L" {
		return func(t time.Time) bool { return t.AddDate(0, 0, 1).Day() == 1 }, nil
	}
	if day, ok := strings.CutSuffix(text, "W"); ok {
		n, err := parseValue(day, 1, 31, nil)
		return func(t time.Time) bool { return t.Day() == nearestWeekday(t, n) }, err
	}
	days, err := parseField(text, 1, 31, nil)
	return func(t time.Time) bool { return slices.Contains(days, t.Day()) }, err
}

// nearestWeekday is the working day nearest to a day, in the same month.
func nearestWeekday(t time.Time, day int) int {
	last := time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	day = min(day, last)
	switch time.Date(t.Year(), t.Month(), day, 0, 0, 0, 0, time.UTC).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == last {
			return day - 2
		}
		return day + 1
	}
	return day
}

// parseDayOfWeek also knows 6L, the last Friday, and 3#2, the second Tuesday.
func parseDayOfWeek(text string) (func(time.Time) bool, error) {
	if day, ok := strings.CutSuffix(text, "L"); ok {
		if day == "" {
			day = "7"
		}
		n, err := parseValue(day, 1, 7, dayNames)
		return func(t time.Time) bool { return weekday(t) == n && t.AddDate(0, 0, 7).Month() != t.Month() }, err
	}
	if day, nth, ok := strings.Cut(text, "#"); ok {
		n, err := parseValue(day, 1, 7, dayNames)
		if err != nil {
			return nil, err
		}
		week, err := parseValue(nth, 1, 5, nil)
		return func(t time.Time) bool { return weekday(t) == n && (t.Day()-1)/7+1 == week }, err
	}
	days, err := parseField(text, 1, 7, dayNames)
	return func(t time.Time) bool { return slices.Contains(days, weekday(t)) }, err
}

// weekday counts from 1, Sunday.
func weekday(t time.Time) int { return int(t.Weekday()) + 1 }

// after finds the next minute in a time zone; zero = none.
func (c *expression) after(now time.Time, zone *time.Location) time.Time {
	local := now.In(zone)
	last := c.years[len(c.years)-1]
	for day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC); day.Year() <= last; {
		switch {
		case !slices.Contains(c.years, day.Year()):
			day = time.Date(day.Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
		case !slices.Contains(c.months, int(day.Month())):
			day = time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		default:
			if t, ok := c.onDay(day, now, zone); ok {
				return t
			}
			day = day.AddDate(0, 0, 1)
		}
	}
	return time.Time{}
}

// onDay finds the first minute of a day that is after now.
func (c *expression) onDay(day, now time.Time, zone *time.Location) (time.Time, bool) {
	if !c.dayOf(day) {
		return time.Time{}, false
	}
	for _, h := range c.hours {
		for _, m := range c.minutes {
			t := time.Date(day.Year(), day.Month(), day.Day(), h, m, 0, 0, zone)
			if t.After(now) && t.Hour() == h && t.Minute() == m {
				return t.UTC(), true
			}
		}
	}
	return time.Time{}, false
}
