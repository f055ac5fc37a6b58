package client

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Changes says in lines what is new between two looks at a service; before is nil
// at the first look, which tells the state but no old events. Each line begins
// with the time since the deployment was created.
func Changes(before, now *Snapshot) []string {
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
	t.hooks(old, d, now.Service)
	t.events(before, now)
	if old == nil || old.Outcome != d.Outcome && d.Outcome.Final() {
		t.ending(d, now.Service)
	}
	return t.lines
}

// Line is a deployment in one line: stage, and the tasks and weight of each
// revision.
func (d *Deployment) Line() string {
	parts := []string{fmt.Sprintf("%-29s", d.At())}
	for i := range d.Old {
		parts = append(parts, "blue "+d.Old[i].Line())
	}
	if d.New.Number != "" {
		parts = append(parts, "green "+d.New.Line())
	}
	return strings.TrimRight(strings.Join(parts, "  "), " ")
}

// At is the stage of a deployment, or its status where that says more.
func (d *Deployment) At() string {
	if d.Stage == "" || d.Status != "IN_PROGRESS" {
		return d.Status
	}
	return d.Stage
}

// Line is a revision in one line: "web:2 3/4 tasks 25 %".
func (r *Revision) Line() string {
	text := fmt.Sprintf("%s %d/%d tasks", r.Name(), r.Running, r.Requested)
	if r.Weight != nil {
		text += " " + Percent(*r.Weight)
	}
	if r.Failed > 0 {
		text += fmt.Sprintf(" (%d failed)", r.Failed)
	}
	return text
}

// Name of a revision for a person: its task definition, or its number.
func (r *Revision) Name() string {
	if r.TaskDefinition != "" {
		return r.TaskDefinition
	}
	return "revision " + r.Number
}

// Percent writes a weight without needless digits.
func Percent(w float64) string {
	return strconv.FormatFloat(float64(int(w*10+0.5))/10, 'f', -1, 64) + " %"
}

// teller collects lines.
type teller struct {
	since, now time.Time
	lines      []string
}

func (t *teller) say(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf("%8s  %s", Age(t.now.Sub(t.since)), fmt.Sprintf(format, args...)))
}

// Age is a duration as people read it: 4.2s, 3m05s, 2h07m, 3d.
func Age(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
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

func (t *teller) hooks(old, d *Deployment, service string) {
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
		t.say("waits for approval: grue approve %s, or grue reject %s --reason …%s", service, service, until)
	}
}

// Name of a hook for a person: what it calls.
func (h Hook) Name() string {
	if h.Target == "" {
		return h.Type
	}
	return h.Type + " " + h.Target[strings.LastIndexAny(h.Target, ":/")+1:]
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

// Ending says how a deployment ended, in one sentence.
func (d *Deployment) Ending(service string) string {
	took := ""
	if d.Finished != nil {
		took = " after " + Age(d.Finished.Sub(d.Created))
	}
	reason := d.Reason
	if reason == "" && d.Rollback != nil {
		reason = d.Rollback.Reason
	}
	if reason != "" && d.Outcome != Deployed {
		reason = ": " + reason
	} else {
		reason = ""
	}
	switch d.Outcome {
	case Deployed:
		return fmt.Sprintf("%s: %s is deployed%s", service, d.New.Name(), took)
	case RolledBack:
		return fmt.Sprintf("%s: %s was rolled back%s%s", service, d.New.Name(), took, reason)
	case RollbackFailed:
		return fmt.Sprintf("%s: the rollback of %s failed%s%s", service, d.New.Name(), took, reason)
	}
	return fmt.Sprintf("%s: the deployment of %s was stopped%s%s", service, d.New.Name(), took, reason)
}
