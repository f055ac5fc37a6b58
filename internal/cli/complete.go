package cli

import (
	"fmt"
	"strings"
	"time"
)

// completeCmd is what the scripts of `grue completion` ask.
type completeCmd struct {
	Words []string `arg:"" optional:"" help:"What was typed after grue; the last word is the one to complete."`
}

// completePatience is how long a person waits for names of services.
const completePatience = 5 * time.Second

// Run prints a candidate a line. It fails silently: a shell cannot show why.
func (c *completeCmd) Run(s *streams) error {
	words := joinEquals(c.Words)
	if len(words) == 0 {
		words = []string{""}
	}
	f := completer{model: newParser(s, func(int) {}).Model.Node, given: map[string]string{}}
	prefix := ""
	if name, _, has := strings.Cut(c.last(), "="); has && strings.HasPrefix(name, "--") {
		prefix = name + "=" // a shell that takes --flag=value for one word
	}
	for _, found := range f.complete(words) {
		if found != ":files" {
			found = prefix + found
		}
		if _, err := fmt.Fprintln(s.out, found); err != nil {
			return err
		}
	}
	return nil
}

func (c *completeCmd) last() string {
	if len(c.Words) == 0 {
		return ""
	}
	return c.Words[len(c.Words)-1]
}

// joinEquals undoes what bash does to --flag=value: three words.
func joinEquals(words []string) (out []string) {
	for i := 0; i < len(words); i++ {
		if n := len(out); words[i] == "=" && n > 0 && strings.HasPrefix(out[n-1], "--") {
			out[n-1] += "="
			if i+1 < len(words) {
				i++
				out[n-1] += words[i]
			}
			continue
		}
		out = append(out, words[i])
	}
	return out
}
