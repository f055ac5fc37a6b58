package client

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

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

// Name of a hook for a person: what it calls.
func (h Hook) Name() string {
	if h.Target == "" {
		return h.Type
	}
	return h.Type + " " + h.Target[strings.LastIndexAny(h.Target, ":/")+1:]
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
