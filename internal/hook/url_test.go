package hook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// receiver is a URL hook: it keeps what it got.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	heads  []http.Header
}

func newReceiver(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, n int)) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.bodies, r.heads = append(r.bodies, string(body)), append(r.heads, req.Header)
		n := len(r.bodies)
		r.mu.Unlock()
		answer(w, req, n)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) calls() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.bodies)
}

func says(doc string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) { io.WriteString(w, doc) }
}

func TestURL(t *testing.T) {
	w := newWorld(t, nil)
	r := newReceiver(t, says(`{"hookStatus":"IN_PROGRESS","callBackDelay":3,"hookDetails":{"n":1}}`))
	details := fmt.Sprintf(`{"grue:url":"%s/check?token=t","n":0,"grue:secret":"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}`, r.URL)
	c := w.enter("", details, nil)
	a := w.h.Call(t.Context(), c)
	if a.Status != deploy.HookInProgress || a.Delay != 3*time.Second || a.Error != "" {
		t.Errorf("%+v", a)
	}
	if n := string(a.Details); !strings.Contains(n, `"n":1`) || !strings.Contains(n, "whsec_") {
		t.Errorf("carried over: %s", n)
	}
	event, err := Event(&c)
	if err != nil || r.bodies[0] != string(event) {
		t.Errorf("got %s, want %s", r.bodies[0], event)
	}
	if !strings.Contains(r.bodies[0], `"grue:url"`) || strings.Contains(r.bodies[0], "whsec_") {
		t.Errorf("hookDetails: %s", r.bodies[0])
	}
	h := r.heads[0]
	if id := h.Get("webhook-id"); id != "a635edb5-a66b-4f44-bf3f-fcee4b3641a5-1" || h.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", h)
	}
	at, err := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute {
		t.Errorf("webhook-timestamp %s", h.Get("webhook-timestamp"))
	}
	key, _ := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	verify(t, key, h, r.bodies[0])

	c.Invoke.Config.Details = json.RawMessage(fmt.Sprintf(`{"grue:url":%q}`, r.URL))
	w.h.Call(t.Context(), c)
	verify(t, w.opts.Key, r.heads[1], r.bodies[1])
}

func verify(t *testing.T, key []byte, h http.Header, body string) {
	t.Helper()
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), h.Get("webhook-timestamp"), body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); h.Get("webhook-signature") != want {
		t.Errorf("webhook-signature %s, want %s", h.Get("webhook-signature"), want)
	}
}

func TestURLAnswers(t *testing.T) {
	w := newWorld(t, nil)
	large := bytes.Repeat([]byte{' '}, maxResponse+1)
	elsewhere := newReceiver(t, says(`{"hookStatus":"SUCCEEDED"}`))
	redirect := func(to string, code int) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, r *http.Request, n int) {
			if n > 1 && to != "/loop" {
				says(`{"hookStatus":"SUCCEEDED"}`)(w, r, n)
				return
			}
			http.Redirect(w, r, to, code)
		}
	}
	code := func(list ...int) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, r *http.Request, n int) {
			w.WriteHeader(list[min(n, len(list))-1])
			io.WriteString(w, `{"hookStatus":"SUCCEEDED"}`)
		}
	}
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request, int)
		status deploy.HookStatus
		err    string // with NAME for the URL; "" = none
		calls  int
	}{
		"succeeded":         {says(`{"hookStatus":"SUCCEEDED"}`), deploy.HookSucceeded, "", 1},
		"failed":            {says(`{"hookStatus":"FAILED"}`), deploy.HookFailed, "Lifecycle hook target NAME returned FAILED status.", 1},
		"no answer":         {says(``), deploy.HookFailed, "ECS was unable to parse the response from NAME due to HookStatus must not be null", 1},
		"created":           {code(201), deploy.HookSucceeded, "", 1},
		"not found":         {code(404), deploy.HookFailed, "ECS was unable to invoke hook target NAME due to the HTTP status 404 Not Found", 1},
		"not modified":      {code(304), deploy.HookFailed, "ECS was unable to invoke hook target NAME due to the HTTP status 304 Not Modified", 1},
		"soon well":         {code(503, 429, 500, 502, 200), deploy.HookSucceeded, "", 5},
		"never well":        {code(503), deploy.HookFailed, "ECS was unable to invoke hook target NAME due to the HTTP status 503 Service Unavailable", 5},
		"large":             {func(w http.ResponseWriter, _ *http.Request, _ int) { w.Write(large) }, deploy.HookFailed, "ECS was unable to invoke hook target NAME due to a response larger than 266240 bytes", 1},
		"same host":         {redirect("/there", 307), deploy.HookSucceeded, "", 2},
		"loop":              {redirect("/loop", 308), deploy.HookFailed, "ECS was unable to invoke hook target NAME due to more than 3 redirects", 4},
		"forgets the event": {redirect("/there", 302), deploy.HookFailed, "ECS was unable to invoke hook target NAME due to a redirect that is not a 307 or 308", 1},
		"other host":        {redirect(elsewhere.URL, 307), deploy.HookFailed, "ECS was unable to invoke hook target NAME due to a redirect to another host, " + elsewhere.URL, 1},
		"cut off once": {func(w http.ResponseWriter, r *http.Request, n int) {
			if n == 1 {
				panic(http.ErrAbortHandler)
			}
			says(`{"hookStatus":"SUCCEEDED"}`)(w, r, n)
		}, deploy.HookSucceeded, "", 2},
	} {
		r := newReceiver(t, tt.answer)
		c := w.enter(target1, fmt.Sprintf(`{"grue:url":"%s/h?token=secret"}`, r.URL), nil)
		a := w.h.Call(t.Context(), c)
		if want := strings.ReplaceAll(tt.err, "NAME", r.URL+"/h"); a.Status != tt.status || a.Error != want || r.calls() != tt.calls {
			t.Errorf("%s: %+v after %d calls, want %s", name, a, r.calls(), want)
		}
		for _, h := range r.heads {
			if h.Get("webhook-id") != r.heads[0].Get("webhook-id") {
				t.Errorf("%s: another webhook-id in a second try", name)
			}
		}
	}
	if elsewhere.calls() != 0 {
		t.Error("the event went to another host")
	}
}

func TestURLThatIsSlow(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Timeout = 50 * time.Millisecond })
	r := newReceiver(t, func(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() })
	c := w.enter("", fmt.Sprintf(`{"grue:url":%q}`, r.URL), nil)
	want := "ECS was unable to invoke hook target " + r.URL + " due to no response within 50ms; a hook that needs longer answers IN_PROGRESS"
	if a := w.h.Call(t.Context(), c); a.Error != want || r.calls() > 1 {
		t.Errorf("%+v after %d calls", a, r.calls())
	}
}

func TestURLEndsWithContext(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Minute = time.Hour })
	ctx, cancel := context.WithCancel(t.Context())
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(503); cancel() })
	c := w.enter("", fmt.Sprintf(`{"grue:url":%q}`, r.URL), nil)
	if a := w.h.Call(ctx, c); a.Error == "" || r.calls() != 1 {
		t.Errorf("%+v after %d calls", a, r.calls())
	}
}

// onLine closes a channel at the first line of a log that has a text.
type onLine struct {
	want  string
	found chan struct{}
	once  sync.Once
}

func (o *onLine) Write(line []byte) (int, error) {
	if strings.Contains(string(line), o.want) {
		o.once.Do(func() { close(o.found) })
	}
	return len(line), nil
}

// A receiver that is just restarted is waited for.
func TestURLThatComesBack(t *testing.T) {
	refused := make(chan struct{})
	w := newWorld(t, func(o *Options) {
		o.Minute = time.Minute // a try after 1, 2, 4 and 8 s
		o.Log = slog.New(slog.NewTextHandler(&onLine{want: "trying again", found: refused}, nil))
	})
	// A socket that is bound and does not listen refuses, and nobody can take its port.
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fd)
	socket := os.NewFile(uintptr(fd), "receiver")
	defer socket.Close()
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	c := w.enter("", fmt.Sprintf(`{"grue:url":"http://%s"}`, at), nil)
	done := make(chan Answer, 1)
	go func() { done <- w.h.Call(t.Context(), c) }()
	<-refused
	if err := syscall.Listen(fd, 16); err != nil {
		t.Fatal(err)
	}
	l, err := net.FileListener(socket)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"hookStatus":"SUCCEEDED"}`)
	})}}
	s.Start()
	defer s.Close()
	if a := <-done; a.Status != deploy.HookSucceeded {
		t.Errorf("%+v", a)
	}
}

func TestURLNobodyListens(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Key = nil })
	const at = "http://127.0.0.1:1/x"
	c := w.enter("", `{"grue:url":"`+at+`?token=secret"}`, nil)
	if a := w.h.Call(t.Context(), c); !strings.Contains(a.Error, "no key to sign") {
		t.Errorf("without a key: %+v", a)
	}
	c = w.enter("", `{"grue:url":"`+at+`?token=secret","grue:secret":"0123456789abcdef"}`, nil)
	a := w.h.Call(t.Context(), c)
	if !strings.HasPrefix(a.Error, "ECS was unable to invoke hook target "+at+" due to dial tcp 127.0.0.1:1") || strings.Contains(a.Error, "secret") {
		t.Errorf("%+v", a)
	}
}

// Whoever reads the log cannot call the hook: URLs of chats and workflows are secrets.
func TestLogHasNoPath(t *testing.T) {
	for name, want := range map[string]string{
		"https://hooks.example:8443/T000/B000/secret": "https://hooks.example:8443/…",
		"http://hooks.example":                        "http://hooks.example",
		"task:./migrate /tmp":                         "task:./migrate /tmp",
		"arn:aws:lambda:us-east-1:1:function:check":   "arn:aws:lambda:us-east-1:1:function:check",
	} {
		if got := logName(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	var log bytes.Buffer
	w := newWorld(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	r := newReceiver(t, says(`{"hookStatus":"FAILED"}`))
	a := w.h.Call(t.Context(), w.enter("", fmt.Sprintf(`{"grue:url":"%s/T000/secret?token=t"}`, r.URL), nil))
	if !strings.Contains(a.Error, "/T000/secret") {
		t.Errorf("the deployment says which hook it was: %+v", a)
	}
	if text := log.String(); !strings.Contains(text, r.URL+"/…") || strings.Contains(text, "secret") || strings.Contains(text, "token") {
		t.Error(text)
	}
}
