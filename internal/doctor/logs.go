package doctor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// plainKeys are keys of log lines whose values are names, numbers, states or
// times.
var plainKeys = keys(`time level process pid signal keep_tasks first child again_in wait code status stage call took service operation
	deployment cluster task container group rule listener phase was epoch version tries try n lines images layers registry_bytes health state bridge
	cidr revision connections listeners streams messages function digest runtime took count from to attempts event detail strategy zone
	load_balancer request_id table outbox items tasks services`)

// textKeys are keys of texts of which only known phrases are told.
var textKeys = keys("err error reason")

func keys(list string) map[string]bool {
	out := map[string]bool{}
	for _, k := range strings.Fields(list) {
		out[k] = true
	}
	return out
}

// message is what msg of a log line may be: the messages of grue are constants
// of plain words.
func message(s string) bool {
	for _, r := range s {
		plain := r == ' ' || r == ',' || r == ';' || r == ':' || r == '\'' || r == '-' || r == '.' || r == '(' || r == ')' || r == '/' ||
			r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !plain {
			return false
		}
	}
	return len(s) <= 200
}

// harmless keeps of log lines what lists say. Lines that are no log lines, such as a
// crash of the Go runtime, keep the names of functions.
func harmless(doc []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(doc) {
		text := strings.TrimRight(string(line), "\r\n")
		pairs, ok := parse(text)
		if !ok {
			out.WriteString(frame(text))
			continue
		}
		for i, p := range pairs {
			if i > 0 {
				out.WriteByte(' ')
			}
			out.WriteString(p.key + "=" + value(p.key, p.value))
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// value is what is told of a key's value.
func value(key, v string) string {
	switch {
	case key == "msg" && message(v):
		return strconv.Quote(v)
	case textKeys[key]:
		return strconv.Quote(known(v))
	case key == "target" && address.MatchString(v), plainKeys[key] && name.MatchString(v) && !strings.Contains(v, "://"):
		return v
	}
	return "…"
}

// pair is a key and a value of a log line.
type pair struct{ key, value string }

// parse reads a line of slog's text or JSON form.
func parse(line string) ([]pair, bool) {
	if strings.HasPrefix(line, "{") {
		return parseJSON(line)
	}
	if !strings.HasPrefix(line, "time=") {
		return nil, false
	}
	var out []pair
	for line != "" {
		key, rest, ok := strings.Cut(line, "=")
		if !ok || !name.MatchString(key) {
			return nil, false
		}
		var v string
		if strings.HasPrefix(rest, `"`) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, false
			}
			v, _ = strconv.Unquote(quoted)
			rest = rest[len(quoted):]
		} else {
			v, rest, _ = strings.Cut(rest, " ")
			rest = " " + rest
		}
		out = append(out, pair{key, v})
		line = strings.TrimPrefix(rest, " ")
	}
	return out, true
}

func parseJSON(line string) ([]pair, bool) {
	var doc map[string]any
	if json.Unmarshal([]byte(line), &doc) != nil {
		return nil, false
	}
	var out []pair
	first := []string{"time", "level", "msg"}
	for _, k := range append(first, slices.Sorted(maps.Keys(doc))...) {
		if v, ok := doc[k]; ok && name.MatchString(k) {
			out = append(out, pair{k, fmt.Sprint(v)})
			delete(doc, k)
		}
	}
	return out, true
}

// frame is what is told of a line of a stack: the function, or file and line.
func frame(line string) string {
	text := strings.TrimSpace(line)
	if at := strings.IndexByte(text, '('); at > 0 && strings.HasPrefix(text, "github.com/grue-ecs/grue/") {
		return text[:at] + "\n"
	}
	if at := strings.Index(text, ".go:"); at > 0 && strings.HasPrefix(line, "\t") {
		n := at + 4
		for n < len(text) && text[n] >= '0' && text[n] <= '9' {
			n++
		}
		if name.MatchString(strings.TrimPrefix(text[:n], "/")) {
			return "\t" + text[:n] + "\n"
		}
	}
	for _, begins := range []string{"goroutine ", "panic: runtime error: ", "fatal error: "} {
		if strings.HasPrefix(text, begins) && message(strings.NewReplacer("[", "(", "]", ")").Replace(text)) {
			return text + "\n"
		}
	}
	return ""
}
