package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/approval"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/secret"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	home = arn.Scope{Account: "000000000000", Region: "us-east-1"}
	key  = []byte("0123456789abcdef0123456789abcdef")
)

// receiver is a webhook that the test scripts.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []delivery
	answer func(n int) int // status of the n-th request, from 0; nil = 200
	came   chan struct{}
}

type delivery struct {
	head http.Header
	body []byte
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{came: make(chan struct{}, 1000)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		status := 200
		if r.answer != nil {
			status = r.answer(len(r.got))
		}
		r.got = append(r.got, delivery{req.Header, body})
		r.mu.Unlock()
		if status >= 300 && status < 400 {
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "said\nthis")
		r.came <- struct{}{}
	}))
	t.Cleanup(r.Close)
	return r
}

// await waits for n requests in all.
func (r *receiver) await(t *testing.T, n int) []delivery {
	t.Helper()
	limit := time.After(5 * time.Minute)
	for {
		r.mu.Lock()
		got := r.got
		r.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-r.came:
		case <-limit:
			t.Fatalf("%d of %d requests came", len(got), n)
		}
	}
}

// world is a Notifier over a store, which can be closed and opened again.
type world struct {
	*testing.T
	dir   string
	st    *store.Store
	n     *Notifier
	mux   *http.ServeMux
	log   *syncBuffer
	topic func(topicARN, subject, body string) error
	stop  func()
}

type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.String()
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, dir: t.TempDir(), log: &syncBuffer{}, stop: func() {}}
	w.open()
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.Helper()
	st, err := store.Open(filepath.Join(w.dir, "state.db"), store.Options{})
	if err != nil {
		w.Fatal(err)
	}
	vault, err := secret.NewVault(st, filepath.Join(w.dir, "secrets.key"))
	if err != nil {
		w.Fatal(err)
	}
	w.st = st
	w.n = New(Options{
		Store: st, Vault: vault, Key: key, PublicURL: "https://grue.example", Pause: time.Millisecond,
		Link:    func(p *approval.Pending, to string) string { return "https://grue.example/link/" + p.HookID + "/" + to },
		Publish: func(_ *store.Tx, topicARN, subject, body string) error { return w.topic(topicARN, subject, body) },
		Log:     slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	w.mux = http.NewServeMux()
	w.n.Routes(w.mux, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			h.ServeHTTP(rw, r.WithContext(wire.WithCaller(r.Context(), wire.Caller{Account: home.Account, Region: home.Region})))
		})
	})
}

func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.n.Run(ctx) }()
	w.stop = sync.OnceFunc(func() { cancel(); <-done })
}

func (w *world) close() {
	w.stop()
	w.stop = func() {}
	w.st.Close()
}

func (w *world) call(method, target string, doc any) (int, string) {
	w.Helper()
	body, _ := json.Marshal(doc)
	rw := httptest.NewRecorder()
	w.mux.ServeHTTP(rw, httptest.NewRequest(method, target, bytes.NewReader(body)))
	return rw.Code, rw.Body.String()
}

func (w *world) put(name string, r Request) {
	w.Helper()
	if status, doc := w.call("PUT", "/grue/notifications/"+name, r); status != 200 {
		w.Fatalf("%d %s", status, doc)
	}
}

// view is a notification as it is shown.
func (w *world) view(name string) (v View) {
	w.Helper()
	status, doc := w.call("GET", "/grue/notifications/"+name, nil)
	if err := json.Unmarshal([]byte(doc), &v); err != nil || status != 200 {
		w.Fatalf("%d %s", status, doc)
	}
	return v
}

// until waits for a view that is as wanted.
func (w *world) until(name string, good func(View) bool) View {
	w.Helper()
	limit := time.After(5 * time.Minute)
	for {
		v := w.view(name)
		if good(v) {
			return v
		}
		select {
		case <-limit:
			w.Fatalf("it stays %+v", v)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// life is a deployment that goes through a canary with a pause.
func life() []func(*state.Deployment) {
	return []func(*state.Deployment){
		func(d *state.Deployment) {
			d.Machine.Status, d.Machine.StartedAt, d.Machine.Stage = deploy.InProgress, noon, deploy.PreScaleUp
		},
		func(d *state.Deployment) { d.Machine.Stage = deploy.PostTestShift },
		func(d *state.Deployment) {
			d.Machine.Hooks = []deploy.Hook{{ID: "ecs-pause-1", Type: deploy.Pause, Stage: deploy.PostTestShift, Status: deploy.HookAwaitingAction, ExpiresAt: noon.Add(time.Hour)}}
		},
		func(d *state.Deployment) { d.Machine.Serial++ }, // nothing to tell
		func(d *state.Deployment) { d.Machine.Hooks[0].Status = deploy.HookSucceeded },
		func(d *state.Deployment) { d.Machine.Stage = deploy.ProductionShift },
		func(d *state.Deployment) { d.Machine.Step = 1 },
		func(d *state.Deployment) {
			d.Machine.Status, d.Machine.FinishedAt, d.Machine.Stage = deploy.Successful, noon.Add(time.Minute), ""
		},
	}
}

func pendingDeployment(id string) *state.Deployment {
	d := &state.Deployment{Scope: home, Cluster: "default", Service: "web", ID: id, Created: noon}
	d.Machine = deploy.Deployment{
		ID: id, Service: "web", Strategy: deploy.Canary, Status: deploy.Pending, Target: "2", RollbackTo: "1",
		Config: deploy.Config{Hooks: []deploy.HookConfig{{Type: deploy.Pause, Minutes: 60}}},
	}
	return d
}

// step writes what a deployment becomes, as the engine does.
func (w *world) step(d *state.Deployment, change func(*state.Deployment)) *state.Deployment {
	w.Helper()
	next := *d
	next.Machine = *d.Machine.Clone()
	change(&next)
	if err := w.st.Update(func(tx *store.Tx) error {
		w.n.Changed(tx, d, &next)
		state.Deployments.Put(tx, next.Key(), &next)
		return nil
	}); err != nil {
		w.Fatal(err)
	}
	return &next
}

func (w *world) live(id string) *state.Deployment {
	d := pendingDeployment(id)
	for _, change := range life() {
		d = w.step(d, change)
	}
	return d
}

func events(got []delivery) string {
	var out []string
	for _, g := range got {
		var m Message
		_ = json.Unmarshal(g.body, &m)
		out = append(out, strings.TrimSpace(string(m.Event)+" "+m.Stage))
	}
	return strings.Join(out, ", ")
}

func TestLifeIsTold(t *testing.T) {
	w := newWorld(t)
	all, some, other := newReceiver(t), newReceiver(t), newReceiver(t)
	w.put("all", Request{URL: all.URL, Events: Kinds})
	w.put("some", Request{URL: some.URL, Services: []string{"web"}})
	w.put("other", Request{URL: other.URL, Services: []string{"shop/web"}})
	w.run()
	w.live("d1")
	if got, want := events(all.await(t, 6)), "started PRE_SCALE_UP, stage POST_TEST_TRAFFIC_SHIFT, approval POST_TEST_TRAFFIC_SHIFT, stage PRODUCTION_TRAFFIC_SHIFT, stage PRODUCTION_TRAFFIC_SHIFT, succeeded"; got != want {
		t.Errorf("all: %s", got)
	}
	if got := events(some.await(t, 3)); got != "started PRE_SCALE_UP, approval POST_TEST_TRAFFIC_SHIFT, succeeded" {
		t.Errorf("some: %s", got)
	}
	if len(other.got) > 0 {
		t.Errorf("other: %s", events(other.got))
	}
	var m Message
	g := some.got[1]
	if err := json.Unmarshal(g.body, &m); err != nil || m.ApproveURL != "https://grue.example/link/ecs-pause-1/some" || m.Notification != "some" ||
		m.URL != "https://grue.example/ui/deployments/default/web/d1" || m.Approval.HookID != "ecs-pause-1" {
		t.Errorf("%s", g.body)
	}
	again := http.Header{}
	var at int64
	_, _ = fmt.Sscan(g.head.Get("webhook-timestamp"), &at)
	hook.Sign(again, key, m.ID, time.Unix(at, 0), g.body)
	if g.head.Get("webhook-signature") != again.Get("webhook-signature") || g.head.Get("webhook-id") != m.ID {
		t.Errorf("signature %v", g.head)
	}
}

func TestChanges(t *testing.T) {
	w := newWorld(t)
	start := life()[0]
	fail := func(status deploy.Status) func(*state.Deployment) {
		return func(d *state.Deployment) {
			start(d)
			d.Machine.Status, d.Machine.Failure = status, &deploy.Failure{Kind: deploy.FailStop, Text: "why"}
			if status != deploy.Stopped {
				d.Machine.Rollback = &deploy.Rollback{To: "1"}
			}
		}
	}
	for _, c := range []struct {
		name     string
		old, new func(*state.Deployment)
		want     string
	}{
		{"start", func(*state.Deployment) {}, start, "[started]"},
		{"start of a rolling deployment", func(d *state.Deployment) { d.Machine.Strategy = deploy.Rolling; d.Machine.Config.Hooks = nil }, func(d *state.Deployment) {
			d.Machine.Strategy = deploy.Rolling
			d.Machine.Config.Hooks = nil
			start(d)
		}, "[started]"},
		{"rollback begins", start, fail(deploy.RollbackInProgress), "[rollback]"},
		{"rollback ends", fail(deploy.RollbackInProgress), fail(deploy.RollbackSuccessful), "[failed]"},
		{"begins and ends", start, fail(deploy.RollbackFailed), "[rollback failed]"},
		{"stopped", start, fail(deploy.Stopped), "[failed]"},
		{"stopped before it began", func(*state.Deployment) {}, func(d *state.Deployment) { d.Machine.Status = deploy.Stopped }, "[failed]"},
		{"nothing", start, start, "[]"},
	} {
		old, next := pendingDeployment("d"), pendingDeployment("d")
		c.old(old)
		c.new(next)
		var got []Kind
		w.st.View(func(tx *store.Tx) {
			for _, x := range changes(tx, old, next) {
				got = append(got, x.kind)
			}
		})
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

// TestRetries: a receiver that fails gets everything in order, under the same ids.
func TestRetries(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t)
	r.answer = func(n int) int { return []int{500, 429, 200, 503, 200, 408, 200}[min(n, 6)] }
	w.put("ops", Request{URL: r.URL})
	w.run()
	w.live("d1")
	got := r.await(t, 7)
	var ids []string
	for _, g := range got {
		ids = append(ids, g.head.Get("webhook-id"))
	}
	if events(got) != "started PRE_SCALE_UP, started PRE_SCALE_UP, started PRE_SCALE_UP, approval POST_TEST_TRAFFIC_SHIFT, approval POST_TEST_TRAFFIC_SHIFT, succeeded, succeeded" ||
		ids[0] != ids[2] || ids[0] == ids[3] || ids[3] != ids[4] {
		t.Errorf("%s %v", events(got), ids)
	}
	if v := w.until("ops", func(v View) bool { return v.Waiting == 0 }); v.GivenUp != 0 || v.DeliveredAt.IsZero() || v.Error != "" {
		t.Errorf("%+v", v)
	}
}

// TestGivenUp: what no further try can mend is told, and holds nothing up.
func TestGivenUp(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t)
	r.answer = func(n int) int { return []int{404, 302, 200}[min(n, 2)] }
	w.put("ops", Request{URL: r.URL + "/T0/secret-path"})
	w.run()
	w.live("d1")
	r.await(t, 3)
	v := w.until("ops", func(v View) bool { return v.Waiting == 0 && v.GivenUp == 2 })
	if !strings.HasPrefix(v.Error, "the receiver answered 302") || v.DeliveredAt.IsZero() || v.Host != r.URL {
		t.Errorf("%+v", v)
	}
	w.close()
	if log := w.log.String(); strings.Count(log, "notification not delivered") != 2 || strings.Contains(log, "secret-path") {
		t.Errorf("log %s", log)
	}
}

// TestRestart: what was promised is delivered by the next process, and what was
// never committed by none.
func TestRestart(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t)
	w.put("ops", Request{URL: r.URL + "/T0/secret-path", Secret: "a secret of sixteen"})
	d := w.step(pendingDeployment("d1"), life()[0])
	failed := fmt.Errorf("the disk is full")
	if err := w.st.Update(func(tx *store.Tx) error {
		next := *d
		life()[2](&next)
		w.n.Changed(tx, d, &next)
		return failed
	}); err != failed {
		t.Fatal(err)
	}
	w.step(d, life()[7])
	w.close()
	disk, err := os.ReadFile(filepath.Join(w.dir, "state.db"))
	if err != nil || bytes.Contains(disk, []byte("secret-path")) || bytes.Contains(disk, []byte("a secret of")) {
		t.Errorf("the state tells the URL or the secret, or cannot be read: %v", err)
	}
	w.open()
	w.run()
	if got := events(r.await(t, 2)); got != "started PRE_SCALE_UP, succeeded" {
		t.Error(got)
	}
	w.until("ops", func(v View) bool { return v.Waiting == 0 })
}

// TestUnreachable: errors of connections tell no URL.
func TestUnreachable(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t)
	r.Close()
	w.put("ops", Request{URL: strings.Replace(r.URL, "http://", "http://user:pass-word@", 1) + "/secret-path?token=hidden"})
	w.run()
	w.live("d1")
	v := w.until("ops", func(v View) bool { return v.Tries > 1 })
	if v.Waiting != 3 || !strings.Contains(v.Error, "refused") || strings.Contains(v.Error+v.Host, "hidden") || strings.Contains(v.Error+v.Host, "pass-word") {
		t.Errorf("%+v", v)
	}
	if status, doc := w.call("POST", "/grue/notifications/ops/test", nil); status != 502 || strings.Contains(doc, "hidden") || strings.Contains(doc, "pass-word") {
		t.Errorf("%d %s", status, doc)
	}
	w.close()
	for _, word := range []string{"secret-path", "hidden", "pass-word"} {
		if strings.Contains(w.log.String(), word) {
			t.Errorf("the log tells %s", word)
		}
	}
}

// TestRemoved: what waits for a notification goes with it, also when another one
// of the same name comes.
func TestRemoved(t *testing.T) {
	w := newWorld(t)
	old, next := newReceiver(t), newReceiver(t)
	w.put("ops", Request{URL: old.URL})
	w.live("d1")
	if status, doc := w.call("DELETE", "/grue/notifications/ops", nil); status != 200 {
		t.Fatalf("%d %s", status, doc)
	}
	if status, _ := w.call("DELETE", "/grue/notifications/ops", nil); status != 404 {
		t.Errorf("again: %d", status)
	}
	w.put("ops", Request{URL: next.URL, Events: []Kind{Succeeded}})
	w.live("d2")
	w.run()
	got := next.await(t, 1)
	w.until("ops", func(v View) bool { return v.Waiting == 0 })
	if len(old.got) > 0 || len(got) != 1 || !strings.Contains(string(got[0].body), "/d2") {
		t.Errorf("%s; %s", events(old.got), events(got))
	}
}

func TestTopic(t *testing.T) {
	w := newWorld(t)
	if status, doc := w.call("PUT", "/grue/notifications/ops", Request{Topic: "arn:aws:sns:us-east-1:000000000000:none"}); status != 400 || !strings.Contains(doc, "there is no topic") {
		t.Errorf("%d %s", status, doc)
	}
	got := make(chan string, 10)
	w.topic = func(topicARN, subject, body string) error {
		got <- topicARN + "|" + subject + "|" + body
		return nil
	}
	x := &Notification{Scope: home, Name: "ops", ID: "1", Topic: "arn:t", Format: FormatText, Events: []Kind{Approval}}
	if err := w.st.Update(func(tx *store.Tx) error { notifications.Put(tx, x.key(), x); return nil }); err != nil {
		t.Fatal(err)
	}
	w.run()
	w.live("d1")
	for _, want := range []string{"arn:t|web: approval needed|", "waits for approval", "Approve or reject: https://grue.example/link/ecs-pause-1/ops\n"} {
		text := <-got
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %s", text, want)
		}
		got <- text
	}
	if status, doc := w.call("POST", "/grue/notifications/ops/test?event=failed", nil); status != 200 {
		t.Errorf("%d %s", status, doc)
	}
}

func TestRoutes(t *testing.T) {
	w := newWorld(t)
	r := newReceiver(t)
	if _, doc := w.call("GET", "/grue/notifications", nil); doc != `{"notifications":[]}`+"\n" {
		t.Error(doc)
	}
	w.put("ops", Request{URL: r.URL + "/T0/secret-path", Format: FormatSlack, Services: []string{"web"}})
	_, doc := w.call("GET", "/grue/notifications", nil)
	if !strings.Contains(doc, `"host":"`+r.URL+`","format":"slack"`) || !strings.Contains(doc, `"services":["default/web"]`) || strings.Contains(doc, "secret-path") {
		t.Error(doc)
	}
	if status, doc := w.call("POST", "/grue/notifications/ops/test", nil); status != 200 || !strings.Contains(doc, `"event":"approval"`) {
		t.Errorf("%d %s", status, doc)
	}
	if got := r.await(t, 1); !strings.Contains(string(got[0].body), `"blocks"`) || got[0].head.Get("webhook-signature") != "" {
		t.Errorf("%s %v", got[0].body, got[0].head)
	}
	for target, want := range map[string]int{
		"GET /grue/notifications/none": 404, "POST /grue/notifications/none/test": 404, "POST /grue/notifications/ops/test?event=x": 400,
		"PUT /grue/notifications/a%20b": 400, "DELETE /grue/notifications/none": 404,
	} {
		method, path, _ := strings.Cut(target, " ")
		if status, doc := w.call(method, path, Request{URL: "http://x"}); status != want {
			t.Errorf("%s: %d %s", target, status, doc)
		}
	}
	if status, doc := w.call("PUT", "/grue/notifications/x", map[string]any{"url": "http://x", "color": "red"}); status != 400 || !strings.Contains(doc, "color") {
		t.Errorf("%d %s", status, doc)
	}
}
