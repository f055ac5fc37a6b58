package route

import (
	"net/netip"
	"strings"
)

// Headers gives a request's header values to the matcher without copying them.
type Headers interface {
	// Next returns the first value of the named field (name in lower case) at or
	// after position from, and the position to go on with; a negative position
	// means that there is none.
	Next(name string, from int) (value string, next int)
}

// Request is what rules look at. Strings are as the client sent them.
type Request struct {
	Method  string
	Host    string // value of the Host header, port allowed
	Path    string // path of the request target, undecoded
	Query   string // after the first ?, up to #
	Source  netip.Addr
	Headers Headers
}

// HeaderMap is a Headers over a map with lower-case names.
type HeaderMap map[string][]string

// Next implements Headers.
func (h HeaderMap) Next(name string, from int) (string, int) {
	values := h[name]
	if from < 0 || from >= len(values) {
		return "", -1
	}
	return values[from], from + 1
}

// HostName returns a Host header's name without its port.
func HostName(host string) string {
	if strings.HasPrefix(host, "[") {
		if end := strings.IndexByte(host, ']'); end > 0 {
			return host[:end+1]
		}
		return host
	}
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && strings.IndexByte(host, ':') == colon {
		return host[:colon]
	}
	return host
}
