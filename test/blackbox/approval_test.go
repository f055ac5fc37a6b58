package blackbox

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/grue-ecs/grue/test/harness"
)

// chat is a webhook as Slack has it.
type chat struct {
	*httptest.Server
	mu     sync.Mutex
	busy   int // requests still to be refused
	titles []string
	bodies []string
}

func newChat(t testing.TB) *chat {
	c := &chat{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.busy > 0 {
			c.busy--
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var doc struct {
			Blocks []struct {
				Text struct{ Text string }
			}
		}
		if json.Unmarshal(body, &doc) == nil && len(doc.Blocks) > 0 {
			c.titles = append(c.titles, doc.Blocks[0].Text.Text)
			c.bodies = append(c.bodies, string(body))
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// told are the titles so far.
func (c *chat) told() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.titles)
}

// await waits until the last message has a title, and returns it.
func (c *chat) await(t testing.TB, title string) string {
	t.Helper()
	var body string
	harness.Await(t, "the message "+title, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		n := len(c.titles)
		if n == 0 || c.titles[n-1] != title {
			return false
		}
		body = c.bodies[n-1]
		return true
	})
	return body
}

// button is the address behind a button of a message.
func button(t testing.TB, body, text string) string {
	t.Helper()
	var doc struct {
		Blocks []struct {
			Elements []struct {
				Text json.RawMessage
				URL  string
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	for _, b := range doc.Blocks {
		for _, e := range b.Elements {
			if bytes.Contains(e.Text, []byte(text)) {
				return e.URL
			}
		}
	}
	t.Fatalf("no button %s in %s", text, body)
	return ""
}

// askGrue calls a route of grue's own from this machine.
func askGrue(t testing.TB, method, target, body string) string {
	t.Helper()
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	status, doc := send(t, req)
	if status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, target, status, doc)
	}
	return doc
}

func send(t testing.TB, req *http.Request) (status int, doc string) {
	t.Helper()
	req.Close = true // the next one may meet another server
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// press sends the form of a link, as a browser does that came from another site.
func press(t testing.TB, link, decision, reason string) (status int, page string) {
	t.Helper()
	form := url.Values{"decision": {decision}, "reason": {reason}, "name": {"Ann"}}
	req, err := http.NewRequest(http.MethodPost, link, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "null")
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	return send(t, req)
}

// TestApprovalByLink: a chat gets a message, and the link in it approves one
// deployment and rejects another, under load.
func TestApprovalByLink(t *testing.T) {
	t.Parallel()
	const name = "approval"
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: name, Image: g.Guest(t, "v1", ""), Count: 2})
	load := harness.StartTraffic(t, harness.Lane{Kind: "prod", URL: svc.URL})
	room := newChat(t)
	notification := g.URL() + "/grue/notifications/" + name
	askGrue(t, "PUT", notification, `{"url": "`+room.URL+`/services/secret", "format": "slack", "services": ["`+name+`"]}`)
	t.Cleanup(func() { askGrue(t, "DELETE", notification, "") })
	svc.Configure(t, harness.Canary(25, 1, harness.PauseAt(postTest)))

	svc.Update(t, g.Guest(t, "v2", ""))
	link := button(t, room.await(t, name+": approval needed"), "Approve")
	for range 3 { // a preview, a person, a person who comes back
		if page := askGrue(t, "GET", link, ""); !strings.Contains(page, name+" in cluster default") || !strings.Contains(page, string(postTest)) {
			t.Errorf("page %s", page)
		}
	}
	if d := svc.Newest(t); len(harness.Waiting(d)) != 1 {
		t.Fatalf("looking at the page changed the deployment: %s", d.Status)
	}
	if pending := askGrue(t, "GET", g.URL()+"/grue/approvals", ""); !strings.Contains(pending, `"service":"`+name+`"`) {
		t.Errorf("approvals %s", pending)
	}
	if status, page := press(t, link, "approve", ""); status != http.StatusBadRequest || len(harness.Waiting(svc.Newest(t))) != 1 {
		t.Errorf("without a reason: %d %s", status, page)
	}
	if status, page := press(t, link, "approve", "looks good"); status != http.StatusOK {
		t.Fatalf("%d %s", status, page)
	}
	if status, page := press(t, link, "reject", "too late"); status != http.StatusGone || !strings.Contains(page, "looks good") {
		t.Errorf("a used link: %d %s", status, page)
	}
	if d := svc.Ended(t); d.Status != successful {
		t.Fatalf("%s: %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	room.await(t, name+": deployed")
	expectDecision(t, g, svc, "CONTINUE", "looks good")
	if story := svc.Story(t); !strings.Contains(story, "was approved at POST_TEST_TRAFFIC_SHIFT by link "+name+" (Ann) from link 127.0.0.1: looks good") {
		t.Errorf("story %s", story)
	}

	svc.Update(t, g.Guest(t, "v3", ""))
	link = button(t, room.await(t, name+": approval needed"), "Reject")
	if status, page := press(t, link, "reject", "wrong colour"); status != http.StatusOK {
		t.Fatalf("%d %s", status, page)
	}
	d := svc.Ended(t)
	if d.Status != rolledBack || !strings.HasSuffix(value(d.StatusReason), "ContinueServiceDeployment was called with ROLLBACK. Reason: wrong colour") {
		t.Errorf("%s: %s", d.Status, value(d.StatusReason))
	}
	room.await(t, name+": ROLLBACK_SUCCESSFUL")
	expectDecision(t, g, svc, "ROLLBACK", "wrong colour")
	want := []string{"deployment started", "approval needed", "deployed", "deployment started", "approval needed", "rolling back", "ROLLBACK_SUCCESSFUL"}
	for i := range want {
		want[i] = name + ": " + want[i]
	}
	if got := room.told(); !slices.Equal(got, want) {
		t.Errorf("messages %q", got)
	}
	if n := load.Seen("prod", "v3"); n > 0 {
		t.Errorf("%d requests were answered by the version that was rejected", n)
	}
	load.StopAndExpectNoFailures(t)
}

// expectDecision wants the newest deployment's history to tell who, when, why and
// from where.
func expectDecision(t testing.TB, g *harness.Grue, svc *harness.Shift, action, reason string) {
	t.Helper()
	var list struct {
		Decisions []struct{ At, Action, HookID, LifecycleStage, By, From, Reason string }
	}
	doc := askGrue(t, "GET", g.URL()+"/grue/decisions?deployment="+url.QueryEscape(*svc.Newest(t).ServiceDeploymentArn), "")
	if err := json.Unmarshal([]byte(doc), &list); err != nil || len(list.Decisions) != 2 || list.Decisions[0].Action != "START" {
		t.Fatalf("decisions %s", doc)
	}
	x := list.Decisions[1]
	if x.Action != action || x.Reason != reason || x.By != "link "+svc.Name+" (Ann)" || x.From != "link 127.0.0.1" || x.LifecycleStage != string(postTest) || x.At == "" || x.HookID == "" {
		t.Errorf("decision %+v", x)
	}
}
