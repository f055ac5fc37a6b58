package notify

import (
	"fmt"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/deploy"
)

// say writes the title and the text.
func (m *Message) say() {
	target := taskDefinition(m.Target)
	switch m.Event {
	case Started:
		m.Title = m.Service + ": deployment started"
		m.Text = fmt.Sprintf("A %s deployment of %s in cluster %s has started: %s", m.Strategy, m.Service, m.Cluster, target)
		if m.Source != nil {
			m.Text += " replaces " + taskDefinition(m.Source)
		}
		m.Text += "."
	case Stage:
		m.Title = m.Service + ": " + m.Stage
		m.Text = fmt.Sprintf("The deployment of %s (%s) is at %s%s.", m.Service, target, m.Stage, weights(m.Target))
	case Approval:
		m.Title = m.Service + ": approval needed"
		then := "it rolls back"
		if m.Approval.TimeoutAction == string(deploy.ActionContinue) {
			then = "it goes on"
		}
		m.Text = fmt.Sprintf("The deployment of %s (%s) waits for approval at %s%s. Without a decision until %s, %s.",
			m.Service, target, m.Approval.Stage, weights(m.Target), moment(m.Approval.ExpiresAt), then)
	case Rollback:
		m.Title = m.Service + ": rolling back"
		m.Text = fmt.Sprintf("The deployment of %s (%s) rolls back to %s. %s%s", m.Service, target, taskDefinition(m.Source), m.Reason, m.decided())
	case Succeeded:
		m.Title = m.Service + ": deployed"
		m.Text = fmt.Sprintf("%s in cluster %s runs %s%s.", m.Service, m.Cluster, target, m.took())
	case Failed:
		m.Title = m.Service + ": " + string(m.Status)
		m.Text = fmt.Sprintf("The deployment of %s (%s) ended %s%s. %s%s", m.Service, target, m.Status, m.took(), m.Reason, m.decided())
	}
	m.Text = strings.TrimSpace(m.Text)
}

func (m *Message) decided() string {
	d := m.Decision
	if d == nil {
		return ""
	}
	out := " Decided by " + d.By + " from " + d.From
	if d.Reason == "" {
		return out + "."
	}
	return out + ": " + d.Reason
}

func (m *Message) took() string {
	if m.StartedAt.IsZero() || m.FinishedAt.IsZero() {
		return ""
	}
	return " after " + m.FinishedAt.Sub(m.StartedAt).Round(time.Second).String()
}

func taskDefinition(r *approval.Revision) string {
	switch {
	case r == nil:
		return "nothing"
	case r.TaskDefinition == "":
		return "revision " + r.Number
	}
	return r.TaskDefinition
}

// weights tells the traffic of a revision.
func weights(r *approval.Revision) string {
	if r == nil || r.Production == nil {
		return ""
	}
	return fmt.Sprintf(", with %v %% of the production traffic", *r.Production)
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// facts are what a person wants to know at a glance: pairs of name and value.
func (m *Message) facts() (out [][2]string) {
	add := func(name, value string) {
		if value != "" {
			out = append(out, [2]string{name, value})
		}
	}
	add("Service", m.Cluster+"/"+m.Service)
	add("Strategy", m.Strategy)
	if m.Approval != nil {
		add("Stage", m.Approval.Stage)
		add("Waits since", moment(m.Approval.Since))
	} else {
		add("Stage", m.Stage)
	}
	add("New", revision(m.Target))
	if m.Source != nil {
		add("Serves now", revision(m.Source))
	}
	return out
}

// revision is a revision with its images, one a line.
func revision(r *approval.Revision) string {
	lines := []string{taskDefinition(r)}
	for i, img := range r.Images {
		if i == maxImages {
			lines = append(lines, fmt.Sprintf("… %d more", len(r.Images)-i))
			break
		}
		line := img.Image
		if digest := strings.TrimPrefix(img.Digest, "sha256:"); digest != "" && !strings.Contains(img.Image, "@") {
			line += " (" + digest[:min(12, len(digest))] + ")"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

const maxImages = 5

// plain is the message as text, for topics.
func (m *Message) plain() string {
	lines := []string{m.Text, ""}
	for _, f := range m.facts() {
		lines = append(lines, f[0]+": "+strings.ReplaceAll(f[1], "\n", ", "))
	}
	if m.ApproveURL != "" {
		lines = append(lines, "", "Approve or reject: "+m.ApproveURL)
	}
	if m.URL != "" {
		lines = append(lines, "", "Deployment: "+m.URL)
	}
	return strings.Join(lines, "\n") + "\n"
}
