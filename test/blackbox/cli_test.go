package blackbox

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestCLISteersDeployments: people and CI drive canaries with grue's own verbs,
// whose exit codes tell a deployment from a rollback and from a pause. No request
// fails over all of it.
func TestCLISteersDeployments(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	config := harness.Canary(20, 1)
	config.DeploymentCircuitBreaker = &types.DeploymentCircuitBreaker{
		Enable: true, Rollback: true, ThresholdConfiguration: &types.ThresholdConfiguration{Type: types.ThresholdTypeCount, Value: 1},
	}
	svc := g.NewShift(t, harness.ShiftSpec{Name: "steered", Image: g.Guest(t, "v1", ""), Count: 1, Config: config})
	load := harness.StartTraffic(t, harness.Lane{Kind: "prod", URL: svc.Fronts[0].URL})
	expect := func(out string, words ...string) {
		t.Helper()
		for _, w := range words {
			if !strings.Contains(out, w) {
				t.Errorf("%q was not said:\n%s", w, out)
			}
		}
	}

	v2 := g.GuestAs(t, "steered-v2", "v2", "")
	expect(g.CLI(t, 7, "diff", svc.Name, "--image", v2, "--exit-code"), "containerDefinitions[app].image", "@sha256:")
	expect(g.CLI(t, 0, "deploy", svc.Name, "--image", v2, "--wait", "done", "--reason", "release 2"),
		"registered steered:2", "steered: steered:2 is deployed")
	load.Only(t, "after the deployment", "v2", 20, "prod")

	expect(g.CLI(t, 3, "deploy", svc.Name, "--image", g.Guest(t, "v3", "exit")), "steered: steered:3 was rolled back")
	load.Only(t, "after the rollback", "v2", 20, "prod")

	config.LifecycleHooks = []types.DeploymentLifecycleHook{harness.PauseAt(preShift)}
	svc.Configure(t, config)
	expect(g.CLI(t, 4, "deploy", svc.Name, "--image", g.Guest(t, "v4", "")), "waits for approval: grue approve steered")
	expect(g.CLI(t, 0, "approvals", svc.Name), "steered:2 → steered:4")
	expect(g.CLI(t, 4, "approve", svc.Name, "--reason", "green answers", "--wait", "done"), "20 %") // before the second step
	expect(g.CLI(t, 0, "approve", svc.Name, "--wait", "done"), "steered:4 is deployed")
	load.Only(t, "after two approvals", "v4", 20, "prod")

	g.CLI(t, 4, "deploy", svc.Name, "--image", g.Guest(t, "v5", ""), "--quiet")
	expect(g.CLI(t, 3, "reject", svc.Name, "--reason", "not today"), "steered:5 was rolled back")
	if n := load.Seen("prod", "v5"); n > 0 {
		t.Errorf("%d requests were answered by the version that was rejected", n)
	}
	// The way back leads to what ran then, whatever its tag means today.
	svc.Configure(t, harness.Canary(20, 0))
	g.GuestAs(t, "steered-v2", "moved", "")
	expect(g.CLI(t, 0, "rollback", svc.Name), "(steered:2)", "points elsewhere today; pinned to", "steered:6 is deployed")
	load.Only(t, "after the way back", "v2", 20, "prod")
	load.StopAndExpectNoFailures(t)
}
