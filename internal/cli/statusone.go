package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/client"
)

// lastEvents is how many events `grue status SERVICE` shows.
const lastEvents = 8

// printStatus prints a service in detail. flags are those that commands for a person need.
func printStatus(w io.Writer, s *client.Snapshot, flags string) error {
	var b strings.Builder
	row := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	row("service", "%s in cluster %s, %s", s.Service, s.Cluster, s.Status)
	row("tasks", "%d of %d run, %d pending", s.Running, s.Desired, s.Pending)
	if d := s.Deployment; d == nil {
		row("deployment", "none yet")
	} else {
		statusDeployment(row, d, s.Service, flags)
	}
	if s.Problem != "" {
		row("not seen", "%s", client.OneLine(s.Problem))
	}
	for i := min(lastEvents, len(s.Events)) - 1; i >= 0; i-- {
		e := s.Events[i]
		row("event", "%s  %s", e.At.Local().Format(time.DateTime), client.OneLine(e.Message))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func statusDeployment(row func(name, format string, args ...any), d *client.Deployment, service, flags string) {
	row("deployment", "%s, %s: %s", d.ID, d.Strategy, d.Outcome)
	if d.Outcome.Final() {
		row("ended", "%s", client.OneLine(d.Ending(service)))
	} else {
		row("stage", "%s, since %s", d.At(), client.Age(time.Since(d.Created)))
	}
	for i := range d.Old {
		row("blue", "%s", sideLine(&d.Old[i]))
	}
	row("green", "%s", sideLine(&d.New))
	for _, h := range d.Hooks {
		row("hook", "%s %s", h.Name(), h.Status)
		if h.Waits() {
			row("", "grue approve %s%s, or grue reject %s%s --reason …", service, flags, service, flags)
		}
	}
	if a := d.Alarms; a != nil && len(a.Names) > 0 {
		row("alarms", "%s: %s", a.Status, strings.Join(a.Names, " "))
		if len(a.Triggered) > 0 {
			row("", "in ALARM: %s", strings.Join(a.Triggered, " "))
		}
	}
	if b := d.Breaker; b != nil && b.Status != "DISABLED" && b.Status != "" {
		row("breaker", "%s: %d of %d failed tasks", b.Status, b.Failures, b.Threshold)
	}
	if r := d.Rollback; r != nil {
		row("rollback", "to revision %s: %s", client.Last(r.Revision), client.OneLine(r.Reason))
	}
}

// sideLine is a revision with what its load balancers send it.
func sideLine(r *client.Revision) string {
	text := r.Line()
	if len(r.Images) > 0 {
		text += "  " + strings.Join(r.Images, " ")
	}
	for _, t := range r.Traffic {
		kind := "production"
		if t.Test {
			kind = "test"
		}
		text += fmt.Sprintf("\n%-12s %s %s, %d of %d targets healthy", "", kind, client.Percent(t.Weight), t.Healthy, t.Targets)
	}
	return text
}
