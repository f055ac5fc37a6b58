package client

import (
	"fmt"
	"strings"
	"time"
)

// Changes says in lines what is new between two looks at a service; before is nil
// at the first look, which tells the state but no old events. Each line begins
// with the time since the deployment was created. flags, such as " -c prod", are what commands
// that it names need to mean the same ECS.
func Changes(before, now *Snapshot, flags string) []string {
	d := now.Deployment
	if d == nil {
		if before != nil {
			return nil
		}
		return []string{fmt.Sprintf("%s has had no deployment yet; %d of %d tasks run", now.Service, now.Running, now.Desired)}
	}
	t := teller{since: d.Created, now: now.At}
	var old *Deployment
	if before != nil && before.Deployment != nil && before.Deployment.ID == d.ID {
		old = before.Deployment
	}
	if old == nil {
		t.say("deployment %s of %s, %s", d.ID, now.Service, d.Strategy)
	}
	if text := d.Line(); old == nil || old.Line() != text {
		t.say("%s", text)
	}
	t.rollback(old, d)
	t.alarms(old, d)
	t.hooks(old, d, now.Service, flags)
	t.events(before, now)
	if old == nil || old.Outcome != d.Outcome && d.Outcome.Final() {
		t.ending(d, now.Service)
	}
	return t.lines
}

// teller collects lines.
type teller struct {
	since, now time.Time
	lines      []string
}

func (t *teller) say(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf("%8s  %s", Age(t.now.Sub(t.since)), OneLine(fmt.Sprintf(format, args...))))
}

func (t *teller) rollback(old, d *Deployment) {
	if d.Rollback != nil && (old == nil || old.Rollback == nil) {
		reason := d.Rollback.Reason
		if reason == "" {
			reason = d.Reason
		}
		t.say("rolling back: %s", reason)
	}
}

func (t *teller) alarms(old, d *Deployment) {
	if d.Alarms == nil {
		return
	}
	known := map[string]bool{}
	if old != nil && old.Alarms != nil {
		for _, name := range old.Alarms.Triggered {
			known[name] = true
		}
	}
	for _, name := range d.Alarms.Triggered {
		if !known[name] {
			t.say("alarm %s is in ALARM", name)
		}
	}
}

func (t *teller) hooks(old, d *Deployment, service, flags string) {
	known := map[string]string{}
	if old != nil {
		for _, h := range old.Hooks {
			known[h.ID] = h.Status
		}
	}
	for _, h := range d.Hooks {
		if known[h.ID] == h.Status {
			continue
		}
		if !h.Waits() {
			t.say("hook %s %s", h.Name(), h.Status)
			continue
		}
		until := ""
		if h.Expires != nil {
			until = fmt.Sprintf(" (%s at %s otherwise)", strings.ToLower(h.TimeoutAction), h.Expires.Local().Format(time.DateTime))
		}
		t.say("waits for approval: grue approve %s%s, or grue reject %s%s --reason …%s", service, flags, service, flags, until)
	}
}

func (t *teller) events(before, now *Snapshot) {
	for _, e := range now.NewEvents(before) {
		if e.At.After(t.since) {
			t.say("event: %s", e.Message)
		}
	}
}

// NewEvents are the events that before did not have, oldest first; all events of
// the deployment when there is no before.
func (s *Snapshot) NewEvents(before *Snapshot) (fresh []Event) {
	known := map[string]bool{}
	if before != nil {
		for _, e := range before.Events {
			known[e.ID] = true
		}
	}
	for i := len(s.Events) - 1; i >= 0; i-- {
		e := s.Events[i]
		if before == nil && (s.Deployment == nil || e.At.Before(s.Deployment.Created)) {
			continue
		}
		if !known[e.ID] {
			fresh = append(fresh, e)
		}
	}
	return fresh
}

func (t *teller) ending(d *Deployment, service string) {
	if d.Outcome.Final() {
		t.lines = append(t.lines, d.Ending(service))
	}
}
