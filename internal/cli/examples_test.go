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
	said, helped := 0, false
	parser := newParser(&streams{out: io.Discard, err: io.Discard}, func(int) { helped = true })
	parses := func(args []string) error {
		helped = false
		if _, err := parser.Parse(args); !helped {
			return err
		}
		return nil
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```sh.*?\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			said += understood(t, filepath.Base(page), block[1], parses)
		}
	}
	for _, verb := range parser.Model.Children {
		if _, list, ok := strings.Cut(verb.Detail, "Examples:"); ok {
			said += understood(t, verb.Name+" --help", list, parses)
		}
	}
	if said < 30 {
		t.Errorf("only %d examples were found", said)
	}
}

// understood parses the commands of grue in a piece of shell.
func understood(t *testing.T, where, script string, parses func([]string) error) (n int) {
	t.Helper()
	script = strings.ReplaceAll(script, "\\\n", " ")
	for _, line := range strings.Split(script, "\n") {
		line, _, _ = strings.Cut(strings.TrimSpace(line), "   ") // what follows says what it does
		for _, words := range commands(line) {
			if len(words) > 0 && words[0] == "sudo" {
				words = words[1:]
			}
			if len(words) < 2 || words[0] != "grue" {
				continue
			}
			n++
			if err := parses(words[1:]); err != nil {
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
