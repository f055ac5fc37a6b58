package wire

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestGuard: a route of grue's own is for callers that sign, and for programs on
// this machine.
func TestGuard(t *testing.T) {
	r := NewRegistry(Options{LoopbackDevKey: true, Authenticate: func(key string) (string, Caller, bool) {
		return "secret", Caller{Account: "111111111111", ARN: "arn:aws:iam::111111111111:user/ann"}, key == "AKIA"
	}})
	h := r.Guard("ecs", http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		c, d := CallerFrom(req.Context()), DecisionOf(req.Context())
		_, _ = io.WriteString(w, strings.Join([]string{c.Account, c.Region, c.ARN, d.From, d.Reason, string(body)}, "|"))
	}))
	const far, near = "192.0.2.9:5000", "127.0.0.1:5000"
	for _, c := range []struct {
		name, peer, host string
		key, secret      string
		service, body    string
		headers          map[string]string
		want             string // "" = refused
		status           int
	}{
		{name: "here, unsigned", peer: near, want: "000000000000|us-east-1|arn:aws:iam::000000000000:root|api 127.0.0.1||"},
		{name: "here, another region", peer: near, host: "localhost:4566/?region=eu-west-1", want: "000000000000|eu-west-1|arn:aws:iam::000000000000:root|api 127.0.0.1||"},
		{name: "here, by another name", peer: near, host: "rebound.example:4566", status: 403},
		{name: "here, through a proxy", peer: near, headers: map[string]string{"X-Forwarded-For": "192.0.2.1"}, status: 403},
		{name: "here, for a page", peer: near, headers: map[string]string{"Origin": "https://evil.example"}, status: 403},
		{name: "here, development key", peer: near, key: "test", secret: "test", want: "000000000000|eu-west-1|arn:aws:iam::000000000000:root|api 127.0.0.1||"},
		{name: "far, unsigned", peer: far, status: 403},
		{name: "far, development key", peer: far, key: "test", secret: "test", status: 403},
		{
			name: "far, signed", peer: far, key: "AKIA", secret: "secret", body: "hello", headers: map[string]string{HeaderReason: "a%20b", HeaderFrom: "cli"},
			want: "111111111111|eu-west-1|arn:aws:iam::111111111111:user/ann|cli 192.0.2.9|a b|hello",
		},
		{name: "far, signed wrongly", peer: far, key: "AKIA", secret: "guess", status: 403},
		{name: "far, unknown key", peer: far, key: "AKIB", secret: "secret", status: 403},
		{name: "far, signed for another service", peer: far, key: "AKIA", secret: "secret", service: "sqs", status: 403},
		{name: "bad reason", peer: near, headers: map[string]string{HeaderReason: "100%"}, status: 400},
		{name: "too large", peer: near, body: strings.Repeat("x", maxGuarded+1), status: 413},
	} {
		t.Run(c.name, func(t *testing.T) {
			host := c.host
			if host == "" {
				host = "localhost:4566/"
			}
			req := httptest.NewRequest(http.MethodPost, "http://"+host, strings.NewReader(c.body))
			for name, v := range c.headers {
				req.Header.Set(name, v)
			}
			if c.key != "" {
				service := c.service
				if service == "" {
					service = "ecs"
				}
				key := aws.Credentials{AccessKeyID: c.key, SecretAccessKey: c.secret}
				if err := v4.NewSigner().SignHTTP(context.Background(), key, req, hashOf(c.body), service, "eu-west-1", time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			req.RemoteAddr = c.peer
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			if c.want != "" && (w.Code != 200 || w.Body.String() != c.want) || c.want == "" && w.Code != c.status {
				t.Errorf("%d %.200s", w.Code, w.Body)
			}
		})
	}
}
