package pattern

import "strings"

// words is a pattern by place: [a, b = x, ..., z > 3].
type words struct {
	before, after []word
	gap           bool // "..." stands between them
}

// word is one place, with conditions on it.
type word struct {
	or    bool // any of the conditions is enough
	conds []cond
}

type cond struct {
	op string
	operand
}

func parseWords(s *scanner) (matcher, error) {
	s.take("[")
	var m words
	for {
		if s.take("...") {
			if m.gap {
				return nil, &Error{s.at, "one ... only"}
			}
			m.gap = true
		} else {
			w, err := parseWord(s)
			if err != nil {
				return nil, err
			}
			if m.gap {
				m.after = append(m.after, w)
			} else {
				m.before = append(m.before, w)
			}
		}
		if s.take("]") {
			return m, nil
		}
		if !s.take(",") {
			return nil, &Error{s.at, `"," or "]"`}
		}
	}
}

// parseWord reads a name and its conditions: status = 5* || status = 4*.
func parseWord(s *scanner) (w word, err error) {
	for {
		s.space()
		name := strings.TrimSpace(s.until(`,]=!<>&|"`))
		op, ok := s.operator()
		if !ok {
			if len(w.conds) > 0 || name == "" && s.peek() != ',' && s.peek() != ']' {
				return w, &Error{s.at, "a comparison"}
			}
			return w, nil
		}
		o, err := s.operand(",]&|")
		if err != nil {
			return w, err
		}
		w.conds = append(w.conds, cond{op, o})
		and, or := s.take("&&"), false
		if !and {
			or = s.take("||")
		}
		if !and && !or {
			return w, nil
		}
		if len(w.conds) > 1 && or != w.or {
			return w, &Error{s.at, "only && or only || in one word"}
		}
		w.or = or
	}
}

// Match compares the words of a line by place.
func (m words) Match(message string) bool {
	got := splitWords(message)
	n := len(m.before) + len(m.after)
	if len(got) < n || len(got) > n && !m.gap {
		return false
	}
	for i, w := range m.before {
		if !w.match(got[i]) {
			return false
		}
	}
	for i, w := range m.after {
		if !w.match(got[len(got)-len(m.after)+i]) {
			return false
		}
	}
	return true
}

func (w word) match(value string) bool {
	for _, c := range w.conds {
		if c.compareText(c.op, value) == w.or {
			return w.or
		}
	}
	return !w.or || len(w.conds) == 0
}

// splitWords splits at white space; "…" and […] are one word, as AWS has it.
func splitWords(line string) []string {
	var out []string
	for {
		line = strings.TrimLeft(line, " \t\r\n")
		if line == "" {
			return out
		}
		closing := -1
		switch line[0] {
		case '"':
			closing = strings.IndexByte(line[1:], '"')
		case '[':
			closing = strings.IndexByte(line[1:], ']')
		}
		if closing >= 0 {
			out = append(out, line[1:1+closing])
			line = line[closing+2:]
			continue
		}
		end := strings.IndexAny(line, " \t\r\n")
		if end < 0 {
			end = len(line)
		}
		out = append(out, line[:end])
		line = line[end:]
	}
}
