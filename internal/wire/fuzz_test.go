package wire

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// seedRequests are what boto3 sends.
func seedRequests(f *testing.F) (raw [][]byte) {
	files, err := filepath.Glob("testdata/boto3/*.http")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		raw = append(raw, b)
	}
	return raw
}

func bodyOf(raw []byte) []byte {
	_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	return body
}

// FuzzJSON: the reader and the tree agree, and whatever is accepted can be
// written, and read back the same.
func FuzzJSON(f *testing.F) {
	for _, raw := range seedRequests(f) {
		f.Add(bodyOf(raw))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var in, byTree ecs.CreateServiceInput
		err := UnmarshalJSON(data, &in, true)
		tree, treeErr := parseJSON(data)
		if treeErr == nil && tree != nil {
			treeErr = (&decoder{}).place(lowerNames.of(reflect.TypeOf(in)), tree, reflect.ValueOf(&byTree).Elem())
		}
		if (err == nil) != (treeErr == nil) && !bytes.Contains(data, []byte("null")) { // null after a value hides it from the tree only
			t.Fatalf("reader %v, tree %v", err, treeErr)
		}
		if err != nil {
			return
		}
		roundTripJSON(t, reflect.ValueOf(&in))
	})
}

// FuzzQuery: a form is refused or placed, never a crash.
func FuzzQuery(f *testing.F) {
	for _, raw := range seedRequests(f) {
		f.Add(string(bodyOf(raw)))
	}
	f.Add("a.member.1=x&a.member.99999999999999999999=y&b=&b.1=2&a..b=1&.=1")
	f.Fuzz(func(t *testing.T, form string) {
		tree, err := parseQuery(form)
		if err != nil {
			return
		}
		var in elb.CreateRuleInput
		d := decoder{form: true}
		if d.place(upperNames.of(reflect.TypeOf(in)), tree, reflect.ValueOf(&in).Elem()) != nil {
			return
		}
		roundTripJSON(t, reflect.ValueOf(&in))
	})
}

// FuzzCBOR: as FuzzJSON.
func FuzzCBOR(f *testing.F) {
	now := time.UnixMilli(1795257000250)
	e := cborEncoder{}
	seed := GetMetricDataInput{StartTime: &now, MetricDataQueries: []MetricQuery{{Id: new(string), ReturnData: new(bool)}}}
	e.structure(upperNames.of(reflect.TypeOf(seed)), reflect.ValueOf(seed))
	f.Add(e.b)
	f.Add([]byte{0xa1, 0x61, 'a', 0x9f, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		tree, err := parseCBOR(data)
		if err != nil || tree == nil {
			return
		}
		var in GetMetricDataInput
		d := decoder{}
		if d.place(upperNames.of(reflect.TypeOf(in)), tree, reflect.ValueOf(&in).Elem()) != nil {
			return
		}
		roundTripJSON(t, reflect.ValueOf(&in))
		roundTripCBOR(t, reflect.ValueOf(&in))
	})
}

// FuzzRequest sends whole requests: every one gets an answer that is not a
// failure of ours, and none that was not in the seeds passes the signature.
func FuzzRequest(f *testing.F) {
	known := map[string]bool{}
	for _, raw := range seedRequests(f) {
		f.Add(raw)
		known[string(bodyOf(raw))] = true
	}
	at := time.Now()
	if raw := seedRequests(f); len(raw) > 0 {
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw[0])))
		if err != nil {
			f.Fatal(err)
		}
		at = signedAt(f, req)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		body := string(bodyOf(raw))
		req.RemoteAddr = "127.0.0.1:1"
		rec := &recorder{}
		w := httptest.NewRecorder()
		newTestRegistry(rec, at).ServeHTTP(w, req)
		if w.Code >= 500 {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
		unsigned := strings.Contains(req.Header.Get("X-Amz-Content-Sha256"), "UNSIGNED")
		if rec.got != nil && !unsigned && !known[body] && len(req.TransferEncoding) == 0 && req.ContentLength == int64(len(body)) {
			t.Errorf("a forged request passed: %q", raw)
		}
	})
}

// FuzzSignature: what is signed is refused or complete, never a crash.
func FuzzSignature(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature="+strings.Repeat("0", 64), "20150830T123600Z", "a=1&b=2")
	f.Add("AWS4-HMAC-SHA256 Credential=////aws4_request,SignedHeaders=;,Signature=", "", "X-Amz-Signature=&X-Amz-Expires=1")
	f.Fuzz(func(t *testing.T, auth, date, query string) {
		req := httptest.NewRequest("GET", "http://localhost/", nil)
		req.URL.RawQuery = query
		if auth != "" {
			req.Header.Set("Authorization", auth)
		}
		req.Header.Set("X-Amz-Date", date)
		s, err := parseSignature(req)
		if err != nil || s == nil {
			return
		}
		if s.accessKey == "" || !isRegion(s.region) || s.service == "" || len(s.hex) != 64 || s.at.IsZero() {
			t.Errorf("incomplete: %+v", s)
		}
		if err := new(keyring).verify(req, nil, s, "secret", s.at); err == nil {
			t.Errorf("verified: %q", auth)
		}
	})
}

// FuzzTokens: tokens are opaque, so strangers may send any.
func FuzzTokens(f *testing.F) {
	f.Add("")
	f.Add(*sealToken("n", "3"))
	f.Add(*sealToken("n", "-3"))
	f.Fuzz(func(t *testing.T, token string) {
		items := []string{"a", "b", "c", "d", "e"}
		_, _, _ = Page(items, &token, 2, 2, 2)
		_, _, _ = PageBy(items, func(s string) string { return s }, &token, 2, 2, 2)
	})
}
