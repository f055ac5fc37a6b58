package blackbox

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// grueFor starts a grue; tests need root for the embedded runtime.
func grueFor(t *testing.T, args ...string) *harness.Grue {
	t.Helper()
	return harness.Start(t, args...)
}

func TestRollingUpdateLosesNoRequest(t *testing.T) {
	t.Parallel()
	g := grueFor(t)
	svc := g.NewService(t, "web", g.Guest(t, "v1", ""), 3)
	load := harness.StartLoad(t, svc.URL)
	harness.Await(t, "answers of v1", func() bool { return load.Seen("v1") > 100 })
	for _, v := range []string{"v2", "v3"} {
		svc.Update(t, g.Guest(t, v, "slow"))
		if got := svc.Wait(t); got != types.ServiceDeploymentStatusSuccessful {
			t.Fatalf("deployment of %s: %s\n%s", v, got, svc.Story(t))
		}
		harness.Await(t, "answers of "+v, func() bool { return load.Seen(v) > 100 })
	}
	load.StopAndExpectNoFailures(t)
	want := []string{"has started 3 tasks", "registered 1 targets in (target-group ", "deregistered ", "has begun draining connections on ", "has stopped ", "deployment completed.", "has reached a steady state."}
	for _, w := range want {
		if story := svc.Story(t); !strings.Contains(story, w) {
			t.Errorf("no event %q in\n%s", w, story)
		}
	}
}

func TestFailingVersionRollsBack(t *testing.T) {
	t.Parallel()
	g := grueFor(t)
	svc := g.NewService(t, "web", g.Guest(t, "good", ""), 2)
	load := harness.StartLoad(t, svc.URL)
	for _, c := range []struct{ name, image string }{
		{"no such image", g.Listen + "/guest:absent"},
		{"exits at once", g.Guest(t, "exits", "exit")},
		{"never healthy", g.Guest(t, "unhealthy", "unhealthy")},
		{"dies soon after it listens", g.Guest(t, "crash", "crash")},
	} {
		svc.Update(t, c.image)
		if got := svc.Wait(t); got != types.ServiceDeploymentStatusRollbackSuccessful {
			t.Errorf("%s: %s\n%s", c.name, got, svc.Story(t))
		}
		if n := load.Seen("unhealthy"); n > 0 {
			t.Errorf("%s: %d requests were answered by an unhealthy version", c.name, n)
		}
		// A version that answers and then dies breaks the requests it had: those alone
		// may fail.
		most := 0
		if c.name == "dies soon after it listens" {
			most = 60
		}
		if sent, failed := load.Requests(); failed > most {
			t.Errorf("%s: %d of %d requests failed; the version that dies answered %d", c.name, failed, sent, load.Seen("crash"))
		}
	}
	load.Stop()
	if s := svc.Describe(t); !strings.HasSuffix(*s.TaskDefinition, ":1") {
		t.Errorf("the service runs %s after three rollbacks", *s.TaskDefinition)
	}
}
