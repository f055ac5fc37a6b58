package proxy

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// hopHeaders belong to one hop.
var hopHeaders = []string{
	"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate",
	"Proxy-Authorization", "Te", "Transfer-Encoding", "Upgrade",
}

// outgoing makes the request for the target, all but its address.
func (x *h2Exchange) outgoing(host, uri string) *http.Request {
	out := &http.Request{
		Method: x.r.Method, Host: x.hostHeader(host), Header: x.r.Header.Clone(), URL: rawURL(uri),
		ContentLength: x.r.ContentLength, Trailer: x.r.Trailer,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if x.r.ContentLength != 0 {
		out.Body = x.r.Body
	}
	h := out.Header
	trailers := hasToken(h.Get("Te"), "trailers")
	for _, name := range hopHeaders {
		h.Del(name)
	}
	h.Del("Expect")
	if trailers {
		h.Set("Te", "trailers")
	}
	if cookies := h["Cookie"]; len(cookies) > 1 {
		h.Set("Cookie", strings.Join(cookies, "; ")) // HTTP/2 splits them
	}
	if _, ok := h["User-Agent"]; !ok {
		h.Set("User-Agent", "") // net/http would set its own
	}
	if x.ex.front.mesh() {
		x.meshFields(h)
	} else {
		x.forwardedFields(h)
	}
	if x.conn.proxy.options.Tracer != nil {
		x.beginSpan(h)
	}
	return out
}

// rawURL makes net/http send a request target as it is, without escaping
// anything anew.
func rawURL(uri string) *url.URL {
	path, query, asked := strings.Cut(uri, "?")
	u := &url.URL{RawQuery: query, ForceQuery: asked && query == ""}
	if !strings.HasPrefix(path, "//") {
		u.Opaque = path
		return u
	}
	u.Path, u.RawPath = path, path // an opaque // would be taken for a host
	if p, err := url.PathUnescape(path); err == nil {
		u.Path = p
	}
	return u
}

func (x *h2Exchange) hostHeader(host string) string {
	f := x.ex.front
	if f.listener.Attributes.PreserveHost || f.mesh() || host != x.r.Host {
		return host
	}
	name, port := hostForTarget(host, f.port)
	if port != "" && name != "" {
		return name + ":" + port
	}
	return name
}

// forwardedFields sets the fields that the load balancer adds.
func (x *h2Exchange) forwardedFields(h http.Header) {
	f := x.ex.front
	a := &f.listener.Attributes
	switch a.XFFMode {
	case xffPreserve:
	case xffRemove:
		h.Del("X-Forwarded-For")
	default:
		list := strings.Join(h["X-Forwarded-For"], ", ")
		h.Set("X-Forwarded-For", joinList(list, forwardedPeer(x.conn.peer, a.XFFClientPort)))
	}
	h.Set("X-Forwarded-Proto", f.scheme)
	h.Set("X-Forwarded-Port", f.port)
	x.ex.trace = string(appendTrace(nil, h.Get("X-Amzn-Trace-Id"), 0, x.ex.started))
	h.Set("X-Amzn-Trace-Id", x.ex.trace)
	h.Del("X-Amzn-Tls-Version")
	h.Del("X-Amzn-Tls-Cipher-Suite")
	if a.TLSHeaders && x.conn.tls != nil {
		h.Set(f.rename("X-Amzn-Tls-Version"), tlsVersionName(x.conn.tls.Version))
		h.Set(f.rename("X-Amzn-Tls-Cipher-Suite"), cipherName(x.conn.tls.CipherSuite))
	}
	if a.DropInvalidHeaders {
		for name := range h {
			if !plainName(name) {
				delete(h, name)
			}
		}
	}
}

// relay sends the response to the client.
func (x *h2Exchange) relay(t *target, resp *http.Response, quiet *silence) {
	x.ex.tstatus, x.ex.status = resp.StatusCode, resp.StatusCode
	h := x.w.Header()
	for name, values := range resp.Header {
		h[name] = values
	}
	for _, name := range hopHeaders {
		if name != "Connection" {
			h.Del(name)
		}
	}
	if resp.Header.Get("Connection") != "" && h.Get("Connection") != "close" {
		h.Del("Connection")
	}
	if _, ok := h["Content-Type"]; !ok {
		h["Content-Type"] = nil // net/http would guess one
	}
	x.setOwn(h)
	if !x.ex.front.serverHeader {
		h.Del("Server")
	}
	x.stick(t, resp, h)
	for name := range resp.Trailer {
		h.Add("Trailer", name)
	}
	announced := len(resp.Trailer)
	x.wrote = true
	x.w.WriteHeader(resp.StatusCode)
	if resp.ContentLength < 0 { // a stream: its first message may come much later
		x.w.(http.Flusher).Flush()
	}
	if !x.copyBody(resp.Body, quiet) {
		x.aborted = true
		return
	}
	for name, values := range resp.Trailer {
		if announced != len(resp.Trailer) {
			name = http.TrailerPrefix + name
		}
		h[name] = values
	}
	x.ex.unwell = grpcFailure(resp.Header.Get("Grpc-Status")) || grpcFailure(resp.Trailer.Get("Grpc-Status"))
}

// stick adds the cookies of stickiness.
func (x *h2Exchange) stick(t *target, resp *http.Response, h http.Header) {
	s := sticky{exchange: &x.ex, cookies: x}
	if x.ex.group.stickiness != "" {
		s.stickTo(t, func(name string) bool {
			for _, line := range resp.Header["Set-Cookie"] {
				if setsCookie(line, name) {
					return true
				}
			}
			return false
		})
	}
	for line := range strings.SplitSeq(string(x.ex.cookies), "\r\n") {
		if value, ok := strings.CutPrefix(line, "Set-Cookie: "); ok {
			h.Add("Set-Cookie", value)
		}
	}
}

// copyBody sends the body; whatever has arrived goes out at once.
func (x *h2Exchange) copyBody(body io.Reader, quiet *silence) bool {
	flusher := x.w.(http.Flusher)
	buf := make([]byte, largeBuffer)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			quiet.touch()
			if _, werr := x.w.Write(buf[:n]); werr != nil {
				return true // the client has gone
			}
			x.ex.bytes += int64(n)
			if err == nil {
				flusher.Flush()
			}
		}
		switch err {
		case nil:
		case io.EOF:
			return true
		default:
			return x.r.Context().Err() != nil
		}
	}
}

// closedContext is a context that has ended.
func closedContext() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
