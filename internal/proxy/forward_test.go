package proxy

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/route"
)

func TestForwardsAndAddsHeaders(t *testing.T) {
	w := newWorld(t)
	seen := make(chan *http.Request, 10)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		seen <- r
		rw.Header().Set("X-App", "yes")
		io.WriteString(rw, "hello")
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	req, _ := http.NewRequest("GET", "http://"+l.Address+"/a%2Fb?x=1", nil)
	req.Header.Set("X-Forwarded-For", "1.2.3.4")
	req.Header.Set("Connection", "X-Hop")
	req.Header.Set("X-Hop", "secret")
	req.Header.Set("Keep-Alive", "timeout=5")
	resp, err := client(t).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 200 || string(body) != "hello" || resp.Header.Get("X-App") != "yes" {
		t.Fatalf("got %d %q %v", resp.StatusCode, body, resp.Header)
	}
	r := <-seen
	if r.RequestURI != "/a%2Fb?x=1" || r.Host != l.Address {
		t.Errorf("target saw %q on host %q", r.RequestURI, r.Host)
	}
	_, port, _ := net.SplitHostPort(l.Address)
	for name, want := range map[string]string{
		"X-Forwarded-For": "1.2.3.4, 127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Port": port,
		"X-Hop": "", "Keep-Alive": "",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if trace := r.Header.Get("X-Amzn-Trace-Id"); !strings.HasPrefix(trace, "Root=1-") || len(trace) != 40 {
		t.Errorf("trace id %q", trace)
	}
}

func TestBodiesBothWays(t *testing.T) {
	w := newWorld(t)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(rw).EnableFullDuplex()
		rw.Header().Set("Trailer", "X-Sum")
		n, err := io.Copy(rw, r.Body)
		rw.Header().Set("X-Sum", fmt.Sprint(n, err, r.Trailer.Get("X-In")))
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	c := client(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 100, 8 << 10, 16 << 10, 17 << 10, 1 << 20, 20 << 20} {
		for _, chunked := range []bool{false, true} {
			sent := make([]byte, size)
			for i := range sent {
				sent[i] = byte(random.Uint32())
			}
			var body io.Reader = bytes.NewReader(sent)
			if chunked {
				body = io.MultiReader(body)
			}
			req, _ := http.NewRequest("POST", "http://"+l.Address+"/", body)
			if chunked {
				req.Trailer = http.Header{"X-In": {"in"}}
			}
			resp, err := c.Do(req)
			if err != nil {
				t.Fatalf("size %d chunked %v: %v", size, chunked, err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("size %d chunked %v: got %d bytes, %v", size, chunked, len(got), err)
			}
			in := ""
			if chunked {
				in = "in"
			}
			if got, want := resp.Trailer.Get("X-Sum"), fmt.Sprint(size, nil, in); got != want && size > 0 {
				t.Fatalf("size %d chunked %v: trailer %q, want %q", size, chunked, got, want)
			}
		}
	}
}

func TestServerSentEventsAreFlushed(t *testing.T) {
	w := newWorld(t)
	next := make(chan string)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/event-stream")
		for s := range next {
			fmt.Fprintf(rw, "data: %s\n\n", s)
			rw.(http.Flusher).Flush()
		}
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	go func() { next <- "first" }()
	resp, err := client(t).Get("http://" + l.Address + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	r := bufio.NewReader(resp.Body)
	for i, s := range []string{"first", "second", "third"} {
		if i > 0 {
			next <- s
		}
		line, err := r.ReadString('\n')
		if err != nil || line != "data: "+s+"\n" {
			t.Fatalf("got %q, %v", line, err)
		}
		r.ReadString('\n')
	}
	close(next)
}

func TestInterimResponses(t *testing.T) {
	w := newWorld(t)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Link", "</style.css>; rel=preload")
		rw.WriteHeader(103)
		body, _ := io.ReadAll(r.Body)
		rw.Write(body)
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	var codes []int
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, _ textproto.MIMEHeader) error { codes = append(codes, code); return nil },
	})
	req, _ := http.NewRequestWithContext(ctx, "POST", "http://"+l.Address+"/", strings.NewReader("body"))
	req.Header.Set("Expect", "100-continue")
	c := client(t)
	c.Transport.(*http.Transport).ExpectContinueTimeout = time.Minute
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if string(body) != "body" || fmt.Sprint(codes) != "[100 103]" && fmt.Sprint(codes) != "[103]" {
		t.Fatalf("body %q, interim codes %v", body, codes)
	}
}

func TestHTTP10Clients(t *testing.T) {
	w := newWorld(t)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		io.WriteString(rw, "one")
		rw.(http.Flusher).Flush() // chunked to us
		io.WriteString(rw, "two")
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	got := raw(t, l.Address, "GET / HTTP/1.0\r\n\r\n", nil)
	if !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(got, "\r\n\r\nonetwo") ||
		strings.Contains(got, "chunked") || !strings.Contains(got, "Connection: close") {
		t.Fatalf("got %q", got)
	}
}

func TestPipelinedRequests(t *testing.T) {
	w := newWorld(t)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(rw, "<%s %s>", r.URL.Path, body)
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	w.publish()
	w.awaitState(target, "healthy")
	got := raw(t, l.Address, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"+
		"POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"+
		"POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n"+
		"GET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", nil)
	for _, want := range []string{"</1 >", "</2 abc>", "</3 xyz>", "</4 >"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %q", want, got)
		}
	}
}

func TestStatusesOfTheLoadBalancer(t *testing.T) {
	w := newWorld(t)
	closer := rawTarget(t, func(c net.Conn) { c.Close() })
	garbage := rawTarget(t, func(c net.Conn) { io.WriteString(c, "SMTP ready\r\n\r\n"); c.Close() })
	w.group("closer", closer).Check.Enabled = false
	w.group("garbage", garbage).Check.Enabled = false
	w.group("refused", freeAddress(t)).Check.Enabled = false
	w.group("empty")
	w.group("h2", closer).Version = "HTTP2"
	for _, c := range []struct {
		group  string
		status int
	}{{"closer", 502}, {"garbage", 502}, {"refused", 502}, {"empty", 503}, {"h2", 464}} {
		w.listener(one(c.group))
	}
	zero := w.listener(route.Weighted{Group: "closer", Weight: 0})
	w.publish()
	want := []int{502, 502, 502, 503, 464}
	for i, status := range want {
		resp, err := client(t).Get("http://" + w.table.Listeners[i].Address + "/")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != status || resp.Header.Get("Server") != "awselb/2.0" || string(body) != elbPage(status) {
			t.Errorf("listener %d: got %d %q, want %d", i, resp.StatusCode, body, status)
		}
	}
	if status, _ := fetch(t, client(t), "http://"+zero.Address+"/"); status != 503 {
		t.Errorf("all weights 0: got %d, want 503", status)
	}
}

// rawTarget is a target that does what serve does with each connection, after
// the request's head has come.
func rawTarget(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				r := bufio.NewReader(c)
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						c.Close()
						return
					}
					if line == "\r\n" {
						break
					}
				}
				serve(c)
			}()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}
