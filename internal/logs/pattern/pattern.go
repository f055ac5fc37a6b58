package pattern

import (
	"fmt"
	"strings"
)

// Pattern is a parsed filter pattern.
type Pattern struct{ matcher }

type matcher interface{ Match(message string) bool }

// Error is a pattern that cannot be understood.
type Error struct {
	At   int    // byte in the pattern
	Want string // what should stand there
}

func (e *Error) Error() string {
	return fmt.Sprintf("Invalid character(s) in term at position %d: expected %s", e.At, e.Want)
}

// maxLength of a pattern, by CloudWatch Logs' quota.
const maxLength = 1024

// Parse reads a pattern.
func Parse(text string) (*Pattern, error) {
	if len(text) > maxLength {
		return nil, &Error{maxLength, "at most 1024 characters"}
	}
	s := &scanner{text: text}
	s.space()
	var m matcher
	var err error
	switch s.peek() {
	case '{':
		m, err = parseJSON(s)
	case '[':
		m, err = parseWords(s)
	default:
		m, err = parseTerms(s)
	}
	if err != nil {
		return nil, err
	}
	if s.space(); !s.end() {
		return nil, &Error{s.at, "the end of the pattern"}
	}
	return &Pattern{m}, nil
}

// wild matches text with a pattern in which * stands for anything.
func wild(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}
