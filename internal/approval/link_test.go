package approval

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

func TestLinkShowsWhatIsApproved(t *testing.T) {
	w := newWorld(t)
	d := w.deployment("web", nil)
	link := path(w.a.Link(w.pending(), "ops"))
	for range 2 {
		status, page := w.get(link)
		if status != 200 {
			t.Fatalf("status %d: %s", status, page)
		}
		for _, want := range []string{
			"web in cluster default", "CANARY", "POST_TEST_TRAFFIC_SHIFT", "2026-11-21 11:50:00 UTC", "2026-11-21 12:50:00 UTC; then it rolls back",
			"<dd>222</dd>", "<dd>111</dd>", "web:2", "shop:v1", "shop:v2&lt;script&gt;", "sha256:222", "<dt>Production traffic</dt><dd>100 %</dd>", `value="approve"`, `value="reject"`,
		} {
			if !strings.Contains(page, want) {
				t.Errorf("the page lacks %q", want)
			}
		}
		if strings.Contains(page, "<script") || strings.Contains(page, "ZgotmplZ") {
			t.Errorf("page %s", page)
		}
		style := page[strings.Index(page, "<style>")+7 : strings.Index(page, "</style>")]
		if sum := sha256.Sum256([]byte(style)); !strings.Contains(pagePolicy, base64.StdEncoding.EncodeToString(sum[:])) {
			t.Error("the policy does not allow the style of the page")
		}
	}
	if status, _ := w.do("HEAD", link, "", ""); status != 200 {
		t.Errorf("HEAD: %d", status)
	}
	if status, _ := w.do("PUT", link, "", ""); status != 405 {
		t.Errorf("PUT: %d", status)
	}
	if now := w.stored(d); len(now.Answers)+len(now.Decisions) > 0 {
		t.Errorf("looking changed the deployment: %+v", now)
	}
}

func TestLinkDecides(t *testing.T) {
	for _, c := range []struct {
		decision, action, says string
	}{
		{"approve", "CONTINUE", "goes on"},
		{"reject", "ROLLBACK", "rolls back"},
	} {
		t.Run(c.decision, func(t *testing.T) {
			w := newWorld(t)
			d := w.deployment("web", nil)
			link := path(w.a.Link(w.pending(), "ops"))
			status, page := w.form(link, "decision", c.decision, "reason", " errors <0.1 % ", "name", "Ann\nLee")
			if status != 200 || !strings.Contains(page, c.says) || !strings.Contains(page, "errors &lt;0.1 %") {
				t.Fatalf("%d %s", status, page)
			}
			now := w.stored(d)
			want := state.Decision{
				At: noon, Action: state.DecisionAction(c.action), HookID: "ecs-pause-web", Stage: "POST_TEST_TRAFFIC_SHIFT",
				By: "link ops (Ann Lee)", From: "link 10.0.0.7", Reason: "errors <0.1 %",
			}
			if len(now.Decisions) != 1 || now.Decisions[0] != want || len(now.Answers) != 1 || now.Answers[0].Action != c.action {
				t.Fatalf("decisions %+v, answers %+v", now.Decisions, now.Answers)
			}
			for _, again := range []func() (int, string){
				func() (int, string) { return w.get(link) },
				func() (int, string) { return w.form(link, "decision", "reject", "reason", "no") },
			} {
				if status, page := again(); status != 410 || !strings.Contains(page, "decided already") || !strings.Contains(page, "link ops (Ann Lee)") {
					t.Errorf("a used link: %d %s", status, page)
				}
			}
			if now := w.stored(d); len(now.Decisions) != 1 {
				t.Errorf("decided twice: %+v", now.Decisions)
			}
			status, doc := w.get("/grue/decisions?service=web")
			if status != 200 || !strings.Contains(doc, `"by":"link ops (Ann Lee)"`) || !strings.Contains(doc, `"from":"link 10.0.0.7"`) {
				t.Errorf("decisions: %d %s", status, doc)
			}
		})
	}
}

func TestLinkRefuses(t *testing.T) {
	w := newWorld(t)
	d := w.deployment("web", nil)
	link := path(w.a.Link(w.pending(), ""))
	for _, c := range []struct {
		name   string
		fields []string
		says   string
	}{
		{"no reason", []string{"decision", "approve"}, "Say why"},
		{"blank reason", []string{"decision", "approve", "reason", "  \n"}, "Say why"},
		{"no decision", []string{"reason", "fine"}, "Press Approve"},
		{"unknown decision", []string{"decision", "maybe", "reason", "fine"}, "Press Approve"},
		{"long reason", []string{"decision", "approve", "reason", strings.Repeat("x", 1001)}, "1000 characters"},
		{"long name", []string{"decision", "approve", "reason", "fine", "name", strings.Repeat("x", 101)}, "name is too long"},
		{"huge", []string{"decision", "approve", "reason", strings.Repeat("x", 20000)}, "could not be read"},
	} {
		if status, page := w.form(link, c.fields...); status != 400 || !strings.Contains(page, c.says) {
			t.Errorf("%s: %d %s", c.name, status, page)
		}
	}
	if now := w.stored(d); len(now.Answers)+len(now.Decisions) > 0 {
		t.Errorf("a refused form changed the deployment: %+v", now)
	}
}

// TestLinkForgery: no byte of a token can change.
func TestLinkForgery(t *testing.T) {
	w := newWorld(t)
	d := w.deployment("web", nil)
	link := path(w.a.Link(w.pending(), "ops"))
	good := strings.TrimPrefix(link, LinkPath)
	forged := []string{"", ".x", "x", good + "A", strings.TrimSuffix(good, good[len(good)-4:]), good[strings.Index(good, "."):], strings.Repeat("A", 5000) + ".AAAA"}
	for i := range good {
		c := byte('A')
		if good[i] == c {
			c = 'B'
		}
		forged = append(forged, good[:i]+string(c)+good[i+1:])
	}
	other := &token{Account: home.Account, Region: home.Region, Cluster: "default", Service: "web", Deployment: d.ID, Hook: "ecs-pause-web", Expires: noon.Add(time.Hour).UnixMilli()}
	forged = append(forged, other.sign([]byte("another key of thirty-two bytes!")))
	for _, text := range forged {
		if status, page := w.form(LinkPath+text, "decision", "approve", "reason", "forged"); status != 404 || !strings.Contains(page, "Nothing was changed") {
			t.Fatalf("token %q: %d %s", text, status, page)
		}
	}
	if now := w.stored(d); len(now.Answers)+len(now.Decisions) > 0 {
		t.Errorf("a forged link changed the deployment: %+v", now)
	}
}

// TestLinkDies: once nobody waits, a link says why and changes nothing.
func TestLinkDies(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(w *world, d *state.Deployment)
		says   string
	}{
		{"decided elsewhere", func(w *world, d *state.Deployment) { w.decide(d) }, "decided already"},
		{"time is over", func(w *world, _ *state.Deployment) { w.now = noon.Add(50 * time.Minute) }, "was over at 2026-11-21 12:50:00 UTC"},
		{"superseded", func(w *world, d *state.Deployment) {
			w.change(d, func(m *state.Deployment) { m.Machine.SupersededBy, m.Machine.Status = "x", deploy.Stopped })
		}, "newer deployment"},
		{"over", func(w *world, d *state.Deployment) {
			w.change(d, func(m *state.Deployment) { m.Machine.Status = deploy.RollbackSuccessful })
		}, "over, as ROLLBACK_SUCCESSFUL"},
		{"stopping", func(w *world, d *state.Deployment) {
			w.change(d, func(m *state.Deployment) { m.StopRequested = "ROLLBACK" })
		}, "being stopped"},
		{"next stage", func(w *world, d *state.Deployment) {
			w.change(d, func(m *state.Deployment) { m.Machine.Hooks = nil })
		}, "does not wait for this approval any more"},
		{"gone", func(w *world, d *state.Deployment) {
			w.update(func(tx *store.Tx) { state.Deployments.Delete(tx, d.Key()) })
		}, "does not exist any more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			d := w.deployment("web", nil)
			link := path(w.a.Link(w.pending(), "ops"))
			c.change(w, d)
			before := w.stored(d)
			for _, ask := range []func() (int, string){
				func() (int, string) { return w.get(link) },
				func() (int, string) { return w.form(link, "decision", "approve", "reason", "late") },
			} {
				if status, page := ask(); status != 410 || !strings.Contains(page, c.says) || !strings.Contains(page, "Nothing was changed") || strings.Contains(page, "<form") {
					t.Errorf("%d %s", status, page)
				}
			}
			if after := w.stored(d); after != before {
				t.Errorf("it changed the deployment: %+v", after)
			}
		})
	}
}

func (w *world) change(d *state.Deployment, fn func(*state.Deployment)) {
	w.Helper()
	next := *w.stored(d)
	fn(&next)
	w.update(func(tx *store.Tx) { state.Deployments.Put(tx, next.Key(), &next) })
}

// TestLinkUsedAtOnce: of many who press at the same time exactly one decides.
func TestLinkUsedAtOnce(t *testing.T) {
	w := newWorld(t)
	d := w.deployment("web", nil)
	p := w.pending()
	links := []string{path(w.a.Link(p, "ops")), path(w.a.Link(p, "devs"))}
	var won, lost atomic.Int32
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			switch status, _ := w.form(links[i%2], "decision", []string{"approve", "reject"}[i/2%2], "reason", "me first"); status {
			case 200:
				won.Add(1)
			case 410:
				lost.Add(1)
			}
		})
	}
	all.Wait()
	if now := w.stored(d); won.Load() != 1 || lost.Load() != 15 || len(now.Decisions) != 1 || len(now.Answers) != 1 {
		t.Errorf("%d won, %d lost: %+v", won.Load(), lost.Load(), now.Decisions)
	}
}
