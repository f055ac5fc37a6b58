package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"text/template"
)

const (
	maxTemplate = 64 << 10  // bytes
	maxBody     = 200 << 10 // bytes, below what a topic takes
)

// errLong is a body that is too long.
var errLong = fmt.Errorf("the body would be larger than %d bytes", maxBody)

// bounded is a buffer that takes maxBody bytes.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxBody {
		return 0, errLong
	}
	return b.Buffer.Write(p)
}

// parseTemplate reads a template: Go's text/template over a Message, with the
// function json, which writes a value as JSON.
func parseTemplate(text string) (*template.Template, error) {
	return template.New("template").Option("missingkey=error").Funcs(template.FuncMap{
		"json": func(v any) (string, error) {
			doc, err := encode(v)
			return string(doc), err
		},
	}).Parse(text)
}

func execute(text string, m *Message) ([]byte, error) {
	t, err := parseTemplate(text)
	if err != nil {
		return nil, err
	}
	var b bounded
	if err := t.Execute(&b, m); err != nil {
		if errors.Is(err, errLong) {
			return nil, errLong
		}
		return nil, err
	}
	return b.Bytes(), nil
}

// body is what a receiver gets.
func (n *Notification) body(m *Message) (doc []byte, err error) {
	switch {
	case n.Template != "":
		return execute(n.Template, m)
	case n.Format == FormatSlack:
		return encode(m.slack())
	case n.Format == FormatTeams:
		return encode(m.teams())
	case n.Format == FormatText:
		return []byte(m.plain()), nil
	}
	return encode(m)
}

// encode is json.Marshal that leaves <, > and & alone.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// contentType is that of a body.
func contentType(body []byte) string {
	if json.Valid(body) {
		return "application/json"
	}
	return "text/plain; charset=utf-8"
}
