package screen

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/grue-ecs/grue/internal/client"
)

// sides draws the revisions: blue, those that are replaced, and green, the new
// one, each with a bar of its traffic or, where none is shifted, of its tasks.
func (m *Model) sides(d *client.Deployment) (lines []string) {
	names := 0
	all := append([]client.Revision{}, d.Old...)
	all = append(all, d.New)
	for i := range all {
		names = max(names, ansi.StringWidth(all[i].Name()))
	}
	for i := range all {
		paint, label := m.style.blue, "blue "
		if i == len(all)-1 {
			paint, label = m.style.green, "green"
		}
		lines = append(lines, m.side(&all[i], paint, label, names))
	}
	return lines
}

func (m *Model) side(r *client.Revision, paint func(string) string, label string, names int) string {
	name := r.Name() + strings.Repeat(" ", max(0, names-ansi.StringWidth(r.Name())))
	tasks := fmt.Sprintf("%7s tasks", fmt.Sprintf("%d/%d", r.Running, r.Requested))
	share, text := 0.0, ""
	switch weight := weightOf(r); {
	case weight != nil:
		share, text = *weight/100, fmt.Sprintf("%7s", client.Percent(*weight))
	case r.Requested > 0:
		share = float64(r.Running) / float64(r.Requested)
	}
	line := fmt.Sprintf("%s  %s%s", paint(label), m.style.bold(name), tasks)
	if width := m.barWidth(names); width > 0 {
		line += "  " + paint(bar(share, width))
	}
	line += text
	if rest := sideRest(r); rest != "" {
		line += "   " + rest
	}
	return line
}

// weightOf is what production rules send now, else what the deployment wants.
func weightOf(r *client.Revision) *float64 {
	for _, t := range r.Traffic {
		if !t.Test {
			return &t.Weight
		}
	}
	return r.Weight
}

// sideRest are further facts, as far as there are any.
func sideRest(r *client.Revision) string {
	var parts []string
	if r.Pending > 0 {
		parts = append(parts, fmt.Sprintf("%d pending", r.Pending))
	}
	if r.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", r.Failed))
	}
	if r.TestWeight != nil && *r.TestWeight > 0 {
		parts = append(parts, "test "+client.Percent(*r.TestWeight))
	}
	for _, t := range r.Traffic {
		if !t.Test && t.Targets > 0 {
			parts = append(parts, fmt.Sprintf("%d/%d healthy", t.Healthy, t.Targets))
			break
		}
	}
	return strings.Join(parts, ", ")
}

// barWidth leaves room for the facts beside the bar; 0 where there is no room for
// a bar at all.
func (m *Model) barWidth(names int) int {
	const label, tasks, weight, facts, least = 7, 15, 7, 28, 5
	room := m.width - label - names - tasks - weight
	if room < least {
		return 0
	}
	return min(40, max(least, room-facts))
}

// bar draws a share between 0 and 1. What is more than nothing shows.
func bar(share float64, width int) string {
	fill := int(share*float64(width) + 0.5)
	if share > 0 && fill == 0 {
		fill = 1
	}
	if share < 1 && fill == width {
		fill = width - 1
	}
	fill = min(max(fill, 0), width)
	return strings.Repeat("█", fill) + strings.Repeat("░", width-fill)
}
