package server

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhoMayScrape: programs on this machine may, others with the token, which may
// change.
func TestWhoMayScrape(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for name, c := range map[string]struct {
		peer, content, header string
		noFile                bool
		want                  int
	}{
		"this machine":                   {"127.0.0.1:1", "0123456789abcdef", "", false, 200},
		"this machine without a file":    {"[::1]:1", "", "", true, 200},
		"a name that points to loopback": {"127.0.0.1:1", "", "", true, 403},
		"another without a file":         {"192.0.2.1:1", "", "Bearer ", true, 403},
		"another with the token":         {"192.0.2.1:1", "0123456789abcdef\n", "Bearer 0123456789abcdef", false, 200},
		"another with a new token":       {"192.0.2.1:1", "fedcba9876543210\nold", "Bearer fedcba9876543210", false, 200},
		"another with a wrong token":     {"192.0.2.1:1", "0123456789abcdef", "Bearer 0123456789abcdeF", false, 401},
		"another with no token":          {"192.0.2.1:1", "0123456789abcdef", "", false, 401},
		"another with Basic":             {"192.0.2.1:1", "0123456789abcdef", "Basic 0123456789abcdef", false, 401},
		"a file that was emptied":        {"192.0.2.1:1", "", "Bearer ", false, 401},
		"a token that is easy to guess":  {"192.0.2.1:1", "metrics", "Bearer metrics", false, 401},
	} {
		write(c.content)
		s := &server{log: slog.New(slog.DiscardHandler), opts: Options{MetricsToken: file}}
		if c.noFile {
			s.opts.MetricsToken = ""
		}
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:4566/metrics", nil)
		r.RemoteAddr = c.peer
		if name == "a name that points to loopback" {
			r.Host = "evil.test:4566"
		}
		if c.header != "" {
			r.Header.Set("Authorization", c.header)
		}
		w := httptest.NewRecorder()
		s.mayScrape(ok).ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: status %d, want %d", name, w.Code, c.want)
		}
	}
}

// TestTokenIsCheckedAtTheStart: a server does not start with a token that nobody
// could send.
func TestTokenIsCheckedAtTheStart(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	_, err = build(t.Context(), Options{
		Listener: l, Data: dir, Region: "us-east-1", Account: "000000000000", Runtime: "fake", MetricsToken: filepath.Join(dir, "none"),
	})
	if err == nil || !strings.Contains(err.Error(), "token of GET /metrics") {
		t.Errorf("%v", err)
	}
}
