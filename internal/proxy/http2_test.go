package proxy

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/internal/route"
)

// secure makes a listener HTTPS with HTTP/2.
func secure(l *route.Listener) {
	l.Protocol, l.Attributes.HTTP2 = "HTTPS", true
}

// h2client trusts everybody and speaks HTTP/2 if it can.
func h2client(t testing.TB, name string) *http.Client {
	tr := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: name}}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

// h2app is a target that speaks HTTP/2 with prior knowledge.
func h2app(t testing.TB, handler http.HandlerFunc) string {
	s := httptest.NewUnstartedServer(handler)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestHTTP2ToHTTP1(t *testing.T) {
	w := newWorld(t)
	seen := make(chan *http.Request, 10)
	target := app(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		seen <- r
		rw.Header().Set("Trailer", "X-Sum")
		fmt.Fprintf(rw, "%d", len(body))
		rw.Header().Set("X-Sum", "sum")
	})
	w.group("tg", target)
	l := w.listener(one("tg"))
	secure(l)
	l.Attributes.TLSHeaders = true
	w.publish()
	w.awaitState(target, "healthy")
	c := h2client(t, "localhost")
	for _, size := range []int{0, 10, 1 << 20} {
		resp, err := c.Post("https://"+l.Address+"/a%2Fb?x=%20", "text/plain", strings.NewReader(strings.Repeat("x", size)))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.ProtoMajor != 2 || string(body) != fmt.Sprint(size) || resp.Trailer.Get("X-Sum") != "sum" {
			t.Fatalf("got %s %q %v %v", resp.Proto, body, resp.Trailer, err)
		}
		r := <-seen
		if r.RequestURI != "/a%2Fb?x=%20" || r.Host != l.Address || r.Header.Get("X-Forwarded-Proto") != "https" ||
			r.Header.Get("X-Amzn-Tls-Version") != "TLSv1.3" || r.ProtoMajor != 1 {
			t.Errorf("target saw %q %q %v", r.RequestURI, r.Host, r.Header)
		}
	}
}

func TestHTTPSWithHTTP1(t *testing.T) {
	w := newWorld(t)
	target := app(t, says("plain"))
	w.group("tg", target)
	l := w.listener(one("tg"))
	l.Protocol = "HTTPS"
	w.publish()
	w.awaitState(target, "healthy")
	resp, err := h2client(t, "localhost").Get("https://" + l.Address + "/")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.ProtoMajor != 1 || string(body) != "plain" {
		t.Errorf("got %s %q", resp.Proto, body)
	}
}

func TestGRPC(t *testing.T) {
	w := newWorld(t)
	target := h2app(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/grpc")
		if r.URL.Path == "/AWS.ALB/healthcheck" {
			rw.Header().Set("Grpc-Status", "12")
			return
		}
		buf := make([]byte, 5)
		for { // echo each message while the request is still open
			n, err := io.ReadFull(r.Body, buf)
			rw.Write(buf[:n])
			rw.(http.Flusher).Flush()
			if err != nil {
				break
			}
		}
		rw.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
	})
	g := w.group("tg", target)
	g.Version, g.Check.GRPC, g.Check.Matcher, g.Check.Path = "GRPC", true, "12", "/AWS.ALB/healthcheck"
	l := w.listener(one("tg"))
	secure(l)
	w.group("none").Version = "GRPC"
	empty := w.listener(one("none"))
	secure(empty)
	w.publish()
	w.awaitState(target, "healthy")
	c := h2client(t, "localhost")
	in, out := io.Pipe()
	req, _ := http.NewRequestWithContext(context.Background(), "POST", "https://"+l.Address+"/pkg.Service/Method", in)
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("TE", "trailers")
	go out.Write([]byte("11111"))
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 5)
	for _, msg := range []string{"11111", "22222", "33333"} {
		if msg != "11111" {
			out.Write([]byte(msg))
		}
		if _, err := io.ReadFull(resp.Body, buf); err != nil || string(buf) != msg {
			t.Fatalf("got %q, %v", buf, err)
		}
	}
	out.Close()
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	if resp.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("trailers %v", resp.Trailer)
	}
	if resp, err := c.Get("https://" + l.Address + "/"); err != nil || resp.StatusCode != 464 {
		t.Errorf("GET to a GRPC group: %v %v", resp.StatusCode, err)
	}
	req, _ = http.NewRequest("POST", "https://"+empty.Address+"/pkg.Service/Method", bytes.NewReader(nil))
	req.Header.Set("Content-Type", "application/grpc")
	resp, err = c.Do(req)
	if err != nil || resp.StatusCode != 200 || resp.Header.Get("Grpc-Status") != "14" {
		t.Errorf("503 for gRPC: %v, %v", resp, err)
	}
}

func TestCertificateBySNI(t *testing.T) {
	w := newWorld(t)
	w.group("tg").Check.Enabled = false
	l := w.listener(one("tg"))
	secure(l)
	for _, name := range []string{"a.example.com", "b.example.com"} {
		cert, key := certificate(t, name)
		w.table.Certs[name] = route.Certificate{Chain: cert, Key: key}
		l.Certs = append(l.Certs, name)
	}
	bad := w.listener(one("tg"))
	bad.Protocol, bad.Certs = "HTTPS", []string{"missing"}
	w.publish()
	for name, want := range map[string]string{"a.example.com": "a.example.com", "b.example.com": "b.example.com", "c.example.com": "a.example.com"} {
		conn, err := tls.Dial("tcp", l.Address, &tls.Config{InsecureSkipVerify: true, ServerName: name})
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.ConnectionState().PeerCertificates[0].DNSNames[0]; got != want {
			t.Errorf("%s: got certificate of %s, want %s", name, got, want)
		}
		conn.Close()
	}
}

func certificate(t testing.TB, name string) (chain, key []byte) {
	t.Helper()
	cert, err := selfSign(name)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
