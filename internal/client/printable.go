package client

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// colourCode is the only sequence that Printable may keep: it changes how the text after it looks.
var colourCode = regexp.MustCompile("^\x1b\\[[0-9;:]*m")

const endColour = "\x1b[0m"

// Printable is text with nothing in it that a terminal would obey. Others wrote it: a log line, a
// reason, the message of a server. What controls terminals, or turns the direction of text, is
// written as JSON does, \u001b; line feeds and tabs stay. With colours, sequences that colour stay,
// too, and text that has any ends with the one that ends them.
func Printable(text string, colours bool) string {
	if strings.IndexFunc(text, unprintable) < 0 {
		return text
	}
	var b strings.Builder
	last := ""
	for i := 0; i < len(text); {
		if code := colourCode.FindString(text[i:]); colours && code != "" {
			b.WriteString(code)
			i, last = i+len(code), code
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\u%04x`, text[i])
		case r != utf8.RuneError && unprintable(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(text[i : i+n])
		}
		i += n
	}
	if last != "" && last != endColour {
		b.WriteString(endColour)
	}
	return b.String()
}

// OneLine is Printable text that begins no line of its own.
func OneLine(text string) string {
	return strings.ReplaceAll(Printable(text, false), "\n", `\n`)
}

// unprintable also holds for what is no UTF-8, and then may hold for U+FFFD itself.
func unprintable(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) ||
		r == '\u2028' || r == '\u2029' || r == utf8.RuneError
}
