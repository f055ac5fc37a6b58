package proxy

import "strconv"

// buildHead writes the request's head for the target into c.out. Fields pass
// through as the client sent them, but for those that belong to one hop and
// those that are the load balancer's to set.
func (c *clientConn) buildHead() {
	q, f := &c.req, c.ex.front
	a := &f.listener.Attributes
	out := append(c.out[:0], q.method...)
	out = append(out, ' ')
	out = append(out, c.uri()...)
	out = append(out, " HTTP/1.1\r\n"...)
	out = c.appendHost(out)
	forwarded, trace := "", ""
	for i := range q.fields {
		h := &q.fields[i]
		switch h.id {
		case headerOther:
			if a.DropInvalidHeaders && !plainName(h.name) {
				continue
			}
		case headerHost, headerContentLength, headerExpect,
			headerForwardedProto, headerForwardedPort, headerTLSVersion, headerTLSCipher:
			continue
		case headerForwardedFor:
			if a.XFFMode == "" || a.XFFMode == xffAppend {
				forwarded = joinList(forwarded, h.value)
				continue
			}
			if a.XFFMode == xffRemove {
				continue
			}
		case headerTraceID:
			if trace == "" {
				trace = h.value
			}
			continue
		case headerTrailer:
			if !q.chunked {
				continue
			}
		case headerTraceParent:
			if c.ex.span != nil || c.namedByConnection(h.name) {
				continue
			}
		default:
			if h.id.hopByHop() || c.namedByConnection(h.name) {
				continue
			}
		}
		if h.id == headerOther && c.namedByConnection(h.name) {
			continue
		}
		out = appendField(out, h.name, h.value)
	}
	out = c.appendOwn(out, forwarded, trace)
	c.out = append(out, "\r\n"...)
}

// uri is the request target that the target is sent.
func (c *clientConn) uri() string {
	if c.ex.newURL != "" {
		return c.ex.newURL
	}
	return c.req.target
}

func (c *clientConn) appendHost(out []byte) []byte {
	host, port := c.req.host, ""
	if c.ex.newHost != "" {
		host = c.ex.newHost
	} else if !c.ex.front.listener.Attributes.PreserveHost {
		host, port = hostForTarget(host, c.ex.front.port)
	}
	out = append(out, "Host: "...)
	out = append(out, host...)
	if port != "" && host != "" {
		out = append(out, ':')
		out = append(out, port...)
	}
	return append(out, "\r\n"...)
}

// appendOwn appends the fields that the load balancer sets.
func (c *clientConn) appendOwn(out []byte, forwarded, trace string) []byte {
	q, f := &c.req, c.ex.front
	a := &f.listener.Attributes
	if a.XFFMode == "" || a.XFFMode == xffAppend {
		out = append(out, "X-Forwarded-For: "...)
		if forwarded != "" {
			out = append(out, forwarded...)
			out = append(out, ", "...)
		}
		out = append(out, c.peerName(a.XFFClientPort)...)
		out = append(out, "\r\n"...)
	}
	out = append(out, "X-Forwarded-Proto: "...)
	out = append(out, f.scheme...)
	out = append(out, "\r\nX-Forwarded-Port: "...)
	out = append(out, f.port...)
	out = append(out, "\r\nX-Amzn-Trace-Id: "...)
	from := len(out)
	out = appendTrace(out, trace, c.in.pin, c.ex.started)
	if f.log != nil {
		c.ex.trace = string(out[from:])
	}
	out = append(out, "\r\n"...)
	out = c.appendTraceparent(out)
	if a.TLSHeaders && c.tls != nil {
		out = appendField(out, f.rename("X-Amzn-Tls-Version"), tlsVersionName(c.tls.Version))
		out = appendField(out, f.rename("X-Amzn-Tls-Cipher-Suite"), cipherName(c.tls.CipherSuite))
	}
	switch {
	case q.chunked:
		out = append(out, "Transfer-Encoding: chunked\r\n"...)
	case q.length >= 0:
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, q.length, 10)
		out = append(out, "\r\n"...)
	}
	switch {
	case q.upgrade != "":
		out = append(out, "Connection: Upgrade\r\nUpgrade: websocket\r\n"...)
	case q.trailers:
		out = append(out, "Connection: TE\r\nTE: trailers\r\n"...)
	}
	return out
}

// peerName is the client in X-Forwarded-For.
func (c *clientConn) peerName(withPort bool) string {
	if withPort {
		return forwardedPeer(c.peer, true)
	}
	if c.source == "" {
		c.source = forwardedPeer(c.peer, false)
	}
	return c.source
}

// namedByConnection reports whether the client's Connection field names the
// field, which makes it one for this hop only.
func (c *clientConn) namedByConnection(name string) bool {
	for i := range c.req.fields {
		if f := &c.req.fields[i]; f.id == headerConnection && listed(f.value, name) {
			return true
		}
	}
	return false
}

// listed is hasToken for a token in any case; the usual value is one word.
func listed(list, token string) bool {
	for list != "" {
		var item string
		item, list = cutList(list)
		if len(item) == len(token) && sameFold(item, token) {
			return true
		}
	}
	return false
}

func sameFold(a, b string) bool {
	for i := 0; i < len(a); i++ {
		if lowerTable[a[i]] != lowerTable[b[i]] {
			return false
		}
	}
	return true
}

func joinList(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "":
		return a
	}
	return a + ", " + b
}
