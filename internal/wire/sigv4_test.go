package wire

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

var signTime = time.Date(2026, 11, 21, 10, 30, 0, 0, time.UTC)

var signKeys = aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// signed is a request signed by the SDK, as a server receives it.
func signed(t testing.TB, method, target, body string, headers map[string]string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	hash := hashOf(body)
	if h := req.Header.Get("X-Amz-Content-Sha256"); h != "" {
		hash = h
	}
	if err := v4.NewSigner().SignHTTP(context.Background(), signKeys, req, hash, "ecs", "eu-west-1", signTime); err != nil {
		t.Fatal(err)
	}
	req.Host = req.URL.Host
	return req
}

func verifyAt(req *http.Request, body string, now time.Time) *authError {
	s, err := parseSignature(req)
	if err != nil {
		return err
	}
	if s == nil {
		return errUnsigned
	}
	return new(keyring).verify(req, []byte(body), s, signKeys.SecretAccessKey, now)
}

func TestVerifyAcceptsTheSDK(t *testing.T) {
	tests := []struct {
		name, method, target, body string
		headers                    map[string]string
	}{
		{"plain", "POST", "http://localhost:4566/", "{}", map[string]string{"X-Amz-Target": "A.B", "Content-Type": "application/x-amz-json-1.1"}},
		{"default port", "POST", "http://localhost/", "", nil},
		{"spaces in headers", "POST", "http://localhost/", "x", map[string]string{"X-Amz-Meta": "  a   b  "}},
		{"query", "GET", "http://localhost/?b=2&a=1&a=0&empty=&Action=X%20Y%2F~*", "", nil},
		{"path", "GET", "http://localhost/2015-03-31/functions/arn%3Aaws%3Alambda%3Ax/a%20b", "", nil},
		{"unicode path", "GET", "http://localhost/%C3%A9/", "", nil},
		{"unsigned payload", "POST", "http://localhost/", "anything", map[string]string{"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}},
		{"declared payload", "POST", "http://localhost/", "{}", map[string]string{"X-Amz-Content-Sha256": hashOf("{}")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := signed(t, tt.method, tt.target, tt.body, tt.headers)
			for _, skew := range []time.Duration{0, -maxSkew, maxSkew} {
				if err := verifyAt(req, tt.body, signTime.Add(skew)); err != nil {
					t.Errorf("%v: %s", skew, err.message)
				}
			}
		})
	}
}

// TestVerifyKnownSignature is the worked example of AWS's documentation
// (get-vanilla of its test suite).
func TestVerifyKnownSignature(t *testing.T) {
	req, err := http.NewRequest("GET", "https://example.amazonaws.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Date", "20150830T123600Z")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, "+
		"Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
	if err := verifyAt(req, "", time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)); err != nil {
		t.Error(err.message)
	}
}

func TestVerifyRefuses(t *testing.T) {
	const body = `{"cluster":"prod"}`
	resign := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	tests := []struct {
		name   string
		change func(*http.Request)
		body   string
		now    time.Time
		kind   authKind
	}{
		{"another body", func(*http.Request) {}, `{"cluster":"test"}`, signTime, authSignature},
		{"another target", func(r *http.Request) { r.Header.Set("X-Amz-Target", "A.Delete") }, body, signTime, authSignature},
		{"another host", func(r *http.Request) { r.Host = "other" }, body, signTime, authSignature},
		{"another path", func(r *http.Request) { r.URL.Path = "/x" }, body, signTime, authSignature},
		{"another query", func(r *http.Request) { r.URL.RawQuery = "a=2" }, body, signTime, authSignature},
		{"another method", func(r *http.Request) { r.Method = "GET" }, body, signTime, authSignature},
		{"an unsigned x-amz- header", func(r *http.Request) { r.Header.Set("X-Amz-New", "1") }, body, signTime, authSignature},
		{"another region", resign("eu-west-1", "us-east-1"), body, signTime, authSignature},
		{"another service", resign("/ecs/", "/iam/"), body, signTime, authSignature},
		{"another day", resign("/20261121/", "/20261120/"), body, signTime, authSignature},
		{"host not signed", resign("host;", ""), body, signTime, authSignature},
		{"too old", func(*http.Request) {}, body, signTime.Add(maxSkew + time.Second), authExpired},
		{"too new", func(*http.Request) {}, body, signTime.Add(-maxSkew - time.Second), authExpired},
		{"another algorithm", resign("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), body, signTime, authIncomplete},
		{"no credential", resign("Credential=", "X="), body, signTime, authIncomplete},
		{"short signature", resign("Signature=", "Signature=0"), body, signTime, authIncomplete},
		{"no date", func(r *http.Request) { r.Header.Del("X-Amz-Date") }, body, signTime, authIncomplete},
		{"broken region", resign("eu-west-1", "eu west"), body, signTime, authIncomplete},
		{"basic", func(r *http.Request) { r.SetBasicAuth("a", "b") }, body, signTime, authIncomplete},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			req := signed(t, "POST", "http://localhost:4566/?a=1", body, map[string]string{"X-Amz-Target": "A.B"})
			tt.change(req)
			err := verifyAt(req, tt.body, tt.now)
			if err == nil || err.kind != tt.kind {
				t.Errorf("got %+v, want kind %d", err, tt.kind)
			}
		})
	}
}

func TestPresigned(t *testing.T) {
	req, err := http.NewRequest("GET", "http://localhost:4566/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Expires=60", nil)
	if err != nil {
		t.Fatal(err)
	}
	link, _, err := v4.NewSigner().PresignHTTP(context.Background(), signKeys, req, hashOf(""), "sts", "us-east-1", signTime)
	if err != nil {
		t.Fatal(err)
	}
	open := func(link string) *http.Request {
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Request{Method: "GET", URL: u, Host: u.Host, Header: http.Header{}}
	}
	if err := verifyAt(open(link), "", signTime.Add(59*time.Second)); err != nil {
		t.Error(err.message)
	}
	if err := verifyAt(open(link), "", signTime.Add(61*time.Second)); err == nil || err.kind != authExpired {
		t.Errorf("expired link: %+v", err)
	}
	if err := verifyAt(open(strings.Replace(link, "GetCallerIdentity", "AssumeRole", 1)), "", signTime); err == nil || err.kind != authSignature {
		t.Errorf("changed link: %+v", err)
	}
	for _, expires := range []string{"-1", "604801", "soon"} {
		if err := verifyAt(open(strings.Replace(link, "X-Amz-Expires=60", "X-Amz-Expires="+expires, 1)), "", signTime); err == nil || err.kind != authIncomplete {
			t.Errorf("life of %s: %+v", expires, err)
		}
	}
}

func TestKeyringIsBounded(t *testing.T) {
	var k keyring
	for i := range 3 * maxKeys {
		k.signing("secret", &signature{date: "20261121", region: string(rune(i)), service: "ecs"})
	}
	if len(k.keys) > maxKeys {
		t.Errorf("%d keys are kept", len(k.keys))
	}
}

func TestFromHere(t *testing.T) {
	tests := []struct {
		peer    string
		headers map[string]string
		want    bool
	}{
		{"127.0.0.1:1", nil, true},
		{"127.8.0.1:1", nil, true},
		{"[::1]:1", nil, true},
		{"[::ffff:127.0.0.1]:1", nil, true},
		{"10.0.0.1:1", nil, false},
		{"", nil, false},
		{"@", nil, false},
		{"127.0.0.1:1", map[string]string{"X-Forwarded-For": "8.8.8.8"}, false},
		{"127.0.0.1:1", map[string]string{"Forwarded": "for=8.8.8.8"}, false},
		{"127.0.0.1:1", map[string]string{"Origin": "https://evil.example"}, false},
		{"127.0.0.1:1", map[string]string{"Origin": "null"}, false},
		{"127.0.0.1:1", map[string]string{"Origin": "http://localhost:4566"}, true},
		{"127.0.0.1:1", map[string]string{"Origin": "http://grue.localhost"}, true},
		{"127.0.0.1:1", map[string]string{"Origin": "http://[::1]:4566"}, true},
		{"127.0.0.1:1", map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		{"127.0.0.1:1", map[string]string{"Sec-Fetch-Site": "same-origin"}, true},
		{"127.0.0.1:1", map[string]string{"Host": "rebound.example"}, false},
		{"127.0.0.1:1", map[string]string{"Host": "[::1]:4566"}, true},
		{"127.0.0.1:1", map[string]string{"Host": "rebound.example", "Path": "/2015-03-31/functions"}, false},
	}
	for _, tt := range tests {
		req := &http.Request{Method: "GET", Host: "localhost:4566", URL: &url.URL{RawQuery: "Action=CreateUser"}, RemoteAddr: tt.peer, Header: http.Header{}}
		if host := tt.headers["Host"]; host != "" {
			req.Host = host
		}
		if path := tt.headers["Path"]; path != "" {
			req.URL = &url.URL{Path: path}
		}
		for k, v := range tt.headers {
			req.Header.Set(k, v)
		}
		if got := fromHere(req); got != tt.want {
			t.Errorf("%s %v: %v", tt.peer, tt.headers, got)
		}
	}
}
