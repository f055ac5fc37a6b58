package alarm

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// SyntaxError tells where an expression cannot be read.
type SyntaxError struct {
	At   int // byte
	What string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at position %d", e.What, e.At+1) }

// token is a word, a number, a quoted text, or a sign.
type token struct {
	kind byte // 'w', 'n', 'q', 's', or 0 at the end
	text string
	at   int
}

// signs of two characters come first.
var signs = []string{"==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ","}

// scan splits an expression; word tells which characters make a word.
func scan(src string, word func(rune) bool) ([]token, error) {
	var out []token
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRuneInString(src[i:])
		switch {
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			i += size
		case r == '"' || r == '\'':
			end := strings.IndexByte(src[i+1:], src[i])
			if end < 0 {
				return nil, &SyntaxError{i, "a quotation that does not end"}
			}
			out = append(out, token{'q', src[i+1 : i+1+end], i})
			i += end + 2
		case word(r):
			start := i
			for i < len(src) {
				r, size := utf8.DecodeRuneInString(src[i:])
				if !word(r) {
					break
				}
				i += size
			}
			out = append(out, token{'w', src[start:i], start})
		default:
			sign := signAt(src[i:])
			if sign == "" {
				return nil, &SyntaxError{i, fmt.Sprintf("unexpected %q", r)}
			}
			out = append(out, token{'s', sign, i})
			i += len(sign)
		}
	}
	return append(out, token{at: len(src)}), nil
}

func signAt(s string) string {
	for _, sign := range signs {
		if strings.HasPrefix(s, sign) {
			return sign
		}
	}
	return ""
}

// reader walks over tokens; both parsers build on it.
type reader struct {
	tokens []token
	depth  int
}

// maxDepth bounds nesting, so that no expression exhausts the stack.
const maxDepth = 200

func (r *reader) peek() token { return r.tokens[0] }

func (r *reader) next() token {
	t := r.tokens[0]
	if t.kind != 0 {
		r.tokens = r.tokens[1:]
	}
	return t
}

// take consumes a sign if it is next.
func (r *reader) take(sign string) bool {
	if t := r.peek(); t.kind == 's' && t.text == sign {
		r.next()
		return true
	}
	return false
}

// keyword consumes a word, in any case, if it is next.
func (r *reader) keyword(word string) bool {
	if t := r.peek(); t.kind == 'w' && strings.EqualFold(t.text, word) {
		r.next()
		return true
	}
	return false
}

func (r *reader) expect(sign string) error {
	if r.take(sign) {
		return nil
	}
	return r.unexpected("expected " + sign)
}

func (r *reader) unexpected(wanted string) error {
	t := r.peek()
	if t.kind == 0 {
		return &SyntaxError{t.at, wanted + ", but the expression ends"}
	}
	return &SyntaxError{t.at, fmt.Sprintf("%s, not %q", wanted, t.text)}
}

// enter guards a level of nesting; leave it with depth--.
func (r *reader) enter() error {
	if r.depth++; r.depth > maxDepth {
		return &SyntaxError{r.peek().at, "nested too deeply"}
	}
	return nil
}
