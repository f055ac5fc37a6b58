package cron

import (
	"testing"
	"time"
)

func TestSchedules(t *testing.T) {
	now := time.Date(2026, 11, 20, 10, 5, 30, 0, time.UTC) // a Friday
	for text, want := range map[string]string{
		"rate(1 minute)":                   "2026-11-20 10:06:30",
		"rate(5 minutes)":                  "2026-11-20 10:10:30",
		"rate(2 hours)":                    "2026-11-20 12:05:30",
		"rate(1 day)":                      "2026-11-21 10:05:30",
		"cron(0 12 * * ? *)":               "2026-11-20 12:00:00",
		"cron(0 9 * * ? *)":                "2026-11-21 09:00:00",
		"cron(0/15 * * * ? *)":             "2026-11-20 10:15:00",
		"cron(5,50 10-11 * * ? *)":         "2026-11-20 10:50:00",
		"cron(0 18 ? * MON-FRI *)":         "2026-11-20 18:00:00",
		"cron(0 8 ? * mon *)":              "2026-11-23 08:00:00",
		"cron(0 8 1 * ? *)":                "2026-12-01 08:00:00",
		"cron(0 8 L * ? *)":                "2026-11-30 08:00:00",
		"cron(0 8 ? * 6L *)":               "2026-11-27 08:00:00",
		"cron(0 8 ? * 3#2 *)":              "2026-12-08 08:00:00",
		"cron(0 8 22W * ? *)":              "2026-11-23 08:00:00", // a Sunday
		"cron(0 8 1W AUG ? 2027)":          "2027-08-02 08:00:00", // a Sunday
		"cron(0 0 29 2 ? *)":               "2028-02-29 00:00:00",
		"cron(59 23 31 12 ? 2026)":         "2026-12-31 23:59:00",
		"cron(0 0 30 2 ? *)":               "0001-01-01 00:00:00", // never
		"cron(0 0 1 1 ? 2020)":             "0001-01-01 00:00:00",
		"cron(10 10 ? JAN,MAR SUN,7 2027)": "2027-01-02 10:10:00",
	} {
		s, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := s.After(now, time.Minute).Format(time.DateTime); got != want {
			t.Errorf("%s is due at %s, want %s", text, got, want)
		}
	}
	for _, bad := range []string{
		"", "rate", "rate()", "rate(5)", "rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "rate(1 week)", "rate(5 minutess)", "at(2026-01-01)",
		"cron(0 12 * * *)", "cron(0 12 * * * *)", "cron(0 12 ? * ? *)", "cron(60 12 * * ? *)", "cron(0 24 * * ? *)", "cron(0 12 0 * ? *)",
		"cron(0 12 * 13 ? *)", "cron(0 12 ? * 8 *)", "cron(0 12 ? * FRI-MON *)", "cron(*/0 * * * ? *)", "cron(0 12 32W * ? *)", "cron(0 12 ? * 3#6 *)",
		"cron(0 12 * * ? 1969)", "cron(a 12 * * ? *)",
	} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("accepted: %q", bad)
		}
	}
}

func TestTimeZones(t *testing.T) {
	for _, c := range []struct{ text, zone, now, want string }{
		{"cron(0 9 * * ? *)", "America/New_York", "2026-11-20T10:00:00Z", "2026-11-20T14:00:00Z"},
		{"cron(0 9 * * ? *)", "Asia/Tokyo", "2026-11-20T10:00:00Z", "2026-11-21T00:00:00Z"},
		{"cron(30 23 ? * FRI *)", "Pacific/Auckland", "2026-11-20T10:00:00Z", "2026-11-20T10:30:00Z"},
		{"cron(30 2 * * ? *)", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"},    // 02:30 is skipped on the 29th
		{"cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T01:30:00Z"},    // twice on the 25th
		{"cron(30 2 * * ? *)", "Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-26T01:30:00Z"},    // but due once
		{"cron(0 0 * * ? *)", "America/Sao_Paulo", "2018-11-03T12:00:00Z", "2018-11-05T02:00:00Z"}, // a day without a midnight
		{"at(2026-11-20T10:05:00)", "UTC", "2026-11-20T10:00:00Z", "2026-11-20T10:05:00Z"},
		{"at(2026-11-20T10:05:00)", "America/New_York", "2026-11-20T10:00:00Z", "2026-11-20T15:05:00Z"},
		{"at(2026-11-20T10:00:00)", "UTC", "2026-11-20T10:00:00Z", "0001-01-01T00:00:00Z"},
		{"rate(2 minutes)", "Asia/Tokyo", "2026-11-20T10:00:00Z", "2026-11-20T10:02:00Z"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ParseIn(c.text, zone)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.After(now, time.Minute).Format(time.RFC3339); got != c.want {
			t.Errorf("%s in %s after %s is due at %s, want %s", c.text, c.zone, c.now, got, c.want)
		}
	}
	for _, bad := range []string{"", "at()", "at(2026-11-20)", "at(2026-11-20T10:05:00Z)", "at(2026-02-30T10:05:00)", "never", "rate(0 days)"} {
		if _, err := ParseIn(bad, time.UTC); err == nil {
			t.Errorf("accepted: %q", bad)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	for _, s := range []string{"rate(5 minutes)", "cron(0 12 * * ? *)", "cron(0/15 1-3,5 L JAN ? 2027)", "cron(0 8 ? * 3#2 *)"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 20, 10, 5, 30, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		if next := s.After(now, time.Minute); !next.IsZero() && !next.After(now) {
			t.Errorf("%q is due at %v", text, next)
		}
	})
}
