package blackbox

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// Lifecycle stages; untyped, for the API has a type for hooks and one for deployments.
const (
	reconcile  = "RECONCILE_SERVICE"
	preScaleUp = "PRE_SCALE_UP"
	scaleUp    = "SCALE_UP"
	upScaled   = "POST_SCALE_UP"
	testShift  = "TEST_TRAFFIC_SHIFT"
	postTest   = "POST_TEST_TRAFFIC_SHIFT"
	preShift   = "PRE_PRODUCTION_TRAFFIC_SHIFT"
	shift      = "PRODUCTION_TRAFFIC_SHIFT"
	postShift  = "POST_PRODUCTION_TRAFFIC_SHIFT"
	bakeTime   = "BAKE_TIME"
	cleanUp    = "CLEAN_UP"
)

const (
	goOn     = types.DeploymentLifecycleHookActionContinue
	goBack   = types.DeploymentLifecycleHookActionRollback
	alarmed  = "ALARM"
	calm     = "OK"
	succeeds = "SUCCEEDED"
)

// gate is a hook's answer: IN_PROGRESS until it is opened for good.
type gate struct{ open atomic.Bool }

func (g *gate) answer(harness.HookCall) any {
	if g.open.Load() {
		return harness.Say(succeeds)
	}
	return harness.Again(1)
}

// summary is running/pending of a revision and its production and test weights.
func summary(r types.ServiceRevisionSummary) string {
	weight := func(w *float64) string {
		if w == nil {
			return "-"
		}
		return fmt.Sprintf("%g", *w)
	}
	return fmt.Sprintf("%d+%d %s %s", r.RunningTaskCount, r.PendingTaskCount, weight(r.RequestedProductionTrafficWeight), weight(r.RequestedTestTrafficWeight))
}

// looks checks running+pending, production and test weight of source and target.
func looks(t *testing.T, d types.ServiceDeployment, source, target string) {
	t.Helper()
	if len(d.SourceServiceRevisions) != 1 {
		t.Fatalf("%s: %d source revisions", d.LifecycleStage, len(d.SourceServiceRevisions))
	}
	if got := summary(d.SourceServiceRevisions[0]); got != source {
		t.Errorf("%s: the source is at %q, want %q", d.LifecycleStage, got, source)
	}
	if got := summary(*d.TargetServiceRevision); got != target {
		t.Errorf("%s: the target is at %q, want %q", d.LifecycleStage, got, target)
	}
}

// resolved lists the target groups that a revision was registered into, as
// DescribeServiceRevisions tells.
func resolved(t *testing.T, g *harness.Grue, revision string) (groups []string) {
	t.Helper()
	out, err := g.ECS().DescribeServiceRevisions(t.Context(), &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{revision}})
	if err != nil || len(out.ServiceRevisions) != 1 {
		t.Fatal(err, out)
	}
	if r := out.ServiceRevisions[0].ResolvedConfiguration; r != nil {
		for _, lb := range r.LoadBalancers {
			groups = append(groups, *lb.TargetGroupArn)
		}
	}
	return groups
}

// replace deploys an image, waits for the end and checks the status.
func replace(t *testing.T, x *harness.Service, image string, want types.ServiceDeploymentStatus) types.ServiceDeployment {
	t.Helper()
	x.Update(t, image)
	d := x.Ended(t)
	if d.Status != want {
		t.Fatalf("%s: %s, want %s: %v\n%s", image, d.Status, want, d.StatusReason, x.Story(t))
	}
	return d
}

func continueInput(deployment, hook string) *ecs.ContinueServiceDeploymentInput {
	return &ecs.ContinueServiceDeploymentInput{ServiceDeploymentArn: &deployment, HookId: &hook}
}
