package demo

import (
	"fmt"
	"strings"
)

// The drawing: share of traffic above, tasks below, over time.
const (
	width, left, right    = 720, 60, 20
	top, shareHeight      = 34, 110
	tasksTop, tasksHeight = 190, 90
	height                = 320
)

// picture draws the account of a deployment as SVG.
func picture(samples []sample, tasks int, a act) string {
	var b strings.Builder
	if len(samples) == 0 {
		return ""
	}
	end := samples[len(samples)-1].at.Seconds()
	x := func(s sample) float64 { return left + (width-left-right)*s.at.Seconds()/max(end, 0.001) }
	most := float64(tasks)
	for _, s := range samples {
		most = max(most, float64(s.oldTasks+s.tasks))
	}
	shareY := func(s sample) float64 { return top + shareHeight*s.share }
	tasksY := func(n int32) float64 { return tasksTop + tasksHeight*(1-float64(n)/most) }
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12" role="img">`+"\n", width, height)
	fmt.Fprintf(&b, "<title>A deployment of %d tasks under load, %s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", tasks, a.title)
	fmt.Fprintf(&b, `<text x="%d" y="20" fill="#333">share of traffic: <tspan fill="#3b6fb6">%s</tspan>, <tspan fill="#3a9a5b">%s</tspan></text>`+"\n", left, a.from, a.to)
	fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="#3b6fb6"/>`+"\n", left, top, width-left-right, shareHeight)
	b.WriteString(area(samples, x, shareY, top, "#3a9a5b"))
	fmt.Fprintf(&b, `<text x="%d" y="%d" fill="#333">running tasks: <tspan fill="#3b6fb6">old</tspan>, <tspan fill="#3a9a5b">new</tspan></text>`+"\n", left, tasksTop-12)
	fmt.Fprintf(&b, `<line x1="%d" y1="%d" x2="%d" y2="%[2]d" stroke="#999"/>`+"\n", left, tasksTop+tasksHeight, width-right)
	b.WriteString(steps(samples, x, func(s sample) float64 { return tasksY(s.oldTasks) }, "#3b6fb6"))
	b.WriteString(steps(samples, x, func(s sample) float64 { return tasksY(s.tasks) }, "#3a9a5b"))
	for _, n := range []int32{0, int32(tasks), int32(most)} {
		fmt.Fprintf(&b, `<text x="%d" y="%.0f" text-anchor="end" fill="#666">%d</text>`+"\n", left-8, tasksY(n)+4, n)
	}
	last := samples[len(samples)-1]
	fmt.Fprintf(&b, `<text x="%[1]d" y="%[2]d" fill="#333">0 s</text><text x="%[3]d" y="%[2]d" text-anchor="end" fill="#333">%.1[4]f s, %[5]d requests, %[6]d failed</text>`+"\n</svg>\n",
		left, height-14, width-right, end, last.sent-samples[0].sent, last.failed-samples[0].failed)
	return b.String()
}

// area is filled between a line and the top.
func area(samples []sample, x, y func(sample) float64, from float64, colour string) string {
	var p strings.Builder
	fmt.Fprintf(&p, "M%.1f %.1f", x(samples[0]), from)
	for _, s := range samples {
		fmt.Fprintf(&p, "L%.1f %.1f", x(s), y(s))
	}
	fmt.Fprintf(&p, "L%.1f %.1fZ", x(samples[len(samples)-1]), from)
	return fmt.Sprintf(`<path d="%s" fill="%s"/>`+"\n", p.String(), colour)
}

// steps is a line that changes at once from sample to sample.
func steps(samples []sample, x, y func(sample) float64, colour string) string {
	var p strings.Builder
	fmt.Fprintf(&p, "M%.1f %.1f", x(samples[0]), y(samples[0]))
	for _, s := range samples[1:] {
		fmt.Fprintf(&p, "H%.1fV%.1f", x(s), y(s))
	}
	return fmt.Sprintf(`<path d="%s" fill="none" stroke="%s" stroke-width="2.5"/>`+"\n", p.String(), colour)
}
