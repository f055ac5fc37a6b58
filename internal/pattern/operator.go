package pattern

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// operator is one alternative. It looks at a leaf of the document: a string, a
// json.Number, a bool or nil.
type operator interface{ matches(leaf any) bool }

type (
	// exact is a string, true, false, null or, in EventBridge, the text of a number.
	exact struct{ value any }
	// exists asks for a leaf to be there, or not to be there.
	exists bool
	prefix struct {
		text string
		fold bool
	}
	suffix struct {
		text string
		fold bool
	}
	equalFold string
	network   struct{ netip.Prefix }
	// anythingBut matches leaves that none of the operators matches.
	anythingBut struct{ not []operator }
	// stringsBut is anythingBut of parts of strings: it matches strings only.
	stringsBut struct{ not []operator }
)

func (o exact) matches(leaf any) bool { return leaf == o.value }
func (o exists) matches(any) bool     { return bool(o) }

func (o prefix) matches(leaf any) bool {
	s, ok := leaf.(string)
	if !ok || !o.fold {
		return ok && strings.HasPrefix(s, o.text)
	}
	return foldPrefix(s, o.text)
}

func (o suffix) matches(leaf any) bool {
	s, ok := leaf.(string)
	if !ok || !o.fold {
		return ok && strings.HasSuffix(s, o.text)
	}
	return foldPrefix(reverse(s), reverse(o.text))
}

func (o equalFold) matches(leaf any) bool {
	s, ok := leaf.(string)
	return ok && strings.EqualFold(s, string(o))
}

func (o network) matches(leaf any) bool {
	s, ok := leaf.(string)
	if !ok {
		return false
	}
	ip, err := netip.ParseAddr(s)
	return err == nil && o.Contains(ip)
}

func (o anythingBut) matches(leaf any) bool { return !anyMatches(o.not, leaf) }

func (o stringsBut) matches(leaf any) bool {
	_, ok := leaf.(string)
	return ok && !anyMatches(o.not, leaf)
}

func anyMatches(ops []operator, leaf any) bool {
	for _, op := range ops {
		if op.matches(leaf) {
			return true
		}
	}
	return false
}

// foldPrefix is strings.HasPrefix under simple case folding, rune by rune: cases
// of a letter may have different lengths.
func foldPrefix(s, p string) bool {
	rs, rp := []rune(s), []rune(p)
	return len(rs) >= len(rp) && strings.EqualFold(string(rs[:len(rp)]), p)
}

func reverse(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

func (p parser) operator(v any) (operator, error) {
	switch v := v.(type) {
	case string, bool, nil:
		return exact{v}, nil
	case json.Number:
		return p.number(v)
	case map[string]any:
		return p.named(v)
	}
	return nil, errors.New("Match value must be String, number, true, false, or null, or an object that names an operator")
}

// named reads an object like {"prefix": "a"}.
func (p parser) named(m map[string]any) (operator, error) {
	if len(m) != 1 {
		return nil, errors.New("Only one key allowed in match expression")
	}
	for name, v := range m {
		switch name {
		case "prefix", "suffix", "equals-ignore-case", "wildcard":
			return p.text(name, v)
		case "anything-but":
			return p.anythingBut(v)
		case "numeric":
			return parseRange(v)
		case "exists":
			b, ok := v.(bool)
			if !ok {
				return nil, errors.New("exists match pattern must be either true or false.")
			}
			return exists(b), nil
		case "cidr":
			return parseNetwork(v)
		default:
			return nil, fmt.Errorf("Unrecognized match type %s", name)
		}
	}
	return nil, nil // not reached: m has one key
}

// text reads an operator on strings.
func (p parser) text(name string, v any) (operator, error) {
	if m, ok := v.(map[string]any); ok && (name == "prefix" || name == "suffix") {
		s, isText := m["equals-ignore-case"].(string)
		if len(m) != 1 || !isText {
			return nil, fmt.Errorf("%s must be a string, or an object with a string under equals-ignore-case", name)
		}
		if name == "prefix" {
			return prefix{s, true}, nil
		}
		return suffix{s, true}, nil
	}
	s, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("%s match pattern must be a string", name)
	}
	switch name {
	case "prefix":
		return prefix{s, false}, nil
	case "suffix":
		return suffix{s, false}, nil
	case "wildcard":
		return parseWildcard(s)
	}
	return equalFold(s), nil
}

func (p parser) anythingBut(v any) (operator, error) {
	switch v := v.(type) {
	case string, json.Number:
		op, err := p.operator(v)
		return anythingBut{[]operator{op}}, err
	case []any:
		return p.noneOf(v)
	case map[string]any:
		return p.noText(v)
	}
	return nil, errors.New("Value of anything-but must be an array or single string/number value.")
}

func (p parser) noneOf(list []any) (operator, error) {
	if len(list) == 0 {
		return nil, errors.New("Empty arrays are not allowed in anything-but")
	}
	var out anythingBut
	texts := 0
	for _, v := range list {
		switch v.(type) {
		case string:
			texts++
		case json.Number:
		default:
			return nil, errors.New("Inside anything-but list, null and booleans are not supported")
		}
		op, err := p.operator(v)
		if err != nil {
			return nil, err
		}
		out.not = append(out.not, op)
	}
	if texts != 0 && texts != len(list) {
		return nil, errors.New("Inside anything-but list, either all values are number or string, mixed type is not supported")
	}
	return out, nil
}

// noText reads {"anything-but": {"prefix": …}}, of a string or a list of them.
func (p parser) noText(m map[string]any) (operator, error) {
	if len(m) != 1 {
		return nil, errors.New("Only one key allowed in match expression")
	}
	var out stringsBut
	for name, v := range m {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		if len(list) == 0 {
			return nil, errors.New("Empty arrays are not allowed in anything-but")
		}
		for _, v := range list {
			s, isText := v.(string)
			switch {
			case name != "prefix" && name != "suffix" && name != "wildcard" && name != "equals-ignore-case":
				return nil, fmt.Errorf("Unsupported anything-but pattern: %s", name)
			case !isText:
				return nil, fmt.Errorf("%s in anything-but must be a string or a list of strings", name)
			case s == "" && (name == "prefix" || name == "suffix"):
				return nil, fmt.Errorf("Null %s not allowed", name)
			}
			op, err := p.text(name, s)
			if err != nil {
				return nil, err
			}
			out.not = append(out.not, op)
		}
	}
	return out, nil
}

func parseNetwork(v any) (operator, error) {
	s, ok := v.(string)
	if !ok {
		return nil, errors.New("CIDR match pattern must be a string")
	}
	if !strings.Contains(s, "/") {
		return nil, errors.New("Malformed CIDR, one '/' required")
	}
	n, err := netip.ParsePrefix(s)
	if err != nil {
		return nil, fmt.Errorf("Malformed CIDR, %q is no address block such as 10.0.0.0/24 or 2001:db8::/32", s)
	}
	return network{n.Masked()}, nil
}
