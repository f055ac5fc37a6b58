package proxy

import (
	"bytes"
	"unsafe"
)

// Limits of message heads.
const (
	maxRequestLine  = 16 << 10
	maxHeaderField  = 16 << 10
	maxRequestHead  = 64 << 10
	maxResponseHead = 32 << 10
)

// text views bytes as a string without a copy. The string is valid as long as
// the bytes are not overwritten: until the message's buffer is released.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

var endOfHead = []byte("\r\n\r\n")

// headEnd returns the length of the head that b begins with, including the empty
// line behind it, or -1 when that has not arrived. seen bytes were looked at.
func headEnd(b []byte, seen int) int {
	from := max(seen-len(endOfHead)+1, 0)
	if at := bytes.Index(b[from:], endOfHead); at >= 0 {
		return from + at + len(endOfHead)
	}
	return -1
}

// headEndLenient is headEnd for targets, which may end lines with LF alone.
func headEndLenient(b []byte, seen int) int {
	for at := max(seen-3, 0); ; {
		lf := bytes.IndexByte(b[at:], '\n')
		if lf < 0 {
			return -1
		}
		at += lf + 1
		switch {
		case at < len(b) && b[at] == '\n':
			return at + 1
		case at+1 < len(b) && b[at] == '\r' && b[at+1] == '\n':
			return at + 2
		}
	}
}

// cutLine returns the first line of b without its CRLF and the bytes behind.
func cutLine(b []byte) (line, rest []byte, ok bool) {
	lf := bytes.IndexByte(b, '\n')
	if lf < 1 || b[lf-1] != '\r' {
		return nil, nil, false
	}
	return b[:lf-1], b[lf+1:], true
}

// cutLineLenient is cutLine that takes LF alone too.
func cutLineLenient(b []byte) (line, rest []byte, ok bool) {
	lf := bytes.IndexByte(b, '\n')
	if lf < 0 {
		return nil, nil, false
	}
	line = b[:lf]
	if lf > 0 && b[lf-1] == '\r' {
		line = b[:lf-1]
	}
	return line, b[lf+1:], true
}

// splitField parses "name: value".
func splitField(line []byte) (name, value string, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return "", "", false
	}
	return text(line[:colon]), trimSpace(text(line[colon+1:])), true
}

// badValue reports bytes that no field value may hold: NUL, CR and LF.
func badValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == 0 || c == '\r' || c == '\n' {
			return true
		}
	}
	return false
}

// oddValue reports control and non-ASCII characters, which are acceptable but
// not compliant.
func oddValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c >= 0x7f {
			return true
		}
	}
	return false
}

// parseLength parses a Content-Length: digits alone.
func parseLength(s string) (int64, bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	var n int64
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n, true
}
