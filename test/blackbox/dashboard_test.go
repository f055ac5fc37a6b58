package blackbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/grue-ecs/grue/test/harness"
)

// browser is a dashboard that somebody has open.
type browser struct {
	g      *harness.Grue
	client *http.Client
	csrf   string
}

// openBrowser opens a session, as a page on this machine does.
func openBrowser(t *testing.T, g *harness.Grue) *browser {
	t.Helper()
	jar, _ := cookiejar.New(nil) // never fails
	b := &browser{g: g, client: &http.Client{Jar: jar}}
	t.Cleanup(b.client.CloseIdleConnections)
	var session struct {
		SignedIn bool   `json:"signedIn"`
		CSRF     string `json:"csrf"`
	}
	res, err := b.client.Get(g.URL() + "/ui/api/session")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&session); err != nil || !session.SignedIn || session.CSRF == "" {
		t.Fatalf("session: %+v %v", session, err)
	}
	b.csrf = session.CSRF
	return b
}

// post sends an action and returns the status.
func (b *browser) post(t *testing.T, path, csrf string, body any) int {
	t.Helper()
	doc, _ := json.Marshal(body)
	r, _ := http.NewRequest(http.MethodPost, b.g.URL()+path, bytes.NewReader(doc))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Grue-CSRF", csrf)
	res, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// live is a view as a page holds it.
type live struct {
	mu    sync.Mutex
	items map[string]map[string]any
	gone  bool
	full  int // how many times everything came
}

// follow keeps a view until the test ends.
func (b *browser) follow(t *testing.T, path string) *live {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, b.g.URL()+"/ui/live/"+path, nil)
	res, err := b.client.Do(r)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	l := &live{items: map[string]map[string]any{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.read(bufio.NewReader(res.Body))
	}()
	t.Cleanup(func() { cancel(); res.Body.Close(); <-done })
	return l
}

func (l *live) read(r *bufio.Reader) {
	event := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if name, ok := strings.CutPrefix(line, "event: "); ok {
			event = strings.TrimSpace(name)
		}
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			l.take(event, data)
		}
	}
}

func (l *live) take(event, data string) {
	var frame struct {
		Items, Set map[string]map[string]any
		Gone       []string
	}
	if event != "gone" && json.Unmarshal([]byte(data), &frame) != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = event == "gone"
	if event == "full" {
		l.items = frame.Items
		l.full++
	}
	for key, doc := range frame.Set {
		l.items[key] = doc
	}
	for _, key := range frame.Gone {
		delete(l.items, key)
	}
}

// get is a member of an item; nil = there is none.
func (l *live) get(key, member string) any {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.items[key][member]
}

// find is a member of the first item whose key begins with prefix.
func (l *live) find(prefix, member string) any {
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, doc := range l.items {
		if strings.HasPrefix(key, prefix) {
			return doc[member]
		}
	}
	return nil
}

// TestDashboard: a person sees a canary in the dashboard, is asked, and lets it go on;
// then deploys once more and rolls that back.
func TestDashboard(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc, load := hooked(t, g, "seen")
	b := openBrowser(t, g)
	home := b.follow(t, "home")
	card := "service/default/" + svc.Name
	harness.Await(t, "the service on the home page", func() bool { return home.get(card, "health") == "ok" })

	var beginning string
	harness.Await(t, "the first deployment on the home page", func() bool {
		last, _ := home.get(card, "last").(map[string]any)
		beginning, _ = last["id"].(string)
		return beginning != ""
	})

	svc.Configure(t, harness.Canary(50, 0, harness.PauseAt(preShift)))
	svc.Update(t, g.Guest(t, "v2", ""))
	d := svc.Paused(t, preShift)
	_, id, _ := strings.Cut(value(d.ServiceDeploymentArn), "/"+svc.Name+"/")
	page := b.follow(t, "deployment/default/"+svc.Name+"/"+id)
	harness.Await(t, "what is waited for", func() bool {
		words, _ := page.get("head", "waiting").(string)
		return strings.HasPrefix(words, "A person must decide")
	})
	harness.Await(t, "the approval on the home page", func() bool { return home.find("approval/default/"+svc.Name+"/", "stage") == string(preShift) })
	if got := page.get("head", "actions"); !slices.Equal(texts(got), []string{"continue", "rollback", "stop"}) {
		t.Errorf("actions: %v", got)
	}

	path := "/ui/api/deployments/default/" + svc.Name + "/" + id + "/"
	reason := map[string]string{"reason": "it looks good"}
	for what, got := range map[string]int{
		"without the token": b.post(t, path+"continue", "", reason),
		"without a reason":  b.post(t, path+"continue", b.csrf, map[string]string{"reason": " "}),
		"unknown action":    b.post(t, path+"explode", b.csrf, reason),
	} {
		if got < 400 || got >= 500 {
			t.Errorf("%s: %d", what, got)
		}
	}
	for page.get("head", "status") != "SUCCESSFUL" { // one pause for each step
		waits := false
		harness.Await(t, "a pause or the end", func() bool {
			waits = slices.Contains(texts(page.get("head", "actions")), "continue")
			return waits || page.get("head", "status") == "SUCCESSFUL"
		})
		if waits {
			if got := b.post(t, path+"continue", b.csrf, reason); got != http.StatusOK && got != http.StatusConflict {
				t.Fatalf("continue: %d", got)
			}
		}
	}
	harness.Await(t, "the decision with its reason", func() bool { return page.find("decision/1", "reason") == "it looks good" })
	harness.Await(t, "green's traffic", func() bool {
		total, _ := page.get("traffic/green", "total").(map[string]any)
		n, _ := total["requests"].(float64)
		return n > 0
	})

	svc.Configure(t, harness.Canary(50, 600))
	svc.Update(t, g.Guest(t, "v3", ""))
	harness.Await(t, "the next deployment on the home page", func() bool {
		d, _ := home.get(card, "deployment").(map[string]any)
		stage, _ := d["stage"].(string)
		id, _ = d["id"].(string)
		return stage == "PRODUCTION_TRAFFIC_SHIFT"
	})
	harness.Await(t, "v3 to answer somebody", func() bool { return load.Seen("prod", "v3") > 0 })
	if got := b.post(t, "/ui/api/deployments/default/"+svc.Name+"/"+id+"/rollback", b.csrf, reason); got != http.StatusOK {
		t.Fatalf("rollback: %d", got)
	}
	history := b.follow(t, "service/default/"+svc.Name)
	harness.Await(t, "the rollback in the history, with the requests that v3 saw", func() bool {
		n, _ := history.get("deployment/"+id, "requests").(float64)
		return history.get("deployment/"+id, "status") == "ROLLBACK_SUCCESSFUL" && n > 0
	})

	next := func(what, after string) (id string) { // the deployment that follows another
		t.Helper()
		harness.Await(t, what, func() bool {
			d, _ := home.get(card, "deployment").(map[string]any)
			id, _ = d["id"].(string)
			return id != "" && id != after && d["stage"] != "" && d["status"] == "IN_PROGRESS"
		})
		return id
	}
	if got := b.post(t, "/ui/api/deployments/default/"+svc.Name+"/"+id+"/retry", b.csrf, reason); got != http.StatusOK {
		t.Fatalf("retry: %d", got)
	}
	again := next("the retry", id)
	harness.Await(t, "why it was tried again", func() bool {
		list, _ := history.get("deployment/"+again, "decisions").([]any)
		first, _ := append(list, nil)[0].(map[string]any)
		return first["action"] == "retry" && first["reason"] == "it looks good" && history.get("deployment/"+again, "taskDefinition") == svc.Name+":3"
	})
	if got := b.post(t, "/ui/api/deployments/default/"+svc.Name+"/"+again+"/stop", b.csrf, reason); got != http.StatusOK {
		t.Fatalf("stop: %d", got)
	}
	harness.Await(t, "the stop", func() bool { return history.get("deployment/"+again, "status") == "STOPPED" })
	svc.Configure(t, harness.BlueGreen(0))
	former := history.get("deployment/"+beginning, "revision")
	if got := b.post(t, "/ui/api/services/default/"+svc.Name+"/rollback", b.csrf, map[string]any{"revision": former, "reason": "v1 was best"}); got != http.StatusOK {
		t.Fatalf("rollback to the first revision: %d", got)
	}
	harness.Await(t, "v1 to be back", func() bool {
		last, _ := home.get(card, "last").(map[string]any)
		return last["status"] == "SUCCESSFUL" && last["taskDefinition"] == svc.Name+":1" && last["id"] != beginning
	})
	load.StopAndExpectNoFailures(t)
}

// texts are the strings in a list of JSON.
func texts(list any) (out []string) {
	values, _ := list.([]any)
	for _, v := range values {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
