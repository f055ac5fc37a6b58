package screen

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/grue-ecs/grue/internal/client"
)

// View draws the screen.
func (m *Model) View() tea.View {
	v := tea.NewView(m.Content())
	v.AltScreen = true
	v.WindowTitle = "grue watch " + client.OneLine(m.opts.Service)
	return v
}

// Content is the picture as text: at most height lines of at most width columns.
func (m *Model) Content() string {
	top, bottom := m.top(), m.bottom()
	middle := m.events(m.height - len(top) - len(bottom))
	if m.mode == helping {
		top, middle = m.help(), nil
	}
	room := max(0, m.height-len(bottom))
	lines := append(top, middle...)
	lines = lines[:min(len(lines), room)]
	for len(lines) < room {
		lines = append(lines, "")
	}
	lines = append(lines, bottom...)
	lines = lines[max(0, len(lines)-m.height):]
	for i, line := range lines {
		lines[i] = ansi.Truncate(client.Printable(line, true), m.width, "…")
	}
	return strings.Join(lines, "\n")
}

// top is everything above the events.
func (m *Model) top() []string {
	lines := []string{m.style.bold(m.opts.Service) + m.style.dim(" at "+m.opts.Where)}
	s := m.snap
	if s == nil {
		return append(lines, "", "looking …")
	}
	lines[0] = m.style.bold(s.Service) + m.style.dim(fmt.Sprintf(" in cluster %s at %s", s.Cluster, m.opts.Where))
	d := s.Deployment
	if d == nil {
		return append(lines, fmt.Sprintf("no deployment yet; %d of %d tasks run", s.Running, s.Desired), "")
	}
	lines = append(lines, fmt.Sprintf("%s deployment %s: %s, %s", d.Strategy, d.ID, m.outcome(d), m.age(d)), "")
	if stages := m.stages(d); len(stages) > 0 {
		lines = append(append(lines, stages...), "")
	}
	lines = append(append(lines, m.sides(d)...), "")
	if facts := m.facts(d); len(facts) > 0 {
		lines = append(append(lines, facts...), "")
	}
	return lines
}

func (m *Model) outcome(d *client.Deployment) string {
	text := string(d.Outcome)
	if d.Outcome == client.InProgress && d.Stage == "" {
		text = strings.ToLower(strings.ReplaceAll(d.Status, "_", " "))
	}
	switch d.Outcome {
	case client.Deployed:
		return m.style.green(text)
	case client.WaitsForApproval:
		return m.style.yellow(text)
	case client.InProgress:
		return m.style.bold(text)
	}
	return m.style.red(text)
}

func (m *Model) age(d *client.Deployment) string {
	if d.Finished != nil {
		return "took " + client.Age(d.Finished.Sub(d.Created))
	}
	return client.Age(m.now.Sub(d.Created))
}

// facts are hooks, alarms, the circuit breaker and the reason of a rollback.
func (m *Model) facts(d *client.Deployment) (lines []string) {
	fact := func(name, text string) { lines = append(lines, fmt.Sprintf("%-8s %s", name, text)) }
	for _, h := range d.Hooks {
		text := h.Name() + " " + h.Status
		if h.Waits() {
			text = m.style.yellow("waits for your approval: a approves, r rejects") + m.until(h)
		}
		fact("hook", text)
	}
	if a := d.Alarms; a != nil && len(a.Names) > 0 {
		text := strings.ToLower(a.Status) + ": " + client.OneLine(strings.Join(a.Names, " "))
		if len(a.Triggered) > 0 {
			text = m.style.red("in ALARM: " + client.OneLine(strings.Join(a.Triggered, " ")))
		}
		fact("alarms", text)
	}
	if b := d.Breaker; b != nil && b.Threshold > 0 {
		text := fmt.Sprintf("%d of %d failed tasks", b.Failures, b.Threshold)
		if b.Failures > 0 {
			text = m.style.red(text)
		}
		fact("breaker", text)
	}
	if r := d.Rollback; r != nil {
		fact("rollback", m.style.red(client.OneLine(r.Reason)))
	} else if d.Reason != "" {
		fact("reason", client.OneLine(d.Reason))
	}
	if m.snap.Problem != "" {
		fact("not seen", m.style.dim(client.OneLine(m.snap.Problem)))
	}
	return lines
}

// until says what happens when nobody answers.
func (m *Model) until(h client.Hook) string {
	if h.Expires == nil {
		return ""
	}
	return fmt.Sprintf("; %s in %s", strings.ToLower(h.TimeoutAction), client.Age(h.Expires.Sub(m.now)))
}

// events are the newest events of the service that find room, newest first.
func (m *Model) events(room int) (lines []string) {
	if m.snap == nil || room < 2 {
		return nil
	}
	all := m.snap.Events
	m.scroll = max(0, min(m.scroll, len(all)-1))
	for _, e := range all[m.scroll:] {
		if len(lines) == room {
			break
		}
		lines = append(lines, m.style.dim(e.At.Local().Format(time.TimeOnly))+"  "+client.OneLine(e.Message))
	}
	return lines
}

// bottom is the line of keys, or what is typed, and what came of it.
func (m *Model) bottom() []string {
	note := m.note
	if m.problem != "" {
		note = m.style.red(client.OneLine(m.problem) + "; trying again")
	}
	if m.mode == rejecting {
		return []string{"", m.style.yellow("reason for rejecting (Enter rejects, Esc goes back): ") + string(m.reason) + "▌"}
	}
	keys := "↑↓ events · ? help · q quit"
	if m.snap != nil && m.snap.Deployment.Approval() != nil {
		keys = "a approve · r reject · " + keys
	}
	return []string{note, m.style.dim(keys)}
}

func (m *Model) help() []string {
	return strings.Split(`a        approve what waits for approval
r        reject it: asks for a reason, then the deployment rolls back
↑ ↓      older and newer events
ctrl+z   leave for the shell for a while
q        quit; the deployment goes on
?        this

✓ done   ● now   ◆ waits for approval   ◀ going back   ○ to come
blue is what is replaced, green what is deployed; bars show their share of
production traffic, or of the wanted tasks where no traffic is shifted`, "\n")
}
