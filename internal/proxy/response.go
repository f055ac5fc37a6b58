package proxy

import (
	"errors"
)

// response is a parsed response head of a target.
type response struct {
	status    int
	reason    string
	http10    bool
	fields    []field
	length    int64 // -1 without
	chunked   bool
	keepAlive bool
}

// errResponse is a response that the load balancer cannot understand: 502.
var errResponse = errors.New("proxy: malformed response")

// parse reads a complete head. Targets are given a little more freedom than
// clients: lines may end with LF alone.
func (p *response) parse(head []byte) error {
	*p = response{fields: p.fields[:0], length: -1}
	line, rest, ok := cutLineLenient(head)
	if !ok || !p.parseStatus(text(line)) {
		return errResponse
	}
	for {
		line, rest, ok = cutLineLenient(rest)
		if !ok {
			return errResponse
		}
		if len(line) == 0 {
			return p.settle()
		}
		name, value, ok := splitField(line)
		if !ok || !isToken(name) || badValue(value) {
			return errResponse
		}
		if err := p.note(identify(name), name, value); err != nil {
			return err
		}
	}
}

// parseStatus parses HTTP/1.x SP status [SP reason].
func (p *response) parseStatus(line string) bool {
	if len(line) < len("HTTP/1.1 200") || line[:7] != "HTTP/1." || line[8] != ' ' {
		return false
	}
	p.http10 = line[7] == '0'
	for _, c := range []byte(line[9:12]) {
		if c < '0' || c > '9' {
			return false
		}
		p.status = p.status*10 + int(c-'0')
	}
	if len(line) > 12 {
		if line[12] != ' ' {
			return false
		}
		p.reason = line[13:]
	}
	return p.status >= 100 && !badValue(p.reason)
}

func (p *response) note(id headerID, name, value string) error {
	switch id {
	case headerContentLength:
		n, ok := parseLength(value)
		if !ok || p.length >= 0 && p.length != n {
			return errResponse
		}
		if p.length >= 0 {
			return nil
		}
		p.length = n
	case headerTransferEncoding:
		if p.chunked || !equalFold(value, "chunked") {
			return errResponse
		}
		p.chunked = true
	}
	p.fields = append(p.fields, field{id, name, value})
	return nil
}

// settle finds out whether the connection can be used again.
func (p *response) settle() error {
	closing, keep := false, false
	for i := range p.fields {
		if f := &p.fields[i]; f.id == headerConnection {
			closing = closing || hasToken(f.value, "close")
			keep = keep || hasToken(f.value, "keep-alive")
		}
	}
	p.keepAlive = !closing && (!p.http10 || keep)
	if p.chunked && p.length >= 0 {
		p.length, p.keepAlive = -1, false
	}
	return nil
}

// framing tells how the body of the response to a request of the method ends.
func (p *response) framing(method string) framing {
	switch {
	case method == "HEAD" || p.status == 204 || p.status == 304 || p.status < 200:
		return framedNone
	case p.chunked:
		return framedChunked
	case p.length >= 0:
		return framedLength
	}
	return framedClose
}
