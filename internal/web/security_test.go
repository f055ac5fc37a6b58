package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// request is what a test sends.
type request struct {
	method, path, body string
	host, peer         string // "" = loopback
	head               map[string]string
	cookie             *http.Cookie
}

func (w *world) send(x request) *httptest.ResponseRecorder {
	w.t.Helper()
	if x.method == "" {
		x.method = http.MethodGet
	}
	r := httptest.NewRequest(x.method, "http://localhost:4566"+x.path, strings.NewReader(x.body))
	r.RemoteAddr, r.Host = "127.0.0.1:5000", "localhost:4566"
	if x.peer != "" {
		r.RemoteAddr = x.peer
	}
	if x.host != "" {
		r.Host = x.host
	}
	if x.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, v := range x.head {
		r.Header.Set(name, v)
	}
	if x.cookie != nil {
		r.AddCookie(x.cookie)
	}
	out := httptest.NewRecorder()
	w.ServeHTTP(out, r)
	return out
}

// enter opens a session and returns its cookie and view.
func (w *world) enter(x request) (*http.Cookie, SessionView) {
	w.t.Helper()
	res := w.send(x)
	var v SessionView
	if err := json.Unmarshal(res.Body.Bytes(), &struct {
		*SessionView
		Expires any `json:"expires"`
	}{SessionView: &v}); err != nil {
		w.t.Fatalf("%d %s: %v", res.Code, res.Body, err)
	}
	for _, c := range res.Result().Cookies() {
		return c, v
	}
	return nil, v
}

const remote = "192.0.2.7:5000"

func login(key, secret, token string) request {
	doc, _ := json.Marshal(credentials{key, secret, token})
	return request{method: http.MethodPost, path: "/ui/api/session", body: string(doc), peer: remote, host: "grue.example:4566"}
}

func TestSessionOpens(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name string
		x    request
		in   bool
	}{
		{"loopback", request{path: "/ui/api/session"}, true},
		{"IPv6 loopback", request{path: "/ui/api/session", peer: "[::1]:5", host: "[::1]:4566"}, true},
		{"another machine", request{path: "/ui/api/session", peer: remote}, false},
		{"a name that points to loopback", request{path: "/ui/api/session", host: "evil.example:4566"}, false},
		{"through a proxy", request{path: "/ui/api/session", head: map[string]string{"X-Forwarded-For": "192.0.2.1"}}, false},
		{"a page of another site", request{path: "/ui/api/session", head: map[string]string{"Sec-Fetch-Site": "cross-site"}}, false},
		{"a page of another port", request{path: "/ui/api/session", head: map[string]string{"Origin": "http://localhost:3000"}}, false},
		{"a sandboxed frame", request{path: "/ui/api/session", head: map[string]string{"Origin": "null"}}, false},
		{"a user's key", login("AKIAUSER", "secret", ""), true},
		{"a wrong secret", login("AKIAUSER", "Secret", ""), false},
		{"an unknown key", login("AKIANOBODY", "secret", ""), false},
		{"a temporary key", login("ASIATEMP", "secret", "token"), true},
		{"a temporary key without its token", login("ASIATEMP", "secret", ""), false},
		{"the development key from elsewhere", login("test", "test", ""), false},
	} {
		cookie, v := w.enter(c.x)
		if v.SignedIn != c.in || (cookie != nil) != c.in {
			t.Errorf("%s: %+v, cookie %v", c.name, v, cookie)
			continue
		}
		if c.in && (!cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/ui" || len(v.CSRF) < 30) {
			t.Errorf("%s: cookie %+v", c.name, cookie)
		}
	}
}

func TestRequestsNeedASession(t *testing.T) {
	w := newWorld(t)
	cookie, v := w.enter(request{path: "/ui/api/session"})
	csrf := map[string]string{csrfHeader: v.CSRF}
	act := "/ui/api/deployments/c/s/d/continue"
	for _, c := range []struct {
		name string
		x    request
		want int
	}{
		{"a view", request{path: "/ui/api/view/home"}, 401},
		{"a stream", request{path: "/ui/live/home"}, 401},
		{"an action", request{method: "POST", path: act, body: "{}", head: csrf}, 401},
		{"an unknown route", request{path: "/ui/api/nothing"}, 401},
		{"a forged cookie", request{path: "/ui/api/view/home", cookie: &http.Cookie{Name: cookie.Name, Value: "x"}}, 401},
		{"a view with a session", request{path: "/ui/api/view/home", cookie: cookie}, 200},
		{"an unknown view", request{path: "/ui/api/view/nothing", cookie: cookie}, 404},
		{"too short a path", request{path: "/ui/api/view/service/c", cookie: cookie}, 404},
		{"an action without the token", request{method: "POST", path: act, body: "{}", cookie: cookie}, 403},
		{"an action with a wrong token", request{method: "POST", path: act, body: "{}", cookie: cookie, head: map[string]string{csrfHeader: "x"}}, 403},
		{"an action without a reason", request{method: "POST", path: act, body: "{}", cookie: cookie, head: csrf}, 400},
		{"an action with a long reason", request{method: "POST", path: act, body: `{"reason":"` + strings.Repeat("x", 1001) + `"}`, cookie: cookie, head: csrf}, 400},
		{"an action with an unknown member", request{method: "POST", path: act, body: `{"reason":"r","x":1}`, cookie: cookie, head: csrf}, 400},
		{"an action that is no JSON", request{method: "POST", path: act, body: `{"reason":"r"}`, cookie: cookie, head: map[string]string{csrfHeader: v.CSRF, "Content-Type": "text/plain"}}, 415},
		{"an action on nothing", request{method: "POST", path: act, body: `{"reason":"r"}`, cookie: cookie, head: csrf}, 404},
		{"a session used through a proxy", request{path: "/ui/api/view/home", cookie: cookie, peer: remote}, 401},
		{"from a page of another site", request{path: "/ui/api/view/home", cookie: cookie, head: map[string]string{"Sec-Fetch-Site": "same-site"}}, 403},
		{"a link on another site", request{path: "/ui/home", head: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}}, 200},
		{"a frame of another site", request{path: "/ui/home", head: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}}, 403},
		{"a link to the API", request{path: "/ui/api/view/home", cookie: cookie, head: map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}}, 403},
		{"a file that is not there", request{path: "/ui/assets/none.js"}, 404},
	} {
		res := w.send(c.x)
		if res.Code != c.want {
			t.Errorf("%s: %d %s, want %d", c.name, res.Code, res.Body, c.want)
		}
		h := res.Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: headers %v", c.name, h)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	w := newWorld(t)
	view := func(c *http.Cookie, x request) int {
		x.path, x.cookie = "/ui/api/view/home", c
		return w.send(x).Code
	}
	away := request{peer: remote, host: "grue.example:4566"}
	dev, v := w.enter(request{path: "/ui/api/session"})
	user, _ := w.enter(login("AKIAUSER", "secret", ""))
	temp, _ := w.enter(login("ASIATEMP", "secret", "token"))
	again, _ := w.enter(request{path: "/ui/api/session", cookie: dev})
	if again != nil {
		t.Error("a second session although there is one")
	}
	out := w.send(request{method: "DELETE", path: "/ui/api/session", cookie: dev, head: map[string]string{csrfHeader: v.CSRF}})
	if out.Code != 200 || view(dev, request{}) != 401 {
		t.Errorf("signed out: %d", out.Code)
	}
	w.clock.pass(2 * time.Hour) // the temporary key's time is over; use renews the other
	if a, b := view(temp, away), view(user, away); a != 401 || b != 200 {
		t.Errorf("after 2 hours: temporary %d, user %d", a, b)
	}
	w.clock.pass(7 * time.Hour)
	if got := view(user, away); got != 200 {
		t.Errorf("a session in use: %d", got)
	}
	delete(w.keys, "AKIAUSER")
	if got := view(user, away); got != 401 {
		t.Errorf("the key was deleted: %d", got)
	}
	w.keys["AKIAUSER"] = "secret"
	w.clock.pass(9 * time.Hour)
	if got := view(user, away); got != 401 {
		t.Errorf("nobody used it for 9 hours: %d", got)
	}
}

func TestGuessingIsSlow(t *testing.T) {
	w := newWorld(t)
	right, wrong := login("AKIAUSER", "secret", ""), login("AKIAUSER", "guess", "")
	for range freeTries {
		if res := w.send(wrong); res.Code != 403 {
			t.Fatalf("%d %s", res.Code, res.Body)
		}
	}
	res := w.send(right)
	if res.Code != 429 || res.Header().Get("Retry-After") != "5" {
		t.Errorf("after %d wrong tries: %d, retry after %s", freeTries, res.Code, res.Header().Get("Retry-After"))
	}
	other := right
	other.peer = "192.0.2.8:1"
	if got := w.send(other).Code; got != 200 {
		t.Errorf("from another address: %d", got)
	}
	w.clock.pass(tryEvery)
	if got := w.send(right).Code; got != 200 {
		t.Errorf("some seconds later: %d", got)
	}
}
