//go:build slow

package blackbox

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

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

// TestSlowApprovalParameter: a Lambda hook that waits for an SSM parameter is an
// approval like any other.
func TestSlowApprovalParameter(t *testing.T) {
	t.Parallel()
	const name, parameter = "approval-parameter", "/approval/go"
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: name, Image: g.Guest(t, "v1", ""), Count: 1})
	room := newChat(t)
	notification := g.URL() + "/grue/notifications/" + name
	askGrue(t, "PUT", notification, `{"url": "`+room.URL+`", "format": "slack", "events": ["approval"], "services": ["`+name+`"]}`)
	t.Cleanup(func() { askGrue(t, "DELETE", notification, "") })
	parameters := ssm.NewFromConfig(g.Config())
	put := func(value string) {
		if _, err := parameters.PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: aws.String(parameter), Value: &value, Type: ssmtypes.ParameterTypeString, Overwrite: aws.Bool(true),
		}); err != nil {
			t.Fatal(err)
		}
	}
	hook := g.NewHook(t, name, func(harness.HookCall) any {
		out, err := parameters.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String(parameter)})
		if err != nil {
			return harness.Raise(err.Error())
		}
		switch *out.Parameter.Value {
		case "approved":
			return harness.Say("SUCCEEDED")
		case "rejected":
			return harness.Say("FAILED")
		}
		return harness.Again(1)
	})
	h := hook.On(postTest)
	h.HookDetails = document.NewLazyDocument(map[string]any{"parameter": parameter})
	svc.Configure(t, harness.BlueGreen(0, h))
	for i, c := range []struct {
		decision string
		want     types.ServiceDeploymentStatus
	}{{"approve", successful}, {"reject", rolledBack}} {
		put("asked")
		svc.Update(t, g.Guest(t, "v2", strings.Repeat("slow", i)))
		harness.Await(t, "the message", func() bool { return len(room.told()) == i+1 })
		link := button(t, room.await(t, name+": approval needed"), "Approve")
		if status, page := press(t, link, c.decision, "because"); status != http.StatusOK {
			t.Fatalf("%d %s", status, page)
		}
		if d := svc.Ended(t); d.Status != c.want {
			t.Fatalf("%s: %s", d.Status, value(d.StatusReason))
		}
		if status, _ := press(t, link, "approve", "late"); status != http.StatusGone {
			t.Errorf("a used link: %d", status)
		}
		expectDecision(t, g, svc, map[string]string{"approve": "CONTINUE", "reject": "ROLLBACK"}[c.decision], "because")
	}
	if got := room.told(); len(got) != 2 {
		t.Errorf("messages %q", got)
	}
}
