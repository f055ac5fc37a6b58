package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestWhoMayAsk(t *testing.T) {
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for name, c := range map[string]struct {
		peer   string
		header map[string]string
		want   int
	}{
		"a program on this machine":      {"127.0.0.1:1", nil, 200},
		"the same over IPv6":             {"[::1]:1", nil, 200},
		"a mapped loopback address":      {"[::ffff:127.0.0.1]:1", nil, 200},
		"another machine":                {"192.0.2.1:1", nil, 403},
		"nobody":                         {"", nil, 403},
		"a page of our own":              {"127.0.0.1:1", map[string]string{"Origin": "http://127.0.0.1:4566", "Sec-Fetch-Site": "same-origin"}, 200},
		"a page of another site":         {"127.0.0.1:1", map[string]string{"Origin": "https://evil.test"}, 403},
		"a sandboxed page":               {"127.0.0.1:1", map[string]string{"Origin": "null"}, 403},
		"a link or image of another one": {"127.0.0.1:1", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"an address typed by a person":   {"127.0.0.1:1", map[string]string{"Sec-Fetch-Site": "none"}, 200},
		"a name that points to loopback": {"127.0.0.1:1", map[string]string{"Host": "evil.test:4566"}, 403},
		"somebody through a proxy":       {"127.0.0.1:1", map[string]string{"X-Forwarded-For": "192.0.2.1"}, 403},
		"localhost":                      {"127.0.0.1:1", map[string]string{"Host": "localhost:4566"}, 200},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:4566/grue/events", nil)
		r.RemoteAddr = c.peer
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		if host := c.header["Host"]; host != "" {
			r.Host = host
		}
		w := httptest.NewRecorder()
		noForeignPages(local(ok)).ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: status %d, want %d", name, w.Code, c.want)
		}
	}
}
