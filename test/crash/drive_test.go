package crash

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// run makes one deployment in which the server dies at each of some points, all
// of one kind, and checks everything. "name:4" means the fourth time that a process
// gets there.
func (r *rig) run(t *testing.T, points ...string) {
	t.Helper()
	first, _, _ := strings.Cut(points[0], ":")
	k := kinds[first]
	if k == another {
		r.firstOfAnother(t, points...)
		return
	}
	story := &story{began: time.Now(), before: r.deployments(t), source: r.svc.Newest(t)}
	load := harness.StartTraffic(t, harness.Lane{URL: r.svc.URL})
	if k != restart {
		r.arm(t, points...)
	}
	version, image := r.push(t, k)
	r.update(t, image)
	if k == restart {
		r.arm(t, points...)
		r.g.KillAny("server") // it may just have died at a point that it reaches now and then
	}
	want := types.ServiceDeploymentStatusSuccessful
	if k == stopped || k == alarmed {
		want = types.ServiceDeploymentStatusRollbackSuccessful
	} else {
		r.live = version
	}
	story.d = r.drive(t, k)
	r.died(t, points)
	r.svc.Wait(t)
	if story.d.Status != want {
		t.Errorf("the deployment ended %s, want %s: %s\n%s", story.d.Status, want, aws.ToString(story.d.StatusReason), r.svc.Story(t))
	}
	load.Only(t, "after the deployment", r.live, 20, "")
	load.StopAndExpectNoFailures(t)
	r.check(t, story)
	r.ledger.check(t)
	r.arm(t)
	if k == alarmed {
		r.calm(t)
	}
}

// died waits until the server died at all the points.
func (r *rig) died(t *testing.T, points []string) {
	t.Helper()
	missing := func() []string {
		fired := r.fired()
		return slices.DeleteFunc(slices.Clone(points), func(p string) bool {
			name, _, _ := strings.Cut(p, ":")
			return slices.Contains(fired, name)
		})
	}
	if harness.Eventually(func() bool { return len(missing()) == 0 }) != nil {
		t.Errorf("the server never reached %v", missing())
	}
	r.g.Healthy()
}

var over = []types.ServiceDeploymentStatus{"SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"}

// drive brings the newest deployment to its end: it answers pauses, or does, once, what
// rolls the deployment back. An alarm that is set by hand stays so for a minute only, in
// which the server may be dead: it must have been heard all the same.
func (r *rig) drive(t *testing.T, k kind) (d types.ServiceDeployment) {
	t.Helper()
	done := false
	harness.Await(t, "the end of the deployment", func() bool {
		d = r.svc.Newest(t)
		waiting := harness.Waiting(d)
		now := len(waiting) > 0 || !r.s.shifts && d.Status == types.ServiceDeploymentStatusInProgress
		switch {
		case slices.Contains(over, d.Status):
			return true
		case !now || done:
		case k == stopped:
			out, err := r.g.ECS().StopServiceDeployment(context.Background(), &ecs.StopServiceDeploymentInput{
				ServiceDeploymentArn: d.ServiceDeploymentArn, StopType: types.StopServiceDeploymentStopTypeRollback,
			})
			told(t, out, err)
			done = true
		case k == alarmed:
			r.g.SetAlarm(t, "errors", cwtypes.StateValueAlarm)
			done = true
		default:
			for _, id := range waiting {
				out, err := r.g.ECS().ContinueServiceDeployment(context.Background(), &ecs.ContinueServiceDeploymentInput{
					ServiceDeploymentArn: d.ServiceDeploymentArn, HookId: &id, Action: types.DeploymentLifecycleHookActionContinue,
				})
				told(t, out, err)
			}
		}
		return false
	})
	return d
}

// firstOfAnother makes another service and deletes it, while the server dies.
func (r *rig) firstOfAnother(t *testing.T, points ...string) {
	t.Helper()
	load := harness.StartTraffic(t, harness.Lane{URL: r.svc.URL})
	r.n++
	name := harness.Plain(points[0])
	x := r.g.PrepareShift(t, r.spec(name, r.g.Guest(t, r.live, "")))
	r.arm(t, points...)
	in := x.Input(t)
	must(r.g.ECS().CreateService(context.Background(), in))(t)
	other := *r
	other.svc = x
	d := other.drive(t, plain)
	x.Wait(t)
	if n := other.deployments(t); d.Status != types.ServiceDeploymentStatusSuccessful || n != 1 {
		t.Errorf("%d deployments, the newest is %s\n%s", n, d.Status, x.Story(t))
	}
	own := harness.StartTraffic(t, harness.Lane{URL: x.URL})
	own.Only(t, "the other service", r.live, 20, "")
	own.StopAndExpectNoFailures(t)
	must(r.g.ECS().DeleteService(context.Background(), &ecs.DeleteServiceInput{Service: &name, Force: aws.Bool(true)}))(t)
	harness.Await(t, "the other service is INACTIVE", func() bool { return *x.Describe(t).Status == "INACTIVE" })
	r.died(t, points)
	load.Only(t, "afterwards", r.live, 20, "")
	load.StopAndExpectNoFailures(t)
	r.noLeaks(t)
	r.ledger.check(t)
	r.arm(t)
}
