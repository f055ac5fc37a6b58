package proxy

import (
	"strings"
)

// request is a parsed request head. It is reused from one request of a
// connection to the next; its strings point into the connection's buffer.
type request struct {
	method, target string // as sent
	scheme         string // of an absolute target, otherwise empty
	path, query    string // of the target; query without ?
	hasQuery       bool
	host           string
	fields         []field
	http10         bool
	keepAlive      bool
	expect         bool // Expect: 100-continue
	upgrade        string
	trailers       bool  // TE: trailers
	length         int64 // Content-Length, -1 without
	chunked        bool
	class          class
	reason         string // of the class
}

// refusal is a request that the load balancer answers itself for its form.
type refusal struct {
	status int
	class  class
	reason string // classification_reason of the access log
}

func (r *refusal) Error() string { return "proxy: request refused: " + r.reason }

// Reasons in the words of desync mitigation.
var (
	errRequestLine     = &refusal{400, severe, "BadUri"}
	errMethod          = &refusal{400, severe, "BadMethod"}
	errVersion         = &refusal{400, severe, "BadVersion"}
	errHTTPVersion     = &refusal{505, severe, "BadVersion"}
	errURITooLong      = &refusal{414, compliant, ""}
	errHeaderSize      = &refusal{400, compliant, ""}
	errHeader          = &refusal{400, severe, "BadHeader"}
	errHost            = &refusal{400, compliant, ""}
	errLength          = &refusal{400, severe, "BadContentLength"}
	errManyLengths     = &refusal{400, severe, "MultipleContentLength"}
	errSameLengths     = &refusal{400, severe, "DuplicateContentLength"}
	errBothTeCl        = &refusal{400, severe, "BothTeClPresent"}
	errManyChunked     = &refusal{400, severe, "MultipleTransferEncodingChunked"}
	errEncoding        = &refusal{501, severe, "BadTransferEncoding"}
	errSuspicious      = &refusal{400, severe, "SuspiciousHeader"}
	errNotAllowed      = &refusal{405, compliant, ""}
	errForwardedFor    = &refusal{463, compliant, ""}
	errUpgradeRequired = &refusal{426, compliant, ""} // Service Connect does not speak HTTP/1.0
)

// parse reads a complete head, empty line included. Everything that two servers
// could read in two ways is refused: that is how requests are smuggled.
func (q *request) parse(head []byte) error {
	*q = request{fields: q.fields[:0], length: -1}
	line, rest, ok := cutLine(head)
	if !ok {
		return errRequestLine
	}
	if err := q.parseLine(text(line)); err != nil {
		return err
	}
	for {
		line, rest, ok = cutLine(rest)
		if !ok {
			return errHeader
		}
		if len(line) == 0 {
			break
		}
		if err := q.parseField(line); err != nil {
			return err
		}
	}
	return q.settle()
}

// parseLine parses METHOD SP target SP HTTP/1.x.
func (q *request) parseLine(line string) error {
	if len(line) > maxRequestLine {
		return errURITooLong
	}
	method, rest, ok := strings.Cut(line, " ")
	if !ok || !isToken(method) {
		return errMethod
	}
	target, version, ok := strings.Cut(rest, " ")
	if !ok {
		return errVersion
	}
	switch version {
	case "HTTP/1.1":
		q.keepAlive = true
	case "HTTP/1.0":
		q.http10 = true
	default:
		return badVersion(version)
	}
	q.method, q.target = method, target
	return q.parseTarget()
}

// badVersion tells an HTTP version that we do not speak from nonsense.
func badVersion(version string) error {
	if len(version) == len("HTTP/2.0") && strings.HasPrefix(version, "HTTP/") && version[6] == '.' {
		return errHTTPVersion
	}
	return errVersion
}

// parseTarget splits the request target. Besides paths there is the absolute
// form, whose host wins over the Host field, and the asterisk of OPTIONS.
func (q *request) parseTarget() error {
	t := q.target
	for i := 0; i < len(t); i++ {
		if t[i] <= ' ' || t[i] == 0x7f {
			return errRequestLine
		}
	}
	switch {
	case q.method == "CONNECT" || q.method == "TRACE":
		return errNotAllowed
	case strings.HasPrefix(t, "/"):
	case t == "*" && q.method == "OPTIONS":
	default:
		scheme, rest, ok := strings.Cut(t, "://")
		if !ok || !equalFold(scheme, "http") && !equalFold(scheme, "https") {
			return errRequestLine
		}
		at := strings.IndexAny(rest, "/?")
		if at < 0 {
			at = len(rest)
		}
		q.scheme, q.host, t = scheme, rest[:at], rest[at:]
		if q.host == "" || !validAuthority(q.host) {
			return errRequestLine
		}
		if !strings.HasPrefix(t, "/") {
			t = "/" + t
		}
		q.target = t
	}
	q.path, q.query, q.hasQuery = strings.Cut(t, "?")
	return nil
}

// parseField adds one header field.
func (q *request) parseField(line []byte) error {
	if len(line) > maxHeaderField {
		return errHeaderSize
	}
	if line[0] == ' ' || line[0] == '\t' {
		return errHeader // folded lines are not supported
	}
	name, value, ok := splitField(line)
	if !ok || !isToken(name) || badValue(value) {
		if looksLikeFraming(name) {
			return errSuspicious
		}
		return errHeader
	}
	id := identify(name)
	if id == headerOther && looksLikeFraming(name) {
		return errSuspicious
	}
	if oddValue(value) {
		q.classify(acceptable, "NonCompliantHeader")
	}
	q.fields = append(q.fields, field{id, name, value})
	return q.note(id, value)
}

// note takes what a special field says.
func (q *request) note(id headerID, value string) error {
	switch id {
	case headerContentLength:
		n, ok := parseLength(value)
		switch {
		case !ok:
			return errLength
		case q.length >= 0 && q.length != n:
			return errManyLengths
		case q.length >= 0:
			return errSameLengths
		}
		q.length = n
	case headerTransferEncoding:
		switch {
		case q.chunked:
			return errManyChunked
		case equalFold(value, "chunked"):
			q.chunked = true
		case !equalFold(value, "identity"):
			return errEncoding
		}
	case headerHost:
		if q.host == "" { // several: the first counts
			if !validAuthority(value) {
				return errHost
			}
			q.host = value
		}
	case headerExpect:
		q.expect = equalFold(value, "100-continue")
	case headerUpgrade:
		q.upgrade = value
	case headerTE:
		q.trailers = q.trailers || hasToken(value, "trailers")
	}
	return nil
}

// settle checks what only the whole head can tell.
func (q *request) settle() error {
	upgrade := false
	for i := range q.fields {
		if f := &q.fields[i]; f.id == headerConnection {
			upgrade = upgrade || hasToken(f.value, "upgrade")
			switch {
			case hasToken(f.value, "close"):
				q.keepAlive = false
			case q.http10 && hasToken(f.value, "keep-alive"):
				q.keepAlive = true
			}
		}
	}
	if !upgrade || !equalFold(q.upgrade, "websocket") || q.http10 {
		q.upgrade = "" // h2c and others are ignored
	}
	switch {
	case q.chunked && q.length >= 0:
		return errBothTeCl
	case q.chunked && q.http10:
		return errEncodingIn10
	case q.host == "" && !q.http10:
		return errHost
	}
	if q.method == "GET" || q.method == "HEAD" {
		switch {
		case q.length == 0:
			q.classify(acceptable, "GetHeadZeroContentLength")
		case q.length > 0:
			q.classify(ambiguous, "UndefinedContentLengthSemantics")
		case q.chunked:
			q.classify(ambiguous, "UndefinedTransferEncodingSemantics")
		}
	}
	return nil
}

var errEncodingIn10 = &refusal{400, severe, "UndefinedTransferEncodingSemantics"}

// hasBody reports whether a body follows the head.
func (q *request) hasBody() bool { return q.chunked || q.length > 0 }

// idempotent reports whether a request may be sent a second time when nobody
// knows whether the first arrived.
func (q *request) idempotent() bool {
	if idempotentMethod(q.method) {
		return true
	}
	_, ok := q.get(headerIdempotencyKey)
	return ok
}

func idempotentMethod(method string) bool {
	switch method {
	case "GET", "HEAD", "OPTIONS", "PUT", "DELETE":
		return true
	}
	return false
}

// get returns the first field of the id.
func (q *request) get(id headerID) (string, bool) {
	for i := range q.fields {
		if q.fields[i].id == id {
			return q.fields[i].value, true
		}
	}
	return "", false
}

// Next implements route.Headers.
func (q *request) Next(name string, from int) (string, int) {
	for i := from; i < len(q.fields); i++ {
		if equalFold(q.fields[i].name, name) {
			return q.fields[i].value, i + 1
		}
	}
	return "", -1
}

// looksLikeFraming reports names that some servers normalise to one of the two
// fields that frame a message.
func looksLikeFraming(name string) bool {
	if len(name) < len("contentlength") || len(name) > 32 {
		return false
	}
	var letters [32]byte
	n := 0
	for i := 0; i < len(name); i++ {
		if c := lowerTable[name[i]]; 'a' <= c && c <= 'z' {
			letters[n] = c
			n++
		}
	}
	s := string(letters[:n])
	return s == "contentlength" || s == "transferencoding"
}

// validAuthority accepts what may stand in a Host field.
func validAuthority(s string) bool {
	for i := 0; i < len(s); i++ {
		c := lowerTable[s[i]]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~:[]%!$&'()*+,;=", c) >= 0) {
			return false
		}
	}
	return true
}
