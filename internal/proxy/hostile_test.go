package proxy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// hostileWorld is a load balancer whose target tells what it received, and where
// clients may be silent for so long.
func hostileWorld(t *testing.T, idle time.Duration) (address string) {
	w := newWorld(t)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(rw, "[%s %s %d]", r.Method, r.RequestURI, len(body))
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	l.Attributes.IdleTimeout = idle
	w.publish()
	w.awaitState(target, "healthy")
	return l.Address
}

func TestRefusesWhatCanBeReadInTwoWays(t *testing.T) {
	address, hasty := hostileWorld(t, time.Minute), hostileWorld(t, 2*time.Second)
	const h = "Host: a\r\n"
	long := strings.Repeat("x", 17<<10)
	for _, c := range []struct{ name, send, want string }{
		{"CL and TE", "POST / HTTP/1.1\r\n" + h + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", "400"},
		{"two CL", "POST / HTTP/1.1\r\n" + h + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", "400"},
		{"same CL twice", "POST / HTTP/1.1\r\n" + h + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "400"},
		{"CL list", "POST / HTTP/1.1\r\n" + h + "Content-Length: 5, 5\r\n\r\nhello", "400"},
		{"CL sign", "POST / HTTP/1.1\r\n" + h + "Content-Length: +5\r\n\r\nhello", "400"},
		{"CL hex", "POST / HTTP/1.1\r\n" + h + "Content-Length: 0x5\r\n\r\nhello", "400"},
		{"CL overflow", "POST / HTTP/1.1\r\n" + h + "Content-Length: 18446744073709551621\r\n\r\nhello", "400"},
		{"TE twice", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
		{"TE unknown", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"},
		{"TE with tab", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding:\tchunked\x0b\r\n\r\n0\r\n\r\n", "501"},
		{"TE in 1.0", "POST / HTTP/1.0\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
		{"TE underscore", "POST / HTTP/1.1\r\n" + h + "Transfer_Encoding: chunked\r\n\r\n", "400"},
		{"space before colon", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding : chunked\r\n\r\n", "400"},
		{"space before any colon", "GET / HTTP/1.1\r\n" + h + "Foo : bar\r\n\r\n", "400"},
		{"folded", "GET / HTTP/1.1\r\n" + h + "Foo: bar\r\n baz\r\n\r\n", "400"},
		{"folded first", "GET / HTTP/1.1\r\n Foo: bar\r\n" + h + "\r\n", "400"},
		{"bare LF", "GET / HTTP/1.1\n" + "Host: a\n\n", "400"},
		{"bare LF in head", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "400"},
		{"bare CR in value", "GET / HTTP/1.1\r\n" + h + "Foo: a\rb\r\n\r\n", "400"},
		{"NUL", "GET / HTTP/1.1\r\n" + h + "Foo: a\x00b\r\n\r\n", "400"},
		{"NUL in name", "GET / HTTP/1.1\r\n" + h + "Fo\x00o: ab\r\n\r\n", "400"},
		{"empty name", "GET / HTTP/1.1\r\n" + h + ": ab\r\n\r\n", "400"},
		{"no colon", "GET / HTTP/1.1\r\n" + h + "Foo\r\n\r\n", "400"},
		{"no host", "GET / HTTP/1.1\r\n\r\n", "400"},
		{"bad host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},
		{"space in URI", "GET /a b HTTP/1.1\r\n" + h + "\r\n", "400"},
		{"control in URI", "GET /a\x01b HTTP/1.1\r\n" + h + "\r\n", "400"},
		{"no version", "GET /\r\n" + h + "\r\n", "400"},
		{"bad version", "GET / HTPP/1.1\r\n" + h + "\r\n", "400"},
		{"HTTP/2.0", "GET / HTTP/2.0\r\n" + h + "\r\n", "505"},
		{"HTTP/1.2", "GET / HTTP/1.2\r\n" + h + "\r\n", "505"},
		{"h2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
		{"bad method", "G@T( / HTTP/1.1\r\n" + h + "\r\n", "400"},
		{"TRACE", "TRACE / HTTP/1.1\r\n" + h + "\r\n", "405"},
		{"CONNECT", "CONNECT a:443 HTTP/1.1\r\n" + h + "\r\n", "405"},
		{"relative target", "GET foo HTTP/1.1\r\n" + h + "\r\n", "400"},
		{"TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400"},
		{"long URI", "GET /" + long + " HTTP/1.1\r\n" + h + "\r\n", "414"},
		{"long header", "GET / HTTP/1.1\r\n" + h + "Foo: " + long + "\r\n\r\n", "400"},
		{"header bomb", "GET / HTTP/1.1\r\n" + h + strings.Repeat("Foo: "+long[:1000]+"\r\n", 80), "400"},
		{"30 hops", "GET / HTTP/1.1\r\n" + h + "X-Forwarded-For: 1.1.1.1" + strings.Repeat(", 1.1.1.1", 30) + "\r\n\r\n", "463"},
		{"bad chunk size", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", "400"},
		{"chunk size with 0x", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", "400"},
		{"chunk size too big", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", "400"},
		{"chunk with LF", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", "400"},
		{"chunk extension with CR", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\n", "400"},
		{"chunk longer than said", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n", "400"},
		{"slow head", "GET / HTTP/1.1\r\n" + h, "408"},
		{"slow body", "POST / HTTP/1.1\r\n" + h + "Content-Length: 10\r\n\r\nhel", "408"},
	} {
		t.Run(c.name, func(t *testing.T) {
			to := address
			if c.want == "408" {
				to = hasty
			}
			got := raw(t, to, c.send, nil)
			if !strings.HasPrefix(got, "HTTP/1.1 "+c.want) {
				t.Fatalf("got %.100q, want %s", got, c.want)
			}
			if strings.Count(got, "HTTP/1.1 ") != 1 || strings.Contains(got, "[G") {
				t.Fatalf("something was smuggled: %q", got)
			}
			if !strings.Contains(got, "Connection: close\r\n") {
				t.Errorf("connection stays open: %q", got)
			}
		})
	}
}

func TestAcceptsWhatIsUnusualButClear(t *testing.T) {
	address := hostileWorld(t, time.Minute)
	const h = "Host: a\r\nConnection: close\r\n"
	for _, c := range []struct{ name, send, want string }{
		{"absolute form", "GET http://b/x?y HTTP/1.1\r\n" + h + "\r\n", "[GET /x?y 0]"},
		{"asterisk", "OPTIONS * HTTP/1.1\r\n" + h + "\r\n", ""},
		{"two hosts", "GET / HTTP/1.1\r\n" + h + "Host: b\r\n\r\n", "[GET / 0]"},
		{"leading empty line", "\r\n\r\nGET / HTTP/1.1\r\n" + h + "\r\n", "[GET / 0]"},
		{"GET with body", "GET / HTTP/1.1\r\n" + h + "Content-Length: 2\r\n\r\nhi", "[GET / 2]"},
		{"chunk extension", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: Chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\nX: y\r\n\r\n", "[POST / 2]"},
		{"identity", "POST / HTTP/1.1\r\n" + h + "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi", "[POST / 2]"},
		{"own method", "BREW /pot HTTP/1.1\r\n" + h + "\r\n", "[BREW /pot 0]"},
		{"header with UTF-8", "GET / HTTP/1.1\r\n" + h + "X: h\u00e9\r\n\r\n", "[GET / 0]"},
		{"expect", "POST / HTTP/1.1\r\n" + h + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", "[POST / 2]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := raw(t, address, c.send, nil)
			if !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(got, c.want) {
				t.Fatalf("got %q, want %s", got, c.want)
			}
		})
	}
}

// A connection on which nothing ever comes is closed without a word.
func TestSilentClientIsClosed(t *testing.T) {
	address := hostileWorld(t, time.Second)
	if got := raw(t, address, "", nil); got != "" {
		t.Fatalf("got %q", got)
	}
}

func TestTargetTimeoutIs504(t *testing.T) {
	w := newWorld(t)
	target := app(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	w.group("tg", target)
	l := w.listener(one("tg"))
	l.Attributes.IdleTimeout = 2 * time.Second
	w.publish()
	w.awaitState(target, "healthy")
	if status, body := fetch(t, client(t), "http://"+l.Address+"/"); status != 504 || body != elbPage(504) {
		t.Errorf("got %d %q", status, body)
	}
	await(t, "the target is free", func() bool { return w.state(target).InFlight == 0 })
}

// When the client goes away, the target's request ends too.
func TestClientGoneCancelsTarget(t *testing.T) {
	w := newWorld(t)
	entered, left := make(chan struct{}), make(chan struct{})
	target := app(t, func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		close(left)
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-entered; cancel() }()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.Address+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client(t).Do(req); err == nil {
		t.Fatal("an answer")
	}
	select {
	case <-left:
	case <-time.After(time.Minute):
		t.Fatal("the target was not told")
	}
}
