package proxy

// headerID names the header fields that the load balancer treats specially; all
// others are headerOther and pass through as they are.
type headerID uint8

const (
	headerOther headerID = iota
	headerConnection
	headerKeepAlive
	headerProxyConnection
	headerProxyAuthenticate
	headerProxyAuthorization
	headerTE
	headerTrailer
	headerTransferEncoding
	headerUpgrade
	headerContentLength
	headerContentType
	headerHost
	headerExpect
	headerCookie
	headerSetCookie
	headerServer
	headerUserAgent
	headerIdempotencyKey
	headerForwardedFor
	headerForwardedProto
	headerForwardedPort
	headerTraceID
	headerTLSVersion
	headerTLSCipher
	headerTraceParent
)

// knownHeaders by the length of their names.
var knownHeaders = func() (by [32][]knownHeader) {
	for name, id := range map[string]headerID{
		"connection": headerConnection, "keep-alive": headerKeepAlive,
		"proxy-connection": headerProxyConnection, "proxy-authenticate": headerProxyAuthenticate,
		"proxy-authorization": headerProxyAuthorization, "te": headerTE, "trailer": headerTrailer,
		"transfer-encoding": headerTransferEncoding, "upgrade": headerUpgrade,
		"content-length": headerContentLength, "content-type": headerContentType,
		"host": headerHost, "expect": headerExpect, "cookie": headerCookie,
		"set-cookie": headerSetCookie, "server": headerServer, "user-agent": headerUserAgent,
		"idempotency-key": headerIdempotencyKey, "x-idempotency-key": headerIdempotencyKey,
		"x-forwarded-for": headerForwardedFor, "x-forwarded-proto": headerForwardedProto,
		"x-forwarded-port": headerForwardedPort, "x-amzn-trace-id": headerTraceID,
		"traceparent": headerTraceParent, "x-amzn-tls-version": headerTLSVersion, "x-amzn-tls-cipher-suite": headerTLSCipher,
	} {
		by[len(name)] = append(by[len(name)], knownHeader{name, id})
	}
	return by
}()

type knownHeader struct {
	name string
	id   headerID
}

// identify returns the id of a field name.
func identify(name string) headerID {
	if len(name) >= len(knownHeaders) {
		return headerOther
	}
	for _, k := range knownHeaders[len(name)] {
		if equalFold(name, k.name) {
			return k.id
		}
	}
	return headerOther
}

// field is one header field. Its strings point into the connection's buffer and
// are valid only until the next message.
type field struct {
	id          headerID
	name, value string
}

// hopByHop reports whether a field is for one hop only.
func (id headerID) hopByHop() bool {
	switch id {
	case headerConnection, headerKeepAlive, headerProxyConnection, headerProxyAuthenticate,
		headerProxyAuthorization, headerTE, headerTransferEncoding, headerUpgrade:
		return true
	}
	return false
}

// equalFold compares s with a lower-case ASCII name.
func equalFold(s, name string) bool {
	if len(s) != len(name) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if lowerTable[s[i]] != name[i] {
			return false
		}
	}
	return true
}

// lowerTable and tokenTable classify bytes.
var lowerTable, tokenTable = func() (lower [256]byte, token [256]bool) {
	for i := range lower {
		lower[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			lower[i] = byte(i) + 'a' - 'A'
		}
		c := lower[i]
		token[i] = 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
	}
	for _, c := range []byte("!#$%&'*+-.^_`|~") {
		token[c] = true
	}
	return lower, token
}()

func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !tokenTable[s[i]] {
			return false
		}
	}
	return s != ""
}

// plainName reports whether a name consists of [-A-Za-z0-9] alone, which is what
// routing.http.drop_invalid_header_fields keeps.
func plainName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := lowerTable[s[i]]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-') {
			return false
		}
	}
	return s != ""
}

// hasToken reports whether a comma-separated list holds the token.
func hasToken(list, token string) bool {
	for list != "" {
		var item string
		item, list = cutList(list)
		if equalFold(item, token) {
			return true
		}
	}
	return false
}

// cutList splits a comma-separated list after its first item.
func cutList(list string) (item, rest string) {
	for i := 0; i < len(list); i++ {
		if list[i] == ',' {
			return trimSpace(list[:i]), list[i+1:]
		}
	}
	return trimSpace(list), ""
}

func trimSpace(s string) string {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
