// Package cron reads the schedule expressions of AWS and tells when they are due:
//
//	rate(5 minutes)              from now on, in minutes of the server's
//	cron(0 12 ? * MON-FRI *)     minutes hours day-of-month month day-of-week year
//	at(2026-11-20T10:05:00)      once
//
// EventBridge and Application Auto Scaling have them in common; only the latter
// knows at() and time zones. An hour that daylight saving skips has no minutes in
// it that could be due; a minute that it repeats is due once.
//
// Files: schedule.go (the three kinds), expression.go (cron).
package cron
