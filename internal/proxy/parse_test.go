package proxy

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

// agree parses a head with our parser and with net/http, and compares. What we
// accept, net/http must understand in the same way; we may refuse more.
func agree(t *testing.T, head []byte) {
	end := headEnd(head, 0)
	if end < 0 {
		return
	}
	var q request
	if q.parse(append([]byte(nil), head[:end]...)) != nil {
		return
	}
	theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(head)))
	if err != nil {
		// net/http knows no underscore-like oddities that we pass on as opaque:
		// it must not be the framing or the line that it refuses.
		if q.hasBody() && strings.Contains(err.Error(), "Length") {
			t.Fatalf("we accept framing that net/http refuses: %v in %q", err, head)
		}
		return
	}
	if q.method != theirs.Method {
		t.Fatalf("method %q, net/http %q", q.method, theirs.Method)
	}
	if q.scheme == "" && q.target != theirs.RequestURI {
		t.Fatalf("target %q, net/http %q", q.target, theirs.RequestURI)
	}
	chunkedTheirs := len(theirs.TransferEncoding) > 0 && theirs.TransferEncoding[0] == "chunked"
	if q.chunked != chunkedTheirs {
		t.Fatalf("chunked %v, net/http %v in %q", q.chunked, chunkedTheirs, head)
	}
	if !q.chunked && max(q.length, 0) != max(theirs.ContentLength, 0) {
		t.Fatalf("length %d, net/http %d in %q", q.length, theirs.ContentLength, head)
	}
	if q.keepAlive == theirs.Close && !q.http10 {
		t.Fatalf("keep-alive %v, net/http close %v in %q", q.keepAlive, theirs.Close, head)
	}
	for i := range q.fields {
		f := &q.fields[i]
		switch f.id {
		case headerHost, headerConnection, headerTransferEncoding, headerTrailer, headerContentLength:
			continue // net/http takes these out or folds them
		}
		if !contains2(theirs.Header.Values(f.name), f.value) {
			t.Fatalf("field %q: %q, net/http %q", f.name, f.value, theirs.Header.Values(f.name))
		}
	}
}

func contains2(values []string, v string) bool {
	for _, other := range values {
		if strings.TrimSpace(other) == strings.TrimSpace(v) {
			return true
		}
	}
	return false
}

// Valid requests of many shapes are read as net/http reads them.
func TestAgreesWithNetHTTP(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	for range 20000 {
		var b strings.Builder
		b.WriteString(pick("GET", "POST", "PUT", "HEAD", "OPTIONS", "BREW") + " ")
		b.WriteString(pick("/", "/a/b?c=d", "/%2e%2e/?", "/x;y=z", "//double", "http://other:81/abs?x", "/ü"))
		b.WriteString(" HTTP/1." + pick("0", "1", "1", "1") + "\r\nHost: " + pick("a", "a.b:80", "[::1]:8080", "") + "\r\n")
		for range random.IntN(5) {
			b.WriteString(pick("X-A", "accept", "X_Under", "Cookie", "Via", "TE", "Upgrade", "Expect") + ":" + pick("", " ", "\t") +
				pick("v", "", "a, b", `"q"`, "trailers", "x=1; y=2", "ü") + pick("", " ") + "\r\n")
		}
		b.WriteString(pick("", "", "Connection: close\r\n", "Connection: keep-alive\r\n", "connection: Foo, CLOSE\r\n"))
		b.WriteString(pick("", "", "Content-Length: 5\r\n", "content-length:0\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding:Chunked\r\n"))
		b.WriteString("\r\n")
		agree(t, []byte(b.String()+"hello"))
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	f.Add([]byte("POST http://a:1/x?y HTTP/1.0\r\nContent-Length: 5\r\nConnection: a, close\r\nTransfer-Encoding: identity\r\n\r\n"))
	f.Add([]byte("PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		agree(t, data)
	})
}

func FuzzResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"))
	f.Add([]byte("HTTP/1.0 304 \nTransfer-Encoding: chunked\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		end := headEndLenient(data, 0)
		if end < 0 {
			return
		}
		for seen := 0; seen <= end; seen += 3 {
			if again := headEndLenient(data, seen); seen < end-3 && again != end {
				t.Fatalf("end %d, and %d when %d were seen", end, again, seen)
			}
		}
		var p response
		if p.parse(data[:end]) != nil {
			return
		}
		for i := range p.fields {
			if !isToken(p.fields[i].name) || badValue(p.fields[i].value) {
				t.Fatalf("field %+v would split the response", p.fields[i])
			}
		}
	})
}

// decodeAll decodes a chunked body that arrives in pieces of the given size.
func decodeAll(data []byte, piece int) (body []byte, rest int, err error) {
	var d chunked
	var pending []byte
	for at := 0; ; {
		got, n, err := d.decode(pending)
		body = append(body, got...)
		pending = pending[n:]
		if err != nil {
			return body, 0, err
		}
		if d.state == chunkDone {
			return body, len(pending) + len(data) - at, nil
		}
		if n > 0 || len(got) > 0 {
			continue
		}
		if at == len(data) {
			return body, 0, io.ErrUnexpectedEOF
		}
		end := min(at+piece, len(data))
		pending = append(append([]byte(nil), pending...), data[at:end]...)
		at = end
	}
}

// FuzzChunked: pieces do not matter, and what we accept, net/http reads alike.
func FuzzChunked(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\n\r\n"))
	f.Add([]byte("1;x=y\r\na\r\n2 \r\nbc\r\n00\r\nA: b\r\n\r\nrest"))
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, rest, err := decodeAll(data, len(data)+1)
		for _, piece := range []int{1, 2, 7} {
			again, restAgain, errAgain := decodeAll(data, piece)
			if (err == nil) != (errAgain == nil) || err == nil && (!bytes.Equal(whole, again) || rest != restAgain) {
				t.Fatalf("in pieces of %d: %q %d %v, whole %q %d %v", piece, again, restAgain, errAgain, whole, rest, err)
			}
		}
		if err != nil {
			return
		}
		theirs, terr := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(data)))
		if terr != nil && !errors.Is(terr, io.ErrUnexpectedEOF) && !strings.Contains(terr.Error(), "too much overhead") {
			t.Fatalf("net/http refuses what we accept: %v in %q", terr, data)
		}
		if terr == nil && !bytes.Equal(theirs, whole) {
			t.Fatalf("body %q, net/http %q", whole, theirs)
		}
	})
}

func FuzzCookie(f *testing.F) {
	s, err := openSealer(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a=b; AWSALB=x", s.seal("p", "v", time.Now().Add(time.Hour)))
	f.Fuzz(func(t *testing.T, line, value string) {
		findCookie(line, cookieTarget)
		if got, ok := s.open("q", value, time.Now()); ok {
			t.Fatalf("opened %q", got)
		}
	})
}

func TestTrace(t *testing.T) {
	now := time.Unix(0x65000000, 0)
	for _, c := range []struct {
		in     string
		size   int
		prefix string
		suffix string
	}{
		{"", 0, "Root=1-65000000-", ""},
		{"Sampled=1", 0, "Root=1-65000000-", ""},
		{"Root=1-1-2;Sampled=1", 0, "Self=1-65000000-", ";Root=1-1-2;Sampled=1"},
		{"Self=1-3-4;Root=1-1-2;CalledFrom=app", 0, "Self=1-65000000-", ";Root=1-1-2;CalledFrom=app"},
		{"Root=1-1-2", maxTraceHead + 1, "Root=1-65000000-", ""},
	} {
		got := string(appendTrace(nil, c.in, c.size, now))
		if !strings.HasPrefix(got, c.prefix) || !strings.HasSuffix(got, c.suffix) || len(got) != len(c.prefix)+24+len(c.suffix) {
			t.Errorf("%q: got %q", c.in, got)
		}
	}
}

func TestHostForTarget(t *testing.T) {
	for _, c := range []struct{ host, listener, want string }{
		{"a.com", "80", "a.com"},
		{"a.com:80", "80", "a.com"},
		{"a.com:443", "443", "a.com"},
		{"a.com", "8080", "a.com:8080"},
		{"a.com:9090", "8080", "a.com:9090"},
		{"[::1]", "8080", "[::1]:8080"},
		{"[::1]:80", "80", "[::1]"},
		{"", "8080", ""},
	} {
		name, port := hostForTarget(c.host, c.listener)
		if port != "" && name != "" {
			name += ":" + port
		}
		if name != c.want {
			t.Errorf("%q on %s: got %q, want %q", c.host, c.listener, name, c.want)
		}
	}
	v6 := netip.MustParseAddrPort("[2001:db8::1]:5000")
	if got := forwardedPeer(v6, true); got != "[2001:db8::1]:5000" {
		t.Errorf("peer with port: %q", got)
	}
	if got := forwardedPeer(v6, false); got != "2001:db8::1" {
		t.Errorf("peer: %q", got)
	}
}

// The state machine of a target, told as results of probes.
func TestHealthStateMachine(t *testing.T) {
	check := &route.Check{Healthy: 3, Unhealthy: 2}
	pass, fail := verdict{}, failed(reasonTimeout)
	for _, c := range []struct {
		name   string
		probes []verdict
		want   string
	}{
		{"one pass makes a new target healthy", []verdict{pass}, stateHealthy},
		{"one failure leaves it initial", []verdict{fail}, stateInitial},
		{"threshold failures make it unhealthy", []verdict{fail, fail}, stateUnhealthy},
		{"a failure between passes changes nothing", []verdict{pass, fail, pass, fail, pass}, stateHealthy},
		{"threshold failures in a row", []verdict{pass, fail, fail}, stateUnhealthy},
		{"recovery needs the healthy threshold", []verdict{pass, fail, fail, pass, pass}, stateUnhealthy},
		{"recovery", []verdict{pass, fail, fail, pass, pass, pass}, stateHealthy},
		{"recovery in a row", []verdict{pass, fail, fail, pass, pass, fail, pass, pass}, stateUnhealthy},
	} {
		var h health
		h.reset()
		for _, v := range c.probes {
			h.observe(v, true, check, time.Now())
		}
		if h.state != c.want {
			t.Errorf("%s: %s", c.name, h.state)
		}
		if (h.state == stateHealthy) != (h.reason == "") && h.state != stateInitial {
			t.Errorf("%s: reason %q", c.name, h.reason)
		}
	}
	var h health
	h.reset()
	for range 10 {
		h.observe(fail, false, check, time.Now())
	}
	if h.state != stateInitial {
		t.Error("failures of additional probes count")
	}
}

func TestMatcher(t *testing.T) {
	for _, c := range []struct {
		matcher string
		code    int
		want    string
	}{
		{"", 200, ""},
		{"200", 200, ""},
		{"200,202", 202, ""},
		{"200-299", 250, ""},
		{"200-299,404", 404, ""},
		{"200", 503, "Health checks failed with these codes: [503]"},
		{"300-399", 200, "Health checks failed with these codes: [200]"},
	} {
		if got := match(c.matcher, "200", c.code); got.description != c.want {
			t.Errorf("%q %d: %+v", c.matcher, c.code, got)
		}
	}
}

func TestRawURL(t *testing.T) {
	for _, uri := range []string{"/", "/a%2Fb?x=%20", "/a%zz", "//double//", "//a%2Fb?", "/?", "*", "/a?b?c", "/ü"} {
		u := rawURL(uri)
		u.Scheme, u.Host = "http", "target:80"
		if got := u.RequestURI(); got != uri {
			t.Errorf("%q is sent as %q", uri, got)
		}
	}
}
