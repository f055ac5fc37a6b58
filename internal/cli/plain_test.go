package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/internal/client"
)

// evil is what a container may print to whoever reads its log.
const evil = "a\x1b]0;title\a\x1b[2J\x1b[31mred\u009b2J\x7f\u202e"

func TestNothingIsObeyed(t *testing.T) {
	for name, write := range map[string]func(s *streams){
		"error": func(s *streams) { s.tell(usageError(evil)) },
		"table": func(s *streams) {
			table := table{head: []string{"A"}}
			table.add(evil + "\nforged")
			_ = table.print(s.out)
		},
		"log": func(s *streams) {
			p := logPrinter{out: s.out}
			_ = p.print([]client.LogLine{{Task: "0123456789", Message: evil}})
		},
		"json": func(s *streams) { _ = printJSON(s.out, map[string]string{"a": evil}) },
	} {
		var b bytes.Buffer
		write(&streams{out: plain{&b}, err: plain{&b}})
		if text := b.String(); strings.ContainsAny(text, "\x1b\a\x7f\u009b\u202e") || !strings.Contains(text, `\u001b[2J`) || strings.Contains(text, "\nforged") {
			t.Errorf("%s: %q", name, text)
		}
		if got := (map[string]string{}); name == "json" && (json.Unmarshal(b.Bytes(), &got) != nil || got["a"] != evil) {
			t.Errorf("not the same: %s", b.Bytes())
		}
	}
}

// Programs colour what they print; on a screen they may, to the end of the line.
func TestLogsKeepColours(t *testing.T) {
	var b bytes.Buffer
	p := logPrinter{out: plain{&b}, colours: true, of: map[string]int{}}
	if err := p.print([]client.LogLine{{Task: "0123456789", Container: "app", Message: "\x1b[31mred\x1b[2J"}}); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); !strings.HasSuffix(text, "\x1b[36m01234567 app\x1b[0m  \x1b[31mred\\u001b[2J\x1b[0m\n") {
		t.Errorf("%q", text)
	}
}
