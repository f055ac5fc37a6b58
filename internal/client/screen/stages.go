package screen

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/grue-ecs/grue/internal/client"
)

// stages draws the way of a deployment: what is done, where it is, what comes.
func (m *Model) stages(d *client.Deployment) []string {
	at := slices.Index(client.Stages, d.Stage)
	if at < 0 {
		return nil // a rolling deployment has no stages
	}
	var cells []string
	for i, stage := range client.Stages {
		spent, seen := m.spent[stage]
		if stage == "RECONCILE_SERVICE" && at > 0 && !seen {
			continue // rarely needed
		}
		name := strings.ToLower(strings.ReplaceAll(stage, "_", " "))
		if seen {
			name += " " + client.Age(spent)
		}
		cells = append(cells, m.stage(d, name, i-at))
	}
	return wrap(cells, m.width)
}

// stage draws one; where tells its place: < 0 before the current one, 0 it.
func (m *Model) stage(d *client.Deployment, name string, where int) string {
	back := d.Outcome == client.RollingBack || d.Outcome == client.RolledBack || d.Outcome == client.RollbackFailed
	switch {
	case where < 0 || d.Outcome == client.Deployed:
		return m.style.green("✓ " + name)
	case where > 0:
		return m.style.dim("○ " + name)
	case back:
		return m.style.red("◀ " + name)
	case d.Outcome == client.WaitsForApproval:
		return m.style.yellow("◆ " + name)
	case d.Outcome == client.Stopped:
		return m.style.red("✗ " + name)
	}
	return m.style.bold("● " + name)
}

// wrap joins cells to lines that fit.
func wrap(cells []string, width int) (lines []string) {
	const gap = "  "
	line := ""
	for _, cell := range cells {
		switch {
		case line == "":
			line = cell
		case ansi.StringWidth(line)+len(gap)+ansi.StringWidth(cell) > width:
			lines = append(lines, line)
			line = cell
		default:
			line += gap + cell
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
