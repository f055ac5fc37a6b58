package registry_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/image/registry"
)

func TestWhoGetsIn(t *testing.T) {
	now := time.Now()
	f := start(t, registry.Options{
		Now:        func() time.Time { return now },
		LocalHosts: func(h string) bool { return h == "builder:4566" },
	})
	good, _ := f.Token(arn.Scope{Account: "111111111111", Region: "eu-west-1"})
	for what, c := range map[string]struct {
		peer, host, user, password string
		header                     [2]string
		status                     int
	}{
		"loopback":                     {peer: "127.0.0.1:1", host: "127.0.0.1:4566", status: 200},
		"loopback v6":                  {peer: "[::1]:1", host: "[::1]:4566", status: 200},
		"localhost":                    {peer: "127.0.0.1:1", host: "localhost:4566", status: 200},
		"own name":                     {peer: "127.0.0.1:1", host: "builder:4566", status: 200},
		"ECR host from here":           {peer: "127.0.0.1:1", host: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", status: 200},
		"rebound name":                 {peer: "127.0.0.1:1", host: "evil.example:4566", status: 401},
		"page of another site":         {peer: "127.0.0.1:1", host: "127.0.0.1:4566", header: [2]string{"Sec-Fetch-Site", "cross-site"}, status: 401},
		"another machine":              {peer: "10.0.0.7:1", host: "10.0.0.1:4566", status: 401},
		"another machine, good token":  {peer: "10.0.0.7:1", host: "10.0.0.1:4566", user: "AWS", password: good, status: 200},
		"another machine, bad token":   {peer: "10.0.0.7:1", host: "10.0.0.1:4566", user: "AWS", password: "x.y", status: 401},
		"bad token from here":          {peer: "127.0.0.1:1", host: "127.0.0.1:4566", user: "AWS", password: good + "x", status: 401},
		"wrong user":                   {peer: "127.0.0.1:1", host: "127.0.0.1:4566", user: "root", password: good, status: 401},
		"bearer":                       {peer: "127.0.0.1:1", host: "127.0.0.1:4566", header: [2]string{"Authorization", "Bearer x"}, status: 401},
		"token for another registry":   {peer: "10.0.0.7:1", host: "222222222222.dkr.ecr.eu-west-1.amazonaws.com", user: "AWS", password: good, status: 403},
		"token as a layer's URL token": {peer: "10.0.0.7:1", host: "10.0.0.1:4566?token=" + good, status: 403},
	} {
		host, query, _ := strings.Cut(c.host, "?")
		req := httptest.NewRequest("GET", "/v2/?"+query, nil)
		req.RemoteAddr, req.Host = c.peer, host
		if c.user != "" {
			req.SetBasicAuth(c.user, c.password)
		}
		if c.header[0] != "" {
			req.Header.Set(c.header[0], c.header[1])
		}
		w := httptest.NewRecorder()
		f.ServeHTTP(w, req)
		if w.Code != c.status {
			t.Errorf("%s: %d %s, want %d", what, w.Code, w.Body, c.status)
		}
		if w.Code == 401 && !strings.HasSuffix(w.Header().Get("WWW-Authenticate"), `/",service="ecr.amazonaws.com"`) {
			t.Errorf("%s: challenge %q", what, w.Header().Get("WWW-Authenticate"))
		}
	}
	now = now.Add(13 * time.Hour)
	req := httptest.NewRequest("GET", "/v2/", nil)
	req.SetBasicAuth("AWS", good)
	w := httptest.NewRecorder()
	f.ServeHTTP(w, req)
	if w.Code != 403 || !strings.Contains(w.Body.String(), "Your authorization token has expired. Reauthenticate and try again.") {
		t.Errorf("expired: %d %s", w.Code, w.Body)
	}
}

// TestCreateOnPush: only clients on this machine that did not log in.
func TestCreateOnPush(t *testing.T) {
	f := start(t, registry.Options{})
	token, _ := f.Token(f.Default())
	push := func(f *fixture, user bool) (int, string) {
		req := httptest.NewRequest("POST", "/v2/fresh/blobs/uploads/", nil)
		req.RemoteAddr, req.Host = "127.0.0.1:1", "127.0.0.1:4566"
		if user {
			req.SetBasicAuth("AWS", token)
		}
		w := httptest.NewRecorder()
		f.ServeHTTP(w, req)
		return w.Code, w.Body.String()
	}
	if code, body := push(f, true); code != 404 || !strings.Contains(body, "The repository with name 'fresh' does not exist in the registry with id '000000000000'") {
		t.Errorf("with a token: %d %s", code, body)
	}
	if code, body := push(f, false); code != 202 {
		t.Errorf("without: %d %s", code, body)
	}
	strict := start(t, registry.Options{NoCreateOnPush: true})
	if code, body := push(strict, false); code != 404 {
		t.Errorf("NoCreateOnPush: %d %s", code, body)
	}
}

func TestFind(t *testing.T) {
	f := start(t, registry.Options{})
	other := arn.Scope{Account: "111111111111", Region: "eu-west-1"}
	third := arn.Scope{Account: "222222222222", Region: "us-east-1"}
	for _, c := range []struct {
		scope arn.Scope
		name  string
	}{{f.Default(), "both"}, {other, "both"}, {other, "only"}, {other, "two"}, {third, "two"}} {
		if err := f.CreateRepository(c.scope, registry.Repository{Name: c.name}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		ask  arn.Scope
		name string
		want arn.Scope
		ok   bool
	}{
		{other, "both", other, true},
		{third, "both", f.Default(), true},
		{f.Default(), "only", other, true},
		{f.Default(), "two", f.Default(), false},
		{third, "two", third, true},
		{f.Default(), "none", f.Default(), false},
	} {
		if got, ok := f.Find(c.ask, c.name); got != c.want || ok != c.ok {
			t.Errorf("Find(%v, %s) = %v %v, want %v %v", c.ask, c.name, got, ok, c.want, c.ok)
		}
	}
}

func FuzzParseHost(f *testing.F) {
	f.Add("123456789.dkr.ecr.us-east-1.amazonaws.com:443")
	f.Add("[::1]:4566")
	f.Fuzz(func(t *testing.T, host string) {
		s, ok := registry.ParseHost(host)
		if ok && (strings.ContainsAny(s.Account, "/@:") || strings.ContainsAny(s.Region, "/@:.") || s.Account == "") {
			t.Errorf("%q: %+v", host, s)
		}
	})
}
