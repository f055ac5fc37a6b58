package pattern

import (
	"encoding/json"
	"strconv"
	"strings"
)

// maxDepth bounds how deep parentheses may nest.
const maxDepth = 32

// object is a pattern on JSON events: { $.a = 1 && $.b IS NULL }.
type object struct{ root expr }

type expr interface{ eval(v any) bool }

func parseJSON(s *scanner) (matcher, error) {
	s.take("{")
	e, err := parseOr(s, 0)
	if err != nil {
		return nil, err
	}
	if !s.take("}") {
		return nil, &Error{s.at, `"}"`}
	}
	return object{e}, nil
}

// Match: what is not JSON does not match.
func (m object) Match(message string) bool {
	trimmed := strings.TrimSpace(message)
	if !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		return false
	}
	var v any
	return json.Unmarshal([]byte(trimmed), &v) == nil && m.root.eval(v)
}

type either struct{ a, b expr }

func (e either) eval(v any) bool { return e.a.eval(v) || e.b.eval(v) }

type both struct{ a, b expr }

func (e both) eval(v any) bool { return e.a.eval(v) && e.b.eval(v) }

func parseOr(s *scanner, depth int) (expr, error) {
	e, err := parseAnd(s, depth)
	for err == nil && s.take("||") {
		var b expr
		if b, err = parseAnd(s, depth); err == nil {
			e = either{e, b}
		}
	}
	return e, err
}

func parseAnd(s *scanner, depth int) (expr, error) {
	e, err := parseOne(s, depth)
	for err == nil && s.take("&&") {
		var b expr
		if b, err = parseOne(s, depth); err == nil {
			e = both{e, b}
		}
	}
	return e, err
}

func parseOne(s *scanner, depth int) (expr, error) {
	if s.take("(") {
		if depth >= maxDepth {
			return nil, &Error{s.at, "fewer parentheses"}
		}
		e, err := parseOr(s, depth+1)
		if err == nil && !s.take(")") {
			err = &Error{s.at, `")"`}
		}
		return e, err
	}
	path, err := parsePath(s)
	if err != nil {
		return nil, err
	}
	return parseTest(s, path)
}

// parseTest reads what is said of a member.
func parseTest(s *scanner, path []string) (expr, error) {
	switch {
	case s.keyword("IS"):
		for word, want := range map[string]any{"NULL": nil, "TRUE": true, "FALSE": false} {
			if s.keyword(word) {
				return is{path, want}, nil
			}
		}
		return nil, &Error{s.at, "NULL, TRUE or FALSE"}
	case s.keyword("NOT"):
		if s.keyword("EXISTS") {
			return missing{path}, nil
		}
		return nil, &Error{s.at, "EXISTS"}
	case s.keyword("EXISTS"):
		return exists{path}, nil
	}
	op, ok := s.operator()
	if !ok {
		return nil, &Error{s.at, "a comparison, IS, EXISTS or NOT EXISTS"}
	}
	o, err := s.operand(" \t\r\n)}&|")
	return compare{path, op, o}, err
}

// parsePath reads a selector: $.a.b[0].c, $['a'], $.a.*.
func parsePath(s *scanner) (path []string, err error) {
	if !s.take("$") {
		return nil, &Error{s.at, `a selector, which begins with "$."`}
	}
	for {
		switch s.peek() {
		case '.':
			s.at++
			name := s.until(" \t\r\n.[]=!<>(){}&|\"")
			if name == "" {
				return nil, &Error{s.at, "the name of a member"}
			}
			path = append(path, name)
		case '[':
			s.at++
			name := s.until("]")
			if s.end() || name == "" {
				return nil, &Error{s.at, `an index or a name and "]"`}
			}
			s.at++
			path = append(path, strings.Trim(name, `'"`))
		default:
			return path, nil
		}
	}
}

// find calls fn with every value at the path until fn answers true.
func find(v any, path []string, fn func(any) bool) bool {
	if len(path) == 0 {
		return fn(v)
	}
	switch v := v.(type) {
	case map[string]any:
		if path[0] == "*" {
			for _, member := range v {
				if find(member, path[1:], fn) {
					return true
				}
			}
			return false
		}
		member, ok := v[path[0]]
		return ok && find(member, path[1:], fn)
	case []any:
		if path[0] == "*" {
			for _, item := range v {
				if find(item, path[1:], fn) {
					return true
				}
			}
			return false
		}
		i, err := strconv.Atoi(path[0])
		return err == nil && i >= 0 && i < len(v) && find(v[i], path[1:], fn)
	}
	return false
}

func here(any) bool { return true }

type is struct {
	path []string
	want any
}

func (e is) eval(v any) bool { return find(v, e.path, func(v any) bool { return v == e.want }) }

type missing struct{ path []string }

func (e missing) eval(v any) bool { return !find(v, e.path, here) }

type exists struct{ path []string }

func (e exists) eval(v any) bool { return find(v, e.path, here) }

type compare struct {
	path []string
	op   string
	operand
}

func (e compare) eval(v any) bool {
	return find(v, e.path, func(v any) bool {
		switch v := v.(type) {
		case string:
			if e.isNum && !e.quoted {
				return e.op == "!="
			}
			return e.compareText(e.op, v)
		case float64:
			if e.isNum {
				return e.compareNumber(e.op, v)
			}
			return !e.quoted && e.compareText(e.op, strconv.FormatFloat(v, 'g', -1, 64)) || e.quoted && e.op == "!="
		case bool:
			return e.compareText(e.op, strconv.FormatBool(v))
		}
		return false
	})
}
