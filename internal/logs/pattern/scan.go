package pattern

import (
	"regexp"
	"strings"
)

// scanner walks a pattern.
type scanner struct {
	text string
	at   int
}

func (s *scanner) end() bool { return s.at >= len(s.text) }

// peek is the next byte; 0 at the end.
func (s *scanner) peek() byte {
	if s.end() {
		return 0
	}
	return s.text[s.at]
}

func (s *scanner) space() {
	for !s.end() && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
}

// take skips white space and then the word, if it stands there.
func (s *scanner) take(word string) bool {
	s.space()
	if strings.HasPrefix(s.text[s.at:], word) {
		s.at += len(word)
		return true
	}
	return false
}

// keyword is take for a word in any case that does not go on.
func (s *scanner) keyword(word string) bool {
	s.space()
	rest := s.text[s.at:]
	if len(rest) < len(word) || !strings.EqualFold(rest[:len(word)], word) {
		return false
	}
	if len(rest) > len(word) && isName(rest[len(word)]) {
		return false
	}
	s.at += len(word)
	return true
}

func isName(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// until takes everything before one of the stop bytes.
func (s *scanner) until(stops string) string {
	rest := s.text[s.at:]
	if i := strings.IndexAny(rest, stops); i >= 0 {
		rest = rest[:i]
	}
	s.at += len(rest)
	return rest
}

// quoted takes a "phrase"; a backslash keeps the next byte from meaning anything.
func (s *scanner) quoted() (string, error) {
	start := s.at
	s.at++
	var b strings.Builder
	for !s.end() {
		c := s.text[s.at]
		s.at++
		switch {
		case c == '"':
			return b.String(), nil
		case c == '\\' && !s.end():
			b.WriteByte(s.text[s.at])
			s.at++
		default:
			b.WriteByte(c)
		}
	}
	return "", &Error{start, "a closing quotation mark"}
}

// regex takes a %regular expression%.
func (s *scanner) regex() (*regexp.Regexp, error) {
	start := s.at
	s.at++
	text := s.until("%")
	if s.end() {
		return nil, &Error{start, "a closing percent sign"}
	}
	s.at++
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, &Error{start, "a regular expression"}
	}
	return re, nil
}
