package pattern

import (
	"regexp"
	"strconv"
	"strings"
)

// operand is the right side of a comparison.
type operand struct {
	text   string
	number float64
	isNum  bool
	quoted bool
	re     *regexp.Regexp
}

// operators, the longer first.
var operators = []string{"!=", "<=", ">=", "=", "<", ">"}

func (s *scanner) operator() (string, bool) {
	for _, op := range operators {
		if s.take(op) {
			return op, true
		}
	}
	return "", false
}

// operand takes a value; stops end an unquoted one.
func (s *scanner) operand(stops string) (o operand, err error) {
	s.space()
	switch s.peek() {
	case '"':
		o.quoted = true
		o.text, err = s.quoted()
		return o, err
	case '%':
		o.re, err = s.regex()
		return o, err
	}
	if o.text = strings.TrimSpace(s.until(stops)); o.text == "" {
		return o, &Error{s.at, "a value"}
	}
	o.number, err = strconv.ParseFloat(o.text, 64)
	o.isNum = err == nil
	return o, nil
}

// text compares a string value: numbers by size, others by letters and *.
func (o operand) compareText(op, value string) bool {
	if o.re != nil {
		return o.re.MatchString(value) == (op == "=")
	}
	if o.isNum {
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			return o.compareNumber(op, n)
		}
		return op == "!="
	}
	switch op {
	case "=":
		return wild(o.text, value)
	case "!=":
		return !wild(o.text, value)
	}
	return false // sizes are for numbers
}

func (o operand) compareNumber(op string, n float64) bool {
	switch op {
	case "=":
		return n == o.number
	case "!=":
		return n != o.number
	case "<":
		return n < o.number
	case "<=":
		return n <= o.number
	case ">":
		return n > o.number
	default:
		return n >= o.number
	}
}
