package pattern

import (
	"regexp"
	"strings"
)

// terms is a pattern of words, phrases and regular expressions.
type terms struct{ all, any, none []term }

type term struct {
	text string
	re   *regexp.Regexp // instead of text
}

func (t term) in(message string) bool {
	if t.re != nil {
		return t.re.MatchString(message)
	}
	return strings.Contains(message, t.text)
}

func parseTerms(s *scanner) (matcher, error) {
	var m terms
	for s.space(); !s.end(); s.space() {
		list := &m.all
		switch s.peek() {
		case '-':
			list, s.at = &m.none, s.at+1
		case '?':
			list, s.at = &m.any, s.at+1
		}
		t, err := parseTerm(s)
		if err != nil {
			return nil, err
		}
		*list = append(*list, t)
	}
	return m, nil
}

func parseTerm(s *scanner) (t term, err error) {
	switch s.peek() {
	case '"':
		t.text, err = s.quoted()
	case '%':
		t.re, err = s.regex()
	default:
		if t.text = s.until(" \t\r\n\""); t.text == "" {
			err = &Error{s.at, "a term"}
		}
	}
	return t, err
}

// Match: all of the terms and none of the excluded ones. AWS ignores ?terms
// beside terms of another kind.
func (m terms) Match(message string) bool {
	for _, t := range m.none {
		if t.in(message) {
			return false
		}
	}
	for _, t := range m.all {
		if !t.in(message) {
			return false
		}
	}
	if len(m.any) == 0 || len(m.all)+len(m.none) > 0 {
		return true
	}
	for _, t := range m.any {
		if t.in(message) {
			return true
		}
	}
	return false
}
