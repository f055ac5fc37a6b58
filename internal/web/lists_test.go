package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/store"
)

// desk is a dashboard with a browser that signed in.
type desk struct {
	*testing.T
	store  *store.Store
	logs   *logs.Store
	scope  arn.Scope
	server *httptest.Server
	client *http.Client
	csrf   string
}

// newDesk makes one over an empty store.
func newDesk(t *testing.T) *desk {
	t.Helper()
	dir := t.TempDir()
	st, err := store.Open(filepath.Join(dir, "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	l, err := logs.New(logs.Options{Dir: filepath.Join(dir, "logs"), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	d := &desk{T: t, store: st, logs: l, scope: arn.Scope{Account: "000000000000", Region: "us-east-1"}}
	site, err := New(Options{Store: st, Logs: l, Account: d.scope.Account, Region: d.scope.Region})
	if err != nil {
		t.Fatal(err)
	}
	d.server = httptest.NewServer(site)
	t.Cleanup(d.server.Close)
	t.Cleanup(site.Close) // first: it ends the streams
	jar, _ := cookiejar.New(nil)
	d.client = &http.Client{Jar: jar}
	var who SessionView
	d.get("/ui/api/session", &who)
	if d.csrf = who.CSRF; d.csrf == "" {
		t.Fatal("no session on loopback")
	}
	return d
}

// get asks for JSON and returns the status.
func (d *desk) get(path string, into any) int {
	d.Helper()
	res, err := d.client.Get(d.server.URL + path)
	if err != nil {
		d.Fatal(err)
	}
	return d.read(res, into)
}

// post sends JSON and returns the status.
func (d *desk) post(path string, doc, into any) int {
	d.Helper()
	body, err := json.Marshal(doc)
	if err != nil {
		d.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, d.server.URL+path, bytes.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Grue-CSRF", d.csrf)
	res, err := d.client.Do(req)
	if err != nil {
		d.Fatal(err)
	}
	return d.read(res, into)
}

func (d *desk) read(res *http.Response, into any) int {
	d.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		d.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			d.Fatalf("%s: %v", body, err)
		}
	}
	return res.StatusCode
}

func (d *desk) update(fn func(tx *store.Tx)) {
	d.Helper()
	if err := d.store.Update(func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		d.Fatal(err)
	}
}

// sse is an open stream of events.
type sse struct {
	*desk
	lines *bufio.Reader
	body  io.Closer
}

// patience is how long a test waits for something that must come.
const patience = 5 * time.Minute

func (d *desk) stream(path string) *sse {
	d.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	d.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.server.URL+path, nil)
	if err != nil {
		d.Fatal(err)
	}
	res, err := d.client.Do(req)
	if err != nil {
		d.Fatal(err)
	}
	d.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		d.Fatalf("%s: %d %s", path, res.StatusCode, res.Header.Get("Content-Type"))
	}
	return &sse{d, bufio.NewReader(res.Body), res.Body}
}

// next reads one event and returns its name.
func (s *sse) next(into any) (name string) {
	s.Helper()
	for {
		line, err := s.lines.ReadString('\n')
		if err != nil {
			s.Fatalf("the stream ended: %v", err)
		}
		if n, ok := strings.CutPrefix(line, "event: "); ok {
			name = strings.TrimSpace(n)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			if err := json.Unmarshal([]byte(data), into); err != nil {
				s.Fatalf("%s: %v", data, err)
			}
			return name
		}
	}
}
