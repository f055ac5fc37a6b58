package client

import "testing"

func TestPrintable(t *testing.T) {
	for _, tt := range []struct{ name, text, plain, coloured string }{
		{"nothing to do", "größer\t→ 10 %\n", "größer\t→ 10 %\n", "größer\t→ 10 %\n"},
		{"title, clear", "a\x1b]0;x\a\x1b[2Jb", `a\u001b]0;x\u0007\u001b[2Jb`, `a\u001b]0;x\u0007\u001b[2Jb`},
		{"colour", "\x1b[1;31mred", `\u001b[1;31mred`, "\x1b[1;31mred\x1b[0m"},
		{"colour that ends the line", "red\x1b[31m", `red\u001b[31m`, "red\x1b[31m\x1b[0m"},
		{"almost a colour", "\x1b[?25m\x1b[31", `\u001b[?25m\u001b[31`, `\u001b[?25m\u001b[31`},
		{"overwriting", "rolled back\rdeployed\b", `rolled back\u000ddeployed\u0008`, `rolled back\u000ddeployed\u0008`},
		{"eighth bit, as a character and as a byte", "\u009b2J\x9b2J\x7f", `\u009b2J\u009b2J\u007f`, `\u009b2J\u009b2J\u007f`},
		{"direction", "abc\u202ecba\u2066", `abc\u202ecba\u2066`, `abc\u202ecba\u2066`},
		{"replaced before", "\ufffd", "\ufffd", "\ufffd"},
	} {
		if got := Printable(tt.text, false); got != tt.plain {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.plain)
		}
		if got := Printable(tt.text, true); got != tt.coloured {
			t.Errorf("%s, with colours: %q, want %q", tt.name, got, tt.coloured)
		}
	}
	if got := OneLine("a\nb\x1b"); got != `a\nb\u001b` {
		t.Errorf("one line: %q", got)
	}
}
