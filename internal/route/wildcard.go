package route

// Tokens of a compiled wildcard pattern beyond the 256 literal bytes.
const (
	anyOne = 256 + iota // ? : exactly one character
	anyRun              // * : zero or more characters
)

// wildcard is a compiled pattern, anchored at both ends. * is zero or more
// characters, ? exactly one; there are no other metacharacters.
type wildcard struct {
	tokens []uint16
	fold   bool // compare without regard to case; literals are lower case
	plain  string
	kind   wildcardKind
}

// wildcardKind lets the usual patterns be compared without walking tokens.
type wildcardKind uint8

const (
	wildcardGeneral wildcardKind = iota
	wildcardExact                // no metacharacter
	wildcardPrefix               // a literal and then one *
	wildcardAll                  // *
)

// compileWildcard compiles a pattern. With escape, a backslash makes the next
// character a literal: only query-string conditions have that.
func compileWildcard(pattern string, fold, escape bool) wildcard {
	w := wildcard{fold: fold}
	var literal []byte
	runs, ones := 0, 0
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case escape && c == '\\' && i+1 < len(pattern):
			i++
			c = pattern[i]
		case c == '*':
			w.tokens = append(w.tokens, anyRun)
			runs++
			continue
		case c == '?':
			w.tokens = append(w.tokens, anyOne)
			ones++
			continue
		}
		if fold {
			c = lower(c)
		}
		literal = append(literal, c)
		w.tokens = append(w.tokens, uint16(c))
	}
	w.plain = string(literal)
	switch {
	case ones == 0 && runs == 0:
		w.kind = wildcardExact
	case ones == 0 && runs == 1 && len(literal) == 0:
		w.kind = wildcardAll
	case ones == 0 && runs == 1 && w.tokens[len(w.tokens)-1] == anyRun:
		w.kind = wildcardPrefix
	}
	return w
}

// match reports whether the whole of s matches.
func (w *wildcard) match(s string) bool {
	switch w.kind {
	case wildcardAll:
		return true
	case wildcardExact:
		return len(s) == len(w.plain) && w.equal(s)
	case wildcardPrefix:
		return len(s) >= len(w.plain) && w.equal(s[:len(w.plain)])
	}
	return w.walk(s)
}

// equal compares s with the literal of the same length.
func (w *wildcard) equal(s string) bool {
	if !w.fold {
		return s == w.plain
	}
	for i := 0; i < len(s); i++ {
		if lower(s[i]) != w.plain[i] {
			return false
		}
	}
	return true
}

// walk matches with a single point of return, so that its time is bounded by
// len(s) × len(tokens) whatever the pattern.
func (w *wildcard) walk(s string) bool {
	t, i := 0, 0
	backT, backI := -1, 0
	for i < len(s) {
		if t < len(w.tokens) {
			tok := w.tokens[t]
			if tok == anyRun {
				backT, backI = t, i
				t++
				continue
			}
			c := s[i]
			if w.fold {
				c = lower(c)
			}
			if tok == anyOne || tok == uint16(c) {
				t++
				i++
				continue
			}
		}
		if backT < 0 {
			return false
		}
		backI++
		t, i = backT+1, backI
	}
	for t < len(w.tokens) && w.tokens[t] == anyRun {
		t++
	}
	return t == len(w.tokens)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// visible removes control characters (0x00–0x1f, 0x7f), which take no part in
// matching. Almost every string is returned as it is.
func visible(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] == 0x7f {
			return stripControls(s)
		}
	}
	return s
}

func stripControls(s string) string {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x20 && s[i] != 0x7f {
			out = append(out, s[i])
		}
	}
	return string(out)
}
