package main

import (
	"fmt"
	"strings"
)

// Places of the rows, in pixels.
const (
	left, right = 120, 10
	column      = 46
	share, high = 36, 90 // the chart of production traffic
	test        = share + high + 14
	tasks       = test + 30
	labels      = tasks + 56
	height      = labels + 190
)

// dark are the colours where the reader's screen is dark; the attributes are the others.
const dark = `<style>@media (prefers-color-scheme: dark) { .page { fill: #16181d } text { fill: #d6d9df } .faint { fill: #9aa0aa } .line { stroke: #9aa0aa } }</style>`

// draw is the picture as SVG.
func (p plan) draw() string {
	var b strings.Builder
	width := left + right + column*len(p.stages) + 130
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" fill="#333" role="img">`+"\n", width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n%s\n", p.title, dark)
	fmt.Fprintf(&b, `<rect class="page" width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	fmt.Fprintf(&b, `<text x="%d" y="20" font-weight="bold">%s</text>`+"\n", left, p.title)
	rows := []struct {
		y    int
		text string
	}{{share + high/2, "traffic"}, {test + 12, "test traffic"}, {tasks + 14, "blue's tasks"}, {tasks + 36, "green's tasks"}}
	for _, r := range rows {
		if r.y != test+12 || p.tests() {
			fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-10, r.y, r.text)
		}
	}
	for i, s := range p.stages {
		s.draw(&b, left+i*column, p.tests())
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// tests tells whether the picture has a row of test traffic.
func (p plan) tests() bool {
	for _, s := range p.stages {
		if s.test {
			return true
		}
	}
	return false
}

const (
	blue  = "#3b6fb6"
	green = "#3a9a5b"
)

// draw draws a column at x.
func (s stage) draw(b *strings.Builder, x int, tests bool) {
	rect := func(y, h float64, fill string) {
		if h > 0 {
			fmt.Fprintf(b, `<rect x="%d" y="%.1f" width="%d" height="%.1f" fill="%s"/>`+"\n", x, y, column-2, h, fill)
		}
	}
	up := high * s.traffic / 100
	rect(share, high-up, blue)
	rect(share+high-up, up, green)
	if s.traffic > 0 && s.traffic < 100 {
		fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="middle" font-size="11" style="fill:#fff" fill="#fff">%.0f %%</text>`+"\n", x+column/2-1, share+high-max(up/2-4, 2), s.traffic)
	}
	if tests {
		fill := blue
		if s.test {
			fill = green
		}
		rect(test, 16, fill)
	}
	rect(tasks+18*(1-s.blue), 18*s.blue, blue)
	rect(tasks+22+18*(1-s.green), 18*s.green, green)
	weight := "normal"
	if s.timed {
		weight = "bold"
	}
	fmt.Fprintf(b, `<g transform="translate(%d %d) rotate(50)" font-size="11"><text font-weight="%s">%s</text><text class="faint" y="13" fill="#6b7280">%s</text></g>`+"\n",
		x+column/2-6, labels, weight, s.name, s.wait)
}
