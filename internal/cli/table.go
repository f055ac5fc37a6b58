package cli

import (
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/grue-ecs/grue/internal/client"
)

// table is text in columns, as wide as their widest cell.
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(cells ...string) {
	for i, cell := range cells {
		cells[i] = client.OneLine(cell)
	}
	t.rows = append(t.rows, cells)
}

// print writes the table. On a terminal lines are cut at its width.
func (t *table) print(w io.Writer) error {
	widths := make([]int, len(t.head))
	all := append([][]string{t.head}, t.rows...)
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	limit := 0
	if terminal(w) {
		limit = width(w)
	}
	for _, row := range all {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)+2))
			}
		}
		line := strings.TrimRight(b.String(), " ")
		if limit > 0 {
			line = ansi.Truncate(line, limit, "…")
		}
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			return err
		}
	}
	return nil
}
