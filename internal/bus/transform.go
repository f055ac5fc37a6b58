package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// placeholder is a variable in a template.
var placeholder = regexp.MustCompile(`<[A-Za-z0-9_.-]+>`)

// input is what a target gets of an event.
func input(t *types.Target, r *Rule, e *Event, now time.Time) ([]byte, error) {
	switch {
	case t.Input != nil:
		return []byte(*t.Input), nil
	case t.InputPath != nil:
		p, err := parsePath(*t.InputPath)
		if err != nil {
			return nil, err
		}
		v, _ := p.of(e.Tree()) // nothing there is null
		return encode(v)
	case t.InputTransformer != nil:
		return transform(t.InputTransformer, r, e, now)
	}
	return e.doc, nil
}

// transform fills in a template: a variable inside quotes is text, outside it is
// JSON. One whose path leads nowhere vanishes; outside quotes it is null, where in
// AWS it would leave no JSON.
func transform(in *types.InputTransformer, r *Rule, e *Event, now time.Time) ([]byte, error) {
	values := map[string]any{}
	for name, text := range in.InputPathsMap {
		p, err := parsePath(text)
		if err != nil {
			return nil, err
		}
		if v, ok := p.of(e.Tree()); ok {
			values[name] = v
		}
	}
	values["aws.events.rule-arn"], values["aws.events.rule-name"] = r.ARN(), r.Name
	values["aws.events.event.ingestion-time"] = stamp(now)
	values["aws.events.event.json"] = e.Tree()
	if whole, ok := e.Tree().(map[string]any); ok {
		short := maps.Clone(whole)
		delete(short, "detail")
		values["aws.events.event"] = short
	}
	return []byte(fill(aws.ToString(in.InputTemplate), values)), nil
}

// fill replaces the variables of a template.
func fill(template string, values map[string]any) string {
	var b strings.Builder
	quoted := false
	for template != "" {
		at := placeholder.FindStringIndex(template)
		text := template
		if at != nil {
			text = template[:at[0]]
		}
		b.WriteString(text)
		quoted = endsQuoted(text, quoted)
		if at == nil {
			break
		}
		if v, ok := values[template[at[0]+1:at[1]-1]]; ok || !quoted {
			b.WriteString(shown(v, quoted))
		}
		template = template[at[1]:]
	}
	return b.String()
}

// endsQuoted tells whether text ends inside a JSON string.
func endsQuoted(text string, quoted bool) bool {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		}
	}
	return quoted
}

// shown is a value as JSON, or inside of a JSON string as its text.
func shown(v any, quoted bool) string {
	doc, err := encode(v)
	if err != nil {
		return ""
	}
	if !quoted {
		return string(doc)
	}
	if _, isText := v.(string); !isText { // a document in a string is its text
		if doc, err = encode(string(doc)); err != nil {
			return ""
		}
	}
	return string(doc[1 : len(doc)-1])
}

// CheckInput refuses inputs that could never be made.
func CheckInput(t *types.Target) error {
	given := 0
	for _, there := range []bool{t.Input != nil, t.InputPath != nil, t.InputTransformer != nil} {
		if there {
			given++
		}
	}
	switch {
	case given > 1:
		return errors.New("Only one of Input, InputPath, or InputTransformer must be provided")
	case t.Input != nil && !json.Valid([]byte(*t.Input)):
		return errors.New("JSON syntax error in input: Input must be valid JSON; a text needs quotes")
	case t.InputPath != nil:
		_, err := parsePath(*t.InputPath)
		return err
	case t.InputTransformer != nil:
		return checkTransformer(t.InputTransformer)
	}
	return nil
}

// maxPaths is AWS's bound of an InputPathsMap.
const maxPaths = 100

func checkTransformer(in *types.InputTransformer) error {
	if len(in.InputPathsMap) > maxPaths {
		return fmt.Errorf("InputPathsMap has %d paths; %d are allowed", len(in.InputPathsMap), maxPaths)
	}
	known := map[string]any{
		"aws.events.rule-arn": nil, "aws.events.rule-name": nil, "aws.events.event.ingestion-time": nil,
		"aws.events.event": nil, "aws.events.event.json": nil,
	}
	for name, text := range in.InputPathsMap {
		if strings.HasPrefix(name, "AWS.") || strings.HasPrefix(name, "aws.") || !placeholder.MatchString("<"+name+">") {
			return fmt.Errorf("InputPathsMap: %q is no name of a variable: it has letters, digits, '_' and '-' and does not begin with AWS.", name)
		}
		if _, err := parsePath(text); err != nil {
			return err
		}
		known[name] = nil
	}
	template := aws.ToString(in.InputTemplate)
	if template == "" || len(template) > 8192 {
		return errors.New("InputTemplate must have 1 to 8192 characters")
	}
	for _, name := range placeholder.FindAllString(template, -1) {
		if _, ok := known[name[1:len(name)-1]]; !ok {
			return fmt.Errorf("InputTemplate contains undefined placeholders: %s", name)
		}
	}
	if !goodTemplate(fill(template, known)) {
		return errors.New("Invalid InputTemplate: it must be JSON once its variables are filled in, or lines of text that are each in quotes")
	}
	return nil
}

// goodTemplate accepts JSON, and lines each of which is a JSON string.
func goodTemplate(text string) bool {
	if json.Valid([]byte(text)) {
		return true
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		var s string
		if json.Unmarshal([]byte(line), &s) != nil {
			return false
		}
	}
	return true
}
