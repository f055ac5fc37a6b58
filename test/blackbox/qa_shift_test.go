package blackbox

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestTargetsTakenOutByHand: somebody deregisters the targets of green while a
// deployment waits. Their tasks get no requests any more, so they are replaced,
// with an event that says why, and the deployment goes on with the new ones.
func TestTargetsTakenOutByHand(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: "taken-out", Image: g.Guest(t, "v1", ""), Count: 1})
	load := harness.StartTraffic(t, harness.Lane{URL: svc.URL})
	svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(preShift)))
	blue := svc.Tasks(t)
	svc.Update(t, g.Guest(t, "v2", ""))
	d := svc.Paused(t, preShift)
	green := slices.DeleteFunc(svc.Tasks(t), func(x string) bool { return slices.Contains(blue, x) })
	ip := ""
	for _, task := range svc.Details(t) {
		if slices.Contains(green, *task.TaskArn) {
			ip = harness.Detail(task, "privateIPv4Address")
		}
	}
	group := svc.Fronts[0].Groups[1-svc.Fronts[0].Live(t)]
	if _, err := g.ELB().DeregisterTargets(t.Context(), &elb.DeregisterTargetsInput{
		TargetGroupArn: &group, Targets: []elbtypes.TargetDescription{{Id: &ip, Port: aws.Int32(8080)}},
	}); err != nil {
		t.Fatal(err)
	}
	harness.Await(t, "another task of green", func() bool {
		now := svc.Tasks(t)
		return len(now) == 2 && !slices.Contains(now, green[0])
	})
	svc.Answer(t, d, goOn)
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	if told := svc.Story(t); !strings.Contains(told, "(port 8080) is unhealthy in (target-group "+group+") due to (reason Target deregistration is in progress).") {
		t.Errorf("no event tells what happened:\n%s", told)
	}
	load.StopAndExpectNoFailures(t)
}
