package rig

import (
	"fmt"
	"os"
	"strings"
	"sync"
)

// Table is printed as Markdown, the way docs/benchmarks.md holds it.
type Table struct {
	title string
	rows  [][]string
	notes []string
}

// NewTable starts a table with a title and the names of its columns.
func NewTable(title string, columns ...string) *Table {
	return &Table{title: title, rows: [][]string{columns}}
}

// Row adds a row. Numbers are written with as many digits as they deserve.
func (t *Table) Row(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		switch v := c.(type) {
		case float64:
			row[i] = number(v)
		default:
			row[i] = fmt.Sprint(v)
		}
	}
	t.rows = append(t.rows, row)
}

// Note adds a line below the table.
func (t *Table) Note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

var printing sync.Mutex

// Print writes the table to standard output.
func (t *Table) Print() {
	printing.Lock()
	defer printing.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n", t.title)
	for i, row := range t.rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	for _, n := range t.notes {
		fmt.Fprintf(&b, "\n%s\n", n)
	}
	fmt.Fprintln(os.Stdout, b.String())
}

func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// Ratio writes a ÷ b, or a dash when one of them was not measured.
func Ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return "–"
	}
	return number(a/b) + " ×"
}
