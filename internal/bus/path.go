package bus

import (
	"fmt"
	"strconv"
	"strings"
)

// path is a JSON path as EventBridge knows it: names, indexes and wildcards.
//
//	$  $.detail.status  $.resources[0]  $.detail['a name']  $.detail.list[*].id
type path []step

// step is a name, an index or, with neither, everything.
type step struct {
	name  string
	index int // -1 = none
	all   bool
}

func parsePath(text string) (path, error) {
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, fmt.Errorf("a JSON path begins with $: %q", text)
	}
	p := path{}
	for rest != "" {
		var s step
		var err error
		if rest[0] == '.' {
			end := strings.IndexAny(rest[1:], ".[")
			if end < 0 {
				end = len(rest) - 1
			}
			s = step{name: rest[1 : 1+end], index: -1}
			s.all = s.name == "*"
			rest = rest[1+end:]
			if s.name == "" {
				err = fmt.Errorf("an empty name in the JSON path %q", text)
			}
		} else {
			s, rest, err = parseBracket(rest)
		}
		if err != nil {
			return nil, err
		}
		p = append(p, s)
	}
	return p, nil
}

// parseBracket reads [0], [*] or ['name'].
func parseBracket(text string) (s step, rest string, err error) {
	bad := fmt.Errorf("%q is no part of a JSON path: names follow a dot, [0], [*] and ['name'] are in brackets", text)
	if !strings.HasPrefix(text, "[") {
		return s, "", bad
	}
	if q := text[1:]; q != "" && (q[0] == '\'' || q[0] == '"') {
		end := strings.Index(q[1:], q[:1]+"]")
		if end < 1 {
			return s, "", bad
		}
		return step{name: q[1 : 1+end], index: -1}, q[end+3:], nil
	}
	inside, rest, ok := strings.Cut(text[1:], "]")
	if !ok {
		return s, "", bad
	}
	if inside == "*" {
		return step{index: -1, all: true}, rest, nil
	}
	n, err := strconv.Atoi(inside)
	if err != nil || n < 0 {
		return s, "", bad
	}
	return step{index: n}, rest, nil
}

// of finds what a path leads to. A wildcard makes a list of what it finds.
func (p path) of(v any) (found any, ok bool) {
	for i, s := range p {
		switch {
		case s.all:
			return p[i+1:].ofAll(v)
		case s.index >= 0:
			list, _ := v.([]any)
			if s.index >= len(list) {
				return nil, false
			}
			v = list[s.index]
		default:
			m, _ := v.(map[string]any)
			if v, ok = m[s.name]; !ok {
				return nil, false
			}
		}
	}
	return v, true
}

func (p path) ofAll(v any) (any, bool) {
	var out []any
	each := func(v any) {
		if found, ok := p.of(v); ok {
			out = append(out, found)
		}
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			each(e)
		}
	case map[string]any:
		for _, k := range sortedKeys(v) {
			each(v[k])
		}
	}
	return out, out != nil
}
