package session

import (
	"errors"
	"strings"
)

// Words splits a command as a POSIX shell does, without expanding anything: words
// between spaces, 'as it is', "with \" and \\", and \ before a single character.
// AWS's agent does so in containers, where there may be no shell.
func Words(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	begun, quote := false, rune(0)
	runes := []rune(command)
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		switch {
		case quote == 0 && strings.ContainsRune(" \t\r\n", c):
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
			continue
		case quote != 0 && c == quote:
			quote = 0
			continue
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case c == '\\' && quote != '\'':
			if i+1 == len(runes) {
				return nil, errors.New("the command ends with a backslash")
			}
			if quote == 0 || runes[i+1] == '"' || runes[i+1] == '\\' {
				i++
			}
			word.WriteRune(runes[i])
		default:
			word.WriteRune(c)
		}
		begun = true
	}
	if quote != 0 {
		return nil, errors.New("the command has a quote " + string(quote) + " without an end")
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}

// Quote joins words so that Words splits them again.
func Quote(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w
		if w == "" || strings.ContainsAny(w, " \t\r\n'\"\\$`|&;<>()*?[]#~=%!{}") {
			out[i] = "'" + strings.ReplaceAll(w, "'", `'"'"'`) + "'"
		}
	}
	return strings.Join(out, " ")
}
