package blackbox

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/grue-ecs/grue/test/harness"
)

func setListener(t *testing.T, g *harness.Grue, listener string, groups [2]string, a, b int32) {
	t.Helper()
	if _, err := g.ELB().ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: &listener, DefaultActions: harness.Forward(groups, a, b)}); err != nil {
		t.Fatal(err)
	}
}

// TestNLBListenersChangedByHand: listeners that somebody changes or deletes during a
// deployment end it, and the sentence says which; stating them again as they were
// made moves nothing, before, during and after.
func TestNLBListenersChangedByHand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *testing.T, g *harness.Grue, f *harness.Front)
		end    types.ServiceDeploymentStatus
		want   []string
	}{
		"edited": {func(t *testing.T, g *harness.Grue, f *harness.Front) {
			setListener(t, g, f.Production, f.Groups, 50, 50)
		}, rolledBack, []string{"Listener arn:", "was changed during the deployment", " 50"}},
		"deleted": {func(t *testing.T, g *harness.Grue, f *harness.Front) {
			if _, err := g.ELB().DeleteListener(t.Context(), &elb.DeleteListenerInput{ListenerArn: &f.Test}); err != nil {
				t.Fatal(err)
			}
		}, types.ServiceDeploymentStatusRollbackFailed, []string{"One or more listeners not found"}},
		"restated": {func(t *testing.T, g *harness.Grue, f *harness.Front) {
			setListener(t, g, f.Production, f.Groups, 1, 0)
			setListener(t, g, f.Test, f.Groups, 1, 0)
		}, successful, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := harness.Quick(t)
			spec := overTCP
			spec.Test = harness.TestListener
			svc := g.NewShift(t, harness.ShiftSpec{Name: "net-" + name, Image: g.Guest(t, "v1", ""), Count: 1, Fronts: []harness.FrontSpec{spec}})
			f := svc.Fronts[0]
			load := harness.StartTraffic(t, lanes(f)[:2]...)
			tasks := svc.Tasks(t)
			svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(preShift, postShift)))
			svc.Update(t, g.Guest(t, "v2", ""))
			d := svc.Paused(t, preShift)
			c.change(t, g, f)
			if c.end == successful {
				load.Only(t, "before the shift", "v1", 20, "short", "long")
				svc.Answer(t, d, goOn)
				svc.Pass(t, postShift, func(types.ServiceDeployment) {
					c.change(t, g, f)
					load.Only(t, "after the shift", "v2", 20, "short")
				})
			}
			d = svc.Ended(t)
			reason := value(d.StatusReason)
			if d.Status != c.end || len(c.want) > 0 && !strings.HasPrefix(reason, "Service deployment rolled back because of invalid networking configuration. ") {
				t.Errorf("%s %q\n%s", d.Status, reason, svc.Story(t))
			}
			for _, part := range c.want {
				if !strings.Contains(reason, part) {
					t.Errorf("%q does not say %q", reason, part)
				}
			}
			left := "v1"
			if c.end == successful {
				left = "v2"
				c.change(t, g, f)
			} else if after := svc.Tasks(t); !slices.Equal(after, tasks) {
				t.Errorf("tasks %v before, %v after", tasks, after)
			}
			load.Only(t, "at the end", left, 20, "short", "long")
			load.StopAndExpectNoFailures(t)
		})
	}
}
