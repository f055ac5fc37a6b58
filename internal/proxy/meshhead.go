package proxy

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"strconv"
)

// Service Connect passes requests on as they are: Host, X-Forwarded-For and
// trace ids included. As the proxy of ECS it adds X-Forwarded-Proto and
// X-Request-Id where there are none.

// mesh reports whether the listener is an endpoint of Service Connect.
func (f *front) mesh() bool { return f.listener.Connect != nil }

// buildMeshHead is buildHead for Service Connect.
func (c *clientConn) buildMeshHead() {
	q := &c.req
	out := append(c.out[:0], q.method...)
	out = append(out, ' ')
	out = append(out, c.uri()...)
	out = append(out, " HTTP/1.1\r\nHost: "...)
	out = append(out, q.host...)
	out = append(out, "\r\n"...)
	proto, id := false, ""
	for i := range q.fields {
		h := &q.fields[i]
		switch {
		case h.id == headerHost, h.id == headerContentLength, h.id == headerExpect, h.id == headerTrailer && !q.chunked,
			h.id == headerTraceParent && c.ex.span != nil, h.id.hopByHop(), c.namedByConnection(h.name):
			continue
		case h.id == headerForwardedProto:
			proto = true
		case h.id == headerOther && id == "" && equalFold(h.name, requestIDField):
			id = h.value
		}
		out = appendField(out, h.name, h.value)
	}
	if !proto {
		out = append(out, "X-Forwarded-Proto: http\r\n"...)
	}
	out = c.appendTraceparent(out)
	if id == "" {
		out = append(out, "X-Request-Id: "...)
		from := len(out)
		out = appendRequestID(out)
		id = text(out[from:])
		out = append(out, "\r\n"...)
	}
	if c.socket.logs() {
		c.ex.trace = string(append([]byte(nil), id...)) // out is used again before the line is written
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
	c.out = append(out, "\r\n"...)
}

// meshFields is forwardedFields for Service Connect.
func (x *h2Exchange) meshFields(h http.Header) {
	if h.Get("X-Forwarded-Proto") == "" {
		h.Set("X-Forwarded-Proto", "http")
	}
	if x.ex.trace = h.Get("X-Request-Id"); x.ex.trace == "" {
		x.ex.trace = string(appendRequestID(nil))
		h.Set("X-Request-Id", x.ex.trace)
	}
}

const requestIDField = "x-request-id"

// appendRequestID appends a random UUID.
func appendRequestID(out []byte) []byte {
	high, low := rand.Uint64(), rand.Uint64()
	high = high&^0xf000 | 0x4000 // version 4
	low = low&^(3<<62) | 2<<62   // variant of RFC 9562
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(high>>(56-8*i)), byte(low>>(56-8*i))
	}
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			out = append(out, '-')
		}
		out = hex.AppendEncode(out, part)
	}
	return out
}
