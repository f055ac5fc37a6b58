package web

import (
	"strconv"
	"strings"
	"time"
)

// tasks is a number of tasks, in words.
func tasks(n int) string {
	if n == 1 {
		return "1 task"
	}
	return strconv.Itoa(n) + " tasks"
}

// list joins names: "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// span is a duration in words, to two units: "5 minutes", "1 hour 30 minutes".
func span(d time.Duration) string {
	var words []string
	for _, u := range []struct {
		name   string
		length time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		n := int(d / u.length)
		if n == 0 || len(words) == 2 {
			continue
		}
		d -= time.Duration(n) * u.length
		word := strconv.Itoa(n) + " " + u.name
		if n > 1 {
			word += "s"
		}
		words = append(words, word)
	}
	if len(words) == 0 {
		return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " seconds"
	}
	return strings.Join(words, " ")
}

// percent is a share in words: "10 %".
func percent(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) + " %" }
