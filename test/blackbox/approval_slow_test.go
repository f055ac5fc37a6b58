//go:build slow

package blackbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/grue-ecs/grue/test/harness"
)

// TestSlowApprovalSurvivesKills: with the server killed again and again, and a
// chat that is busy, every message arrives, in order, and none about an approval
// that never was. A message that comes twice has the same content.
func TestSlowApprovalSurvivesKills(t *testing.T) {
	const name = "killed"
	g := harness.Start(t, "--minute", "1s")
	svc := g.NewShift(t, harness.ShiftSpec{Name: name, Image: g.Guest(t, "v1", ""), Count: 1})
	load := harness.StartTraffic(t, harness.Lane{Kind: "prod", URL: svc.URL})
	room := newChat(t)
	askGrue(t, "PUT", g.URL()+"/grue/notifications/"+name, `{"url": "`+room.URL+`", "format": "slack"}`)
	svc.Configure(t, harness.Canary(25, 1, harness.PauseAt(postTest)))
	room.mu.Lock()
	room.busy = 3
	room.mu.Unlock()
	svc.Update(t, g.Guest(t, "v2", ""))
	for range 3 {
		g.Kill("server")
		g.Healthy()
	}
	svc.Paused(t, postTest)
	g.Kill("server")
	g.Healthy()
	link := button(t, room.await(t, name+": approval needed"), "Approve")
	g.Kill("server") // links are good under the server that follows
	g.Healthy()
	if status, page := press(t, link, "approve", "still good"); status != http.StatusOK {
		t.Fatalf("%d %s", status, page)
	}
	g.Kill("server")
	g.Healthy()
	if d := svc.Ended(t); d.Status != successful {
		t.Fatalf("%s: %s", d.Status, value(d.StatusReason))
	}
	room.await(t, name+": deployed")
	if status, page := press(t, link, "reject", "late"); status != http.StatusGone || !strings.Contains(page, "still good") {
		t.Errorf("a used link: %d %s", status, page)
	}
	if got := slices.Compact(room.told()); !slices.Equal(got, []string{name + ": deployment started", name + ": approval needed", name + ": deployed"}) {
		t.Errorf("messages %q", got)
	}
	load.StopAndExpectNoFailures(t)
}
