package blackbox

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/grue-ecs/grue/test/harness"
)

const listClusters = "AmazonEC2ContainerServiceV20141113.ListClusters"

// sign puts a signature of header form on a request.
func sign(t *testing.T, req *http.Request, body []byte, key, secret, service string, at time.Time) {
	t.Helper()
	who := aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(context.Background(), who, req, hash(body), service, "us-east-1", at); err != nil {
		t.Fatal(err)
	}
}

func hash(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// post is an unsigned ListClusters.
func post(t *testing.T, g *harness.Grue, body []byte) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, g.URL()+"/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", listClusters)
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	return req
}

func answer(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	resp, err := (&http.Client{Timeout: 3 * time.Minute}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// TestWhoMayIn: only a right, fresh signature of exactly this request.
func TestWhoMayIn(t *testing.T) {
	g := grueFor(t, "--runtime", "fake")
	body := []byte(`{}`)
	now := time.Now()
	presigned := func(t *testing.T, at time.Time, life string) *http.Request {
		req, _ := http.NewRequest(http.MethodGet, g.URL()+"/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires="+life, http.NoBody)
		who := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
		where, _, err := v4.NewSigner().PresignHTTP(context.Background(), who, req, hash(nil), "sts", "us-east-1", at)
		if err != nil {
			t.Fatal(err)
		}
		req, _ = http.NewRequest(http.MethodGet, where, http.NoBody)
		return req
	}
	signed := func(key, secret string, at time.Time) func(*testing.T) *http.Request {
		return func(t *testing.T) *http.Request {
			req := post(t, g, body)
			sign(t, req, body, key, secret, "ecs", at)
			return req
		}
	}
	changed := func(change func(*http.Request)) func(*testing.T) *http.Request {
		return func(t *testing.T) *http.Request {
			req := signed("test", "test", now)(t)
			change(req)
			return req
		}
	}
	for _, c := range []struct {
		name   string
		req    func(*testing.T) *http.Request
		status int
		says   string
	}{
		{"right", signed("test", "test", now), 200, "clusterArns"},
		{"unsigned", func(t *testing.T) *http.Request { return post(t, g, body) }, 400, "MissingAuthenticationToken"},
		{"wrong secret", signed("test", "tset", now), 400, "InvalidSignatureException"},
		{"unknown key", signed("AKIAIOSFODNN7EXAMPLE", "test", now), 400, "UnrecognizedClientException"},
		{"old", signed("test", "test", now.Add(-6*time.Minute)), 400, "expired"},
		{"of the future", signed("test", "test", now.Add(6*time.Minute)), 400, "not yet current"},
		{"other body", changed(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`[]`)) }), 400, "InvalidSignatureException"},
		{"other operation", changed(func(r *http.Request) {
			r.Header.Set("X-Amz-Target", strings.Replace(listClusters, "List", "Delete", 1))
		}), 400, "InvalidSignatureException"},
		{"one more x-amz header", changed(func(r *http.Request) { r.Header.Set("X-Amz-Extra", "1") }), 400, "InvalidSignatureException"},
		{"other query", changed(func(r *http.Request) { r.URL.RawQuery = "a=b" }), 400, "InvalidSignatureException"},
		{"header cut", changed(func(r *http.Request) { r.Header.Set("Authorization", r.Header.Get("Authorization")[:60]) }), 400, "IncompleteSignature"},
		{"header of garbage", changed(func(r *http.Request) { r.Header.Set("Authorization", "AWS4-HMAC-SHA256 =,=,/////") }), 400, ""},
		{"presigned", func(t *testing.T) *http.Request { return presigned(t, now, "60") }, 200, "GetCallerIdentityResult"},
		{"presigned, over", func(t *testing.T) *http.Request { return presigned(t, now.Add(-2*time.Minute), "60") }, 403, "expired"},
		{"presigned for a year", func(t *testing.T) *http.Request { return presigned(t, now, "31536000") }, 403, ""},
		{"presigned, changed", func(t *testing.T) *http.Request {
			req := presigned(t, now, "60")
			req.URL.RawQuery = strings.Replace(req.URL.RawQuery, "GetCallerIdentity", "GetSessionToken", 1)
			return req
		}, 403, "SignatureDoesNotMatch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, text := answer(t, c.req(t))
			if status/100 != c.status/100 || !strings.Contains(text, c.says) {
				t.Errorf("%d %s, want %d with %q", status, text, c.status, c.says)
			}
		})
	}
}

// TestHostileBodies: each is answered with an error.
func TestHostileBodies(t *testing.T) {
	g := grueFor(t, "--runtime", "fake")
	zip := func(n int) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.CopyN(w, zeros{}, int64(n))
		w.Close()
		return b.Bytes()
	}
	for _, c := range []struct {
		name, encoding string
		body           []byte
	}{
		{"not JSON", "", []byte("<xml/>")},
		{"cut", "", []byte(`{"maxResults":`)},
		{"list", "", []byte(`[]`)},
		{"two documents", "", []byte(`{}{}`)},
		{"wrong type", "", []byte(`{"maxResults":{"a":1}}`)},
		{"huge number", "", []byte(`{"maxResults":1` + strings.Repeat("0", 100_000) + `}`)},
		{"deep", "", []byte(`{"nextToken":` + strings.Repeat(`[`, 1<<20))},
		{"deep, unknown member", "", []byte(`{"x":` + strings.Repeat(`{"x":`, 1<<20) + `1` + strings.Repeat(`}`, 1<<20) + `}`)},
		{"not UTF-8", "", []byte("{\"nextToken\":\"\xff\xfe\"}")},
		{"20 MiB", "", bytes.Repeat([]byte(" "), 20<<20)},
		{"gzip bomb", "gzip", zip(128 << 20)},
		{"not gzip", "gzip", []byte(`{}`)},
		{"unknown encoding", "br", []byte(`{}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			req := post(t, g, c.body)
			sign(t, req, c.body, "test", "test", "ecs", time.Now())
			if c.encoding != "" {
				req.Header.Set("Content-Encoding", c.encoding)
			}
			status, text := answer(t, req)
			if status < 400 || status >= 500 {
				t.Errorf("%d %.300s", status, text)
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestRawRequests: what only an attacker sends is refused, and the connection
// does not go on with what is smuggled behind.
func TestRawRequests(t *testing.T) {
	g := grueFor(t, "--runtime", "fake")
	smuggled := "GET /grue/health HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, c := range []struct{ name, head string }{
		{"two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n"},
		{"length and chunks", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked, identity\r\n\r\n"},
		{"chunked twice", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
		{"strange coding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n"},
		{"length with a sign", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n"},
		{"length in hex", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\n"},
		{"space before the colon", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n"},
		{"folded header", "POST / HTTP/1.1\r\nHost: x\r\n Transfer-Encoding: chunked\r\nX: \x00\r\n\r\n"},
		{"no host", "GET / HTTP/1.1\r\n\r\n"},
		{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
		{"header bomb", "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: "+strings.Repeat("a", 1000)+"\r\n", 300) + "\r\n"},
		{"long line", "GET /" + strings.Repeat("a", 300_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", g.Listen)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(time.Minute))
			_, _ = io.WriteString(conn, c.head+smuggled)
			text, err := io.ReadAll(conn) // the server must close
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				t.Errorf("the connection stays open after %.200q", text)
			}
			if bytes.Contains(text, []byte(`"status":"ok"`)) || bytes.Contains(text, []byte(" 200 ")) {
				t.Errorf("the smuggled request was answered: %.600q", text)
			}
		})
	}
}

// TestManyIdleConnections hold nobody up, nor do clients that trickle.
func TestManyIdleConnections(t *testing.T) {
	g := grueFor(t, "--runtime", "fake")
	for i := range 2000 {
		conn, err := net.Dial("tcp", g.Listen)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer conn.Close()
		switch i % 4 {
		case 1:
			fmt.Fprint(conn, "POST / HTTP/1.1\r\nHo")
		case 2:
			fmt.Fprint(conn, "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: "+listClusters+"\r\nContent-Length: 1000000\r\n\r\n{")
		case 3:
			fmt.Fprint(conn, "POST /v2/a/blobs/uploads/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
		}
	}
	for range 20 { // answer has a limit
		body := []byte(`{}`)
		req := post(t, g, body)
		sign(t, req, body, "test", "test", "ecs", time.Now())
		if status, text := answer(t, req); status != 200 {
			t.Fatalf("%d %s", status, text)
		}
	}
}

// TestBrowsersAndForms: a page of another site, and a form, cannot call.
func TestBrowsersAndForms(t *testing.T) {
	g := grueFor(t, "--runtime", "fake")
	for _, c := range []struct {
		name   string
		header http.Header
	}{
		{"cross-site", http.Header{"Sec-Fetch-Site": {"cross-site"}}},
		{"origin", http.Header{"Origin": {"https://example.com"}}},
		{"null origin", http.Header{"Origin": {"null"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := []byte(url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}.Encode())
			req, _ := http.NewRequest(http.MethodPost, g.URL()+"/", bytes.NewReader(body))
			req.Header = c.header
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			sign(t, req, body, "test", "test", "sts", time.Now())
			if status, text := answer(t, req); status != http.StatusForbidden {
				t.Errorf("%d %s", status, text)
			}
		})
	}
}

// health reads one answer from a raw connection.
func health(conn net.Conn) (int, error) {
	_, _ = io.WriteString(conn, "GET /grue/health HTTP/1.1\r\nHost: x\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// TestKeepAlive: a connection lives through a pause and through an upload.
func TestKeepAlive(t *testing.T) {
	g := grueFor(t, "--runtime", "fake")
	conn, err := net.Dial("tcp", g.Listen)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 3 {
		if status, err := health(conn); err != nil || status != 200 {
			t.Fatal(status, err)
		}
	}
}
