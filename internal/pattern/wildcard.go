package pattern

import (
	"errors"
	"fmt"
	"strings"
)

// wildcard is a string in which * stands for any characters, also none. parts
// are what stands between the stars.
type wildcard struct{ parts []string }

// parseWildcard knows two escapes: \* is a star, \\ is a backslash.
func parseWildcard(s string) (operator, error) {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i+1 == len(s) || s[i+1] != '*' && s[i+1] != '\\' {
				return nil, fmt.Errorf("Invalid escape character at pos %d", i)
			}
			i++
			part.WriteByte(s[i])
		case '*':
			if i > 0 && part.Len() == 0 && len(parts) > 0 {
				return nil, errors.New("Consecutive wildcard characters are not allowed")
			}
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(s[i])
		}
	}
	return wildcard{append(parts, part.String())}, nil
}

func (o wildcard) matches(leaf any) bool {
	s, ok := leaf.(string)
	if !ok {
		return false
	}
	last := len(o.parts) - 1
	if last == 0 {
		return s == o.parts[0]
	}
	if !strings.HasPrefix(s, o.parts[0]) {
		return false
	}
	s = s[len(o.parts[0]):]
	for _, part := range o.parts[1:last] { // the leftmost place leaves the most to the others
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, o.parts[last])
}
