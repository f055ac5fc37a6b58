package cli

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every command of grue that the manual and the help show is one that grue
// understands.
func TestExamples(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatal(pages, err)
	}
	said := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```sh.*?\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			said += understood(t, filepath.Base(page), block[1])
		}
	}
	for _, verb := range newParser(&streams{out: io.Discard, err: io.Discard}, func(int) {}).Model.Children {
		if _, list, ok := strings.Cut(verb.Detail, "Examples:"); ok {
			said += understood(t, verb.Name+" --help", list)
		}
	}
	if said < 30 {
		t.Errorf("only %d examples were found", said)
	}
}

// understood parses the commands of grue in a piece of shell.
func understood(t *testing.T, where, script string) (n int) {
	t.Helper()
	script = strings.ReplaceAll(script, "\\\n", " ")
	for _, line := range strings.Split(script, "\n") {
		for _, words := range commands(line) {
			if len(words) > 0 && words[0] == "sudo" {
				words = words[1:]
			}
			if len(words) < 2 || words[0] != "grue" {
				continue
			}
			n++
			helped := false
			_, err := newParser(&streams{out: io.Discard, err: io.Discard}, func(int) { helped = true }).Parse(words[1:])
			if err != nil && !helped {
				t.Errorf("%s: %s: %v", where, strings.Join(words, " "), err)
			}
		}
	}
	return n
}

var tokens = regexp.MustCompile(`'[^']*'|"[^"]*"|\$\([^)]*\)|<\([^)]*\)|[|;&><]+|#.*|[^\s|;&'"><]+`)

// commands splits a line as far as examples need it.
func commands(line string) (all [][]string) {
	var words []string
	redirected := false
	for _, token := range tokens.FindAllString(line, -1) {
		switch {
		case strings.HasPrefix(token, "#"):
		case strings.ContainsAny(token[:1], "|;&"):
			all, words = append(all, words), nil
		case strings.ContainsAny(token[:1], "><") && !strings.HasPrefix(token, "<("):
			redirected = true
		case redirected:
			redirected = false
		default:
			words = append(words, strings.Trim(token, `'"`))
		}
	}
	return append(all, words)
}
