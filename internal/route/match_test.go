package route

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

func TestWildcards(t *testing.T) {
	for _, c := range []struct {
		pattern, s   string
		fold, escape bool
		want         bool
	}{
		{"/api/*", "/api/", false, false, true},
		{"/api/*", "/api/a/b", false, false, true},
		{"/api/*", "/api", false, false, false},
		{"/api/*", "/API/x", false, false, false},
		{"/api/*", "x/api/x", false, false, false},
		{"/img?.png", "/img1.png", false, false, true},
		{"/img?.png", "/img.png", false, false, false},
		{"/img?.png", "/img12.png", false, false, false},
		{"*.png", "/a/b.png", false, false, true},
		{"/a*b*c", "/axxbyyc", false, false, true},
		{"/a*b*c", "/axxbyycd", false, false, false},
		{"*", "", false, false, true},
		{"", "", false, false, true},
		{"", "a", false, false, false},
		{"**", "abc", false, false, true},
		{"*?", "", false, false, false},
		{"a.c", "abc", false, false, false},
		{"*.Example.com", "A.EXAMPLE.com", true, false, true},
		{"*.example.com", "example.com", true, false, false},
		{`a\*b`, "a*b", true, true, true},
		{`a\*b`, "axb", true, true, false},
		{`a\?`, "a?", true, true, true},
		{`a\\`, `a\`, true, true, true},
		{`a\*b`, `a\xxb`, true, false, true},
	} {
		w := compileWildcard(c.pattern, c.fold, c.escape)
		if got := w.match(c.s); got != c.want {
			t.Errorf("%q against %q (fold %v, escape %v): got %v", c.pattern, c.s, c.fold, c.escape, got)
		}
	}
}

func TestConditions(t *testing.T) {
	header := func(name string, values ...string) HeaderMap { return HeaderMap{name: values} }
	for _, c := range []struct {
		name string
		cond Condition
		req  Request
		want bool
	}{
		{"path is case-sensitive", Condition{Field: "path-pattern", Values: []string{"/A"}}, Request{Path: "/a"}, false},
		{"path any value", Condition{Field: "path-pattern", Values: []string{"/x", "/a"}}, Request{Path: "/a"}, true},
		{"path regex is a search", Condition{Field: "path-pattern", Regex: []string{"v[12]"}}, Request{Path: "/api/v2/x"}, true},
		{"path regex anchored", Condition{Field: "path-pattern", Regex: []string{"^/v[12]$"}}, Request{Path: "/api/v2"}, false},
		{"path without controls", Condition{Field: "path-pattern", Values: []string{"/ab"}}, Request{Path: "/a\x01b"}, true},
		{"host ignores case and port", Condition{Field: "host-header", Values: []string{"app.Example.com"}}, Request{Host: "APP.example.COM:8080"}, true},
		{"host other", Condition{Field: "host-header", Values: []string{"app.example.com"}}, Request{Host: "example.com"}, false},
		{"host IPv6", Condition{Field: "host-header", Values: []string{"[::1]"}}, Request{Host: "[::1]:80"}, true},
		{"host regex ignores case", Condition{Field: "host-header", Regex: []string{"^A\\."}}, Request{Host: "a.b"}, true},
		{"header any occurrence", Condition{Field: "http-header", Header: "X-Test", Values: []string{"b*"}}, Request{Headers: header("x-test", "A", "Blue")}, true},
		{"header absent", Condition{Field: "http-header", Header: "X-Test", Values: []string{"*"}}, Request{Headers: header("x-other", "A")}, false},
		{"method with case", Condition{Field: "http-request-method", Values: []string{"get"}}, Request{Method: "GET"}, false},
		{"method", Condition{Field: "http-request-method", Values: []string{"PUT", "GET"}}, Request{Method: "GET"}, true},
		{"query pair", Condition{Field: "query-string", Query: []KeyValue{{"Version", "V1"}}}, Request{Query: "a=b&version=v1"}, true},
		{"query wrong value", Condition{Field: "query-string", Query: []KeyValue{{"version", "v1"}}}, Request{Query: "version=v11"}, false},
		{"query any key", Condition{Field: "query-string", Query: []KeyValue{{"", "*example*"}}}, Request{Query: "u=anexample1"}, true},
		{"query any key bare word", Condition{Field: "query-string", Query: []KeyValue{{"", "debug"}}}, Request{Query: "debug"}, true},
		{"query key wildcard", Condition{Field: "query-string", Query: []KeyValue{{"k?", "1"}}}, Request{Query: "k9=1"}, true},
		{"query escaped star", Condition{Field: "query-string", Query: []KeyValue{{"a", `\*`}}}, Request{Query: "a=b"}, false},
		{"query undecoded", Condition{Field: "query-string", Query: []KeyValue{{"a", "b c"}}}, Request{Query: "a=b%20c"}, false},
		{"query ends at #", Condition{Field: "query-string", Query: []KeyValue{{"a", "1"}}}, Request{Query: "b=2#&a=1"}, false},
		{"query empty", Condition{Field: "query-string", Query: []KeyValue{{"", "*"}}}, Request{}, false},
		{"source", Condition{Field: "source-ip", Values: []string{"10.0.0.0/8"}}, Request{Source: netip.MustParseAddr("10.9.8.7")}, true},
		{"source mapped", Condition{Field: "source-ip", Values: []string{"10.0.0.0/8"}}, Request{Source: netip.MustParseAddr("::ffff:10.9.8.7")}, true},
		{"source v6", Condition{Field: "source-ip", Values: []string{"2001:db8::/32"}}, Request{Source: netip.MustParseAddr("2001:db8::1")}, true},
		{"source other", Condition{Field: "source-ip", Values: []string{"10.0.0.0/8"}}, Request{Source: netip.MustParseAddr("11.0.0.1")}, false},
	} {
		cond, err := compileCondition(&c.cond)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := cond.match(&c.req); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	fixed := Action{Fixed: &Fixed{Status: 200}}
	table := func(rules ...Rule) *Table { return &Table{Listeners: []Listener{{ARN: "l", Rules: rules}}} }
	for name, tab := range map[string]*Table{
		"no rules":        table(),
		"no default":      table(Rule{Priority: 1, Conditions: []Condition{{Field: "path-pattern", Values: []string{"/"}}}, Action: fixed}),
		"no action":       table(Rule{}),
		"two actions":     table(Rule{Action: Action{Fixed: &Fixed{}, Redirect: &Redirect{}}}),
		"unknown group":   table(Rule{Action: Action{Forward: &Forward{Groups: []Weighted{{"x", 1}}}}}),
		"bad regex":       table(Rule{Conditions: []Condition{{Field: "path-pattern", Regex: []string{"("}}}, Action: fixed}),
		"bad CIDR":        table(Rule{Conditions: []Condition{{Field: "source-ip", Values: []string{"10.0.0.1"}}}, Action: fixed}),
		"unknown field":   table(Rule{Conditions: []Condition{{Field: "cookie"}}, Action: fixed}),
		"bad transform":   table(Rule{Transforms: []Transform{{Type: "url-rewrite", Regex: "("}}, Action: fixed}),
		"other transform": table(Rule{Transforms: []Transform{{Type: "body-rewrite"}}, Action: fixed}),
	} {
		if _, err := Compile(tab); err == nil {
			t.Errorf("%s: compiled", name)
		}
	}
}

func TestMatchAndExplain(t *testing.T) {
	path := func(p string) []Condition { return []Condition{{Field: "path-pattern", Values: []string{p}}} }
	table := &Table{
		Groups: map[string]*Group{"blue": {}, "green": {}},
		Listeners: []Listener{{ARN: "l", Rules: []Rule{
			{ARN: "r1", Priority: 1, Conditions: append(path("/a*"), Condition{Field: "http-request-method", Values: []string{"POST"}}), Action: Action{Fixed: &Fixed{Status: 201}}},
			{ARN: "r2", Priority: 2, Conditions: path("/a*"), Action: Action{Forward: &Forward{Groups: []Weighted{{"blue", 90}, {"green", 10}}}}},
			{ARN: "rd", Action: Action{Fixed: &Fixed{Status: 404}}},
		}}},
	}
	r, err := Compile(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ method, path, want string }{{"POST", "/ab", "r1"}, {"GET", "/ab", "r2"}, {"GET", "/b", "rd"}} {
		req := &Request{Method: c.method, Path: c.path}
		if got := r.Listener("l").Match(req); got.ARN != c.want {
			t.Errorf("%s %s: matched %s", c.method, c.path, got.ARN)
		}
		if e, ok := r.Explain("l", req); !ok || e.Rule != c.want {
			t.Errorf("%s %s: explained %+v", c.method, c.path, e)
		}
	}
	e, _ := r.Explain("l", &Request{Method: "GET", Path: "/ab"})
	if len(e.Refused) != 1 || e.Refused[0].Condition.Field != "http-request-method" || e.Shares[0].Share != 0.9 {
		t.Errorf("explanation %+v", e)
	}
	if _, ok := r.Explain("other", &Request{}); ok {
		t.Error("explained an unknown listener")
	}
}

func TestTransforms(t *testing.T) {
	for _, c := range []struct {
		transforms      []Transform
		host, url       string
		newHost, newURL string
		invalid         bool
	}{
		{[]Transform{{"url-rewrite", "^/api/(.*)$", "/v2/$1"}}, "h", "/api/x?y=1", "h", "/v2/x?y=1", false},
		{[]Transform{{"url-rewrite", "^/other", "/x"}}, "h", "/api", "h", "/api", false},
		{[]Transform{{"host-header-rewrite", `^(\w+)\.old\.com`, "$1.new.com"}}, "a.old.com:80", "/", "a.new.com:80", "/", false},
		{[]Transform{{"url-rewrite", "^/", "x"}}, "h", "/", "", "", true},
		{[]Transform{{"url-rewrite", "a", "a b"}}, "h", "/a", "", "", true},
		{[]Transform{{"host-header-rewrite", "^.*$", ""}}, "h", "/", "", "", true},
		{[]Transform{{"url-rewrite", "(a)(b)?", "$1x$2$9$"}}, "h", "/a", "h", "/ax$", false},
	} {
		rule, err := compileRule(&Table{}, &Rule{Transforms: c.transforms, Action: Action{Fixed: &Fixed{}}})
		if err != nil {
			t.Fatal(err)
		}
		host, url, err := rule.Rewrite(c.host, c.url)
		if (err != nil) != c.invalid || host != c.newHost || url != c.newURL {
			t.Errorf("%v on %s %s: got %q %q %v", c.transforms, c.host, c.url, host, url, err)
		}
	}
}

func TestLocation(t *testing.T) {
	o := Origin{Protocol: "HTTP", Host: "example.com", Port: "80", Path: "/a/b", Query: "x=1"}
	for _, c := range []struct {
		r    Redirect
		want string
	}{
		{Redirect{Protocol: "HTTPS", Port: "443"}, "https://example.com:443/a/b?x=1"},
		{Redirect{Protocol: "#{protocol}", Host: "www.#{host}", Port: "#{port}", Path: "/#{path}", Query: "#{query}"}, "http://www.example.com:80/a/b?x=1"},
		{Redirect{Path: "/new/#{path}", Query: "q=#{query}&y"}, "http://example.com:80/new/a/b?q=x=1&y"},
	} {
		if got, err := c.r.Location(o); err != nil || got != c.want {
			t.Errorf("%+v: got %q %v", c.r, got, err)
		}
	}
	long := Redirect{Path: "/" + strings.Repeat("x", MaxLocation)}
	if _, err := long.Location(o); err != ErrLocation {
		t.Errorf("long: %v", err)
	}
	if got, _ := (&Redirect{}).Location(Origin{Protocol: "HTTP", Host: "h", Port: "80", Path: "/"}); got != "http://h:80/" {
		t.Errorf("without query: %q", got)
	}
}

// FuzzWildcard compares with Go's regular expressions.
func FuzzWildcard(f *testing.F) {
	f.Add("/a*b?c", "/axbxc", true)
	f.Add("***?", "abc", false)
	f.Fuzz(func(t *testing.T, pattern, s string, fold bool) {
		for i := 0; i < len(pattern)+len(s); i++ {
			if (pattern + s)[i] >= 0x80 {
				t.Skip()
			}
		}
		expr := regexp.QuoteMeta(pattern)
		expr = strings.ReplaceAll(strings.ReplaceAll(expr, `\*`, ".*"), `\?`, ".")
		flags := "(?s)"
		if fold {
			flags = "(?si)"
		}
		want := regexp.MustCompile(flags + "^(?:" + expr + ")$").MatchString(s)
		w := compileWildcard(pattern, fold, false)
		if got := w.match(s); got != want {
			t.Fatalf("%q against %q: got %v, want %v", pattern, s, got, want)
		}
	})
}

// FuzzMatch feeds the matcher whatever clients may send.
func FuzzMatch(f *testing.F) {
	r, err := Compile(&Table{Listeners: []Listener{{ARN: "l", Rules: []Rule{
		{
			Conditions: []Condition{
				{Field: "path-pattern", Values: []string{"/a*?*b"}, Regex: []string{"x+$"}},
				{Field: "host-header", Values: []string{"*.b?"}},
				{Field: "query-string", Query: []KeyValue{{"", "*a"}, {"b?", `\**`}}},
				{Field: "http-header", Header: "h", Values: []string{"?*"}},
			},
			Action: Action{Fixed: &Fixed{}}, Transforms: []Transform{{"url-rewrite", "(a)(.*)", "$2$1"}},
		},
		{Action: Action{Fixed: &Fixed{}}},
	}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("GET", "a.bc:80", "/axxb", "a=b&c", "v")
	f.Fuzz(func(t *testing.T, method, host, path, query, value string) {
		rule := r.Listener("l").Match(&Request{Method: method, Host: host, Path: path, Query: query, Headers: HeaderMap{"h": {value}}})
		if rule == nil {
			t.Fatal("no rule")
		}
		if _, url, err := rule.Rewrite(host, path+"?"+query); err == nil && rule.Transformed() && !strings.HasPrefix(url, "/") {
			t.Fatalf("made %q", url)
		}
	})
}
