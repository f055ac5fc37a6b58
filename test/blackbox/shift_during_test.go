package blackbox

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/grue-ecs/grue/test/harness"
)

// TestDesiredCountDuringShift: blue and green follow the desired count alike, at
// every stage, up and down.
func TestDesiredCountDuringShift(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: "scaled", Image: g.Guest(t, "v1", ""), Count: 1})
	load := harness.StartTraffic(t, harness.Lane{URL: svc.URL})
	svc.Configure(t, harness.Canary(50, 0, harness.PauseAt(preScaleUp, upScaled, preShift, postShift)))
	svc.Update(t, g.Guest(t, "v2", ""))
	for i, step := range []struct {
		stage       harness.Stage
		desired     int32
		blue, green int32
	}{
		{preScaleUp, 2, 2, 0}, {upScaled, 3, 3, 3}, {preShift, 1, 1, 1}, {preShift, 2, 2, 2}, {postShift, 3, 3, 3},
	} {
		d := svc.Paused(t, step.stage)
		svc.Scale(t, step.desired)
		svc.Deployment(t, fmt.Sprintf("%d and %d tasks in step %d", step.blue, step.green, i), func(d types.ServiceDeployment) bool {
			a, b := d.SourceServiceRevisions[0], d.TargetServiceRevision
			return a.RunningTaskCount == step.blue && b.RunningTaskCount == step.green && a.PendingTaskCount+b.PendingTaskCount == 0
		})
		svc.Answer(t, d, goOn)
	}
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	if n := len(svc.Tasks(t)); n != 3 {
		t.Errorf("%d tasks", n)
	}
	load.StopAndExpectNoFailures(t)
}

// TestDeploymentDuringDeployment: a newer deployment takes over at any stage. The
// former one is STOPPED, the traffic returns to the last successful revision before
// the newer one's stages begin, and nobody is left unanswered.
func TestDeploymentDuringDeployment(t *testing.T) {
	t.Parallel()
	for i, stage := range []harness.Stage{preScaleUp, upScaled, postTest, preShift, "half-way", postShift, bakeTime} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			g := harness.Quick(t)
			svc := g.NewShift(t, harness.ShiftSpec{Name: fmt.Sprint("overtaken-", i), Image: g.Guest(t, "v1", ""), Count: 1})
			front := svc.Fronts[0]
			live := front.Live(t)
			load := harness.StartTraffic(t, harness.Lane{Kind: "prod", URL: svc.URL}, harness.Lane{Kind: "test", URL: front.TestURL, Connections: 1})
			switch stage {
			case "half-way":
				svc.Configure(t, harness.Canary(50, 1440))
			case bakeTime:
				svc.Configure(t, harness.BlueGreen(1440))
			default:
				svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(types.DeploymentLifecycleHookStage(stage))))
			}
			svc.Update(t, g.Guest(t, "v2", ""))
			var old types.ServiceDeployment
			switch stage {
			case "half-way":
				old = svc.Deployment(t, "half of the traffic on green", func(types.ServiceDeployment) bool { return load.Next(t, "prod", 10)["v2"] > 0 })
			case bakeTime:
				old = svc.At(t, bakeTime)
			default:
				old = svc.Paused(t, stage)
			}
			// The newer one pauses where blue must have all the traffic back.
			svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(preScaleUp)))
			svc.Update(t, g.Guest(t, "v3", ""))
			d := svc.Paused(t, preScaleUp)
			if gone := describeDeployment(t, g, *old.ServiceDeploymentArn); gone.Status != stopped || gone.StoppedAt == nil {
				t.Errorf("the former deployment is %s", gone.Status)
			}
			if stage != preScaleUp {
				if n := len(d.SourceServiceRevisions); n != 2 {
					t.Errorf("%d source revisions", n)
				}
			}
			front.ExpectSplits(t, "after RECONCILE_SERVICE", live, "100:0", "100:0")
			load.Only(t, "after RECONCILE_SERVICE", "v1", 20, "prod", "test")
			for _, id := range harness.Waiting(old) {
				_, err := g.ECS().ContinueServiceDeployment(t.Context(), continueInput(*old.ServiceDeploymentArn, id))
				expect(t, err, "InvalidParameterException", "")
			}
			svc.Answer(t, d, goOn)
			if d := svc.Ended(t); d.Status != successful {
				t.Errorf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
			}
			load.Only(t, "at the end", "v3", 20, "prod", "test")
			load.StopAndExpectNoFailures(t)
		})
	}
}

// TestDeleteDuringShift: everything is drained, the deployment is STOPPED, and
// the rules stay as they were.
func TestDeleteDuringShift(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	for i, stage := range []harness.Stage{upScaled, postShift} {
		t.Run(string(stage), func(t *testing.T) {
			t.Parallel()
			svc := g.NewShift(t, harness.ShiftSpec{Name: fmt.Sprint("deleted-", i), Image: g.Guest(t, "v1", ""), Count: 1})
			svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(types.DeploymentLifecycleHookStage(stage))))
			svc.Update(t, g.Guest(t, "v2", ""))
			d := svc.Paused(t, stage)
			front := svc.Fronts[0]
			before := front.Split(t, front.Production)
			if _, err := g.ECS().DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: &svc.Name, Force: aws.Bool(true)}); err != nil {
				t.Fatal(err)
			}
			harness.Await(t, "INACTIVE", func() bool { return *svc.Describe(t).Status == "INACTIVE" })
			if n := len(svc.Tasks(t)); n != 0 {
				t.Errorf("%d tasks", n)
			}
			if got := describeDeployment(t, g, *d.ServiceDeploymentArn); got.Status != stopped {
				t.Errorf("%s", got.Status)
			}
			if after := front.Split(t, front.Production); after != before {
				t.Errorf("production was split %s, now %s", before, after)
			}
		})
	}
}

// TestRuleChangedByHand: somebody edits or removes a rule during a deployment: it
// is rolled back with a reason that names what was expected and what was found.
// Restating the rule as it was made does not undo the shift.
func TestRuleChangedByHand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *testing.T, g *harness.Grue, f *harness.Front)
		want   []string // parts of statusReason; none = the deployment goes on
	}{
		"edited":      {func(t *testing.T, g *harness.Grue, f *harness.Front) { setRule(t, g, f.Production, f.Groups, 70, 30) }, []string{"expected", "found", " 70", " 30"}},
		"test-edited": {func(t *testing.T, g *harness.Grue, f *harness.Front) { setRule(t, g, f.Test, f.Groups, 10, 90) }, []string{"expected", "found", " 10", " 90"}},
		"test-removed": {func(t *testing.T, g *harness.Grue, f *harness.Front) {
			if _, err := g.ELB().DeleteRule(t.Context(), &elb.DeleteRuleInput{RuleArn: &f.Test}); err != nil {
				t.Fatal(err)
			}
		}, []string{"One or more rules not found"}},
		"restated": {func(t *testing.T, g *harness.Grue, f *harness.Front) {
			setRule(t, g, f.Production, f.Groups, 1, 0)
			setRule(t, g, f.Test, f.Groups, 1, 0)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := harness.Quick(t)
			front := g.NewShift(t, harness.ShiftSpec{Name: "hand-front-" + name, Image: g.Guest(t, "other", ""), Count: 1})
			svc := g.NewShift(t, harness.ShiftSpec{
				Name: "hand-" + name, Image: g.Guest(t, "v1", ""), Count: 1,
				Fronts: []harness.FrontSpec{{Beside: front.Fronts[0], Test: harness.TestHeader}},
			})
			f := svc.Fronts[0]
			load := harness.StartTraffic(t, harness.Lane{URL: f.URL})
			tasks := svc.Tasks(t)
			svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(preShift, postShift)))
			svc.Update(t, g.Guest(t, "v2", ""))
			d := svc.Paused(t, preShift)
			c.change(t, g, f)
			if len(c.want) == 0 {
				load.Only(t, "before the shift", "v1", 20, "")
				svc.Answer(t, d, goOn)
				d = svc.Paused(t, postShift)
				c.change(t, g, f)
				load.Only(t, "after the shift", "v2", 20, "")
				svc.Answer(t, d, goOn)
				if d := svc.Ended(t); d.Status != successful {
					t.Errorf("%s %s", d.Status, value(d.StatusReason))
				}
				c.change(t, g, f)
				load.Only(t, "at the end", "v2", 20, "")
				load.StopAndExpectNoFailures(t)
				return
			}
			d = svc.Ended(t)
			reason, want := value(d.StatusReason), rolledBack
			if name == "test-removed" { // there is no rule to give back to blue
				want = types.ServiceDeploymentStatusRollbackFailed
			}
			if d.Status != want || !strings.HasPrefix(reason, "Service deployment rolled back because of invalid networking configuration. ") {
				t.Errorf("%s %q\n%s", d.Status, reason, svc.Story(t))
			}
			for _, part := range c.want {
				if !strings.Contains(reason, part) {
					t.Errorf("%q does not say %q", reason, part)
				}
			}
			if after := svc.Tasks(t); !slices.Equal(after, tasks) {
				t.Errorf("tasks %v before, %v after", tasks, after)
			}
			load.Only(t, "after the rollback", "v1", 20, "")
			load.Stop()
		})
	}
}

func setRule(t *testing.T, g *harness.Grue, rule string, groups [2]string, a, b int32) {
	t.Helper()
	if _, err := g.ELB().ModifyRule(t.Context(), &elb.ModifyRuleInput{RuleArn: &rule, Actions: harness.Forward(groups, a, b)}); err != nil {
		t.Fatal(err)
	}
}

// TestListenerRestated: Terraform or a script states the listeners as they were
// made, again and again: no traffic moves, before, during and after a deployment.
func TestListenerRestated(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: "restated", Image: g.Guest(t, "v1", ""), Count: 1})
	f := svc.Fronts[0]
	restate := func() {
		t.Helper()
		for _, rule := range []string{f.Production, f.Test} {
			listener := strings.Replace(rule[:strings.LastIndexByte(rule, '/')], ":listener-rule/", ":listener/", 1)
			if _, err := g.ELB().ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: &listener, DefaultActions: harness.Forward(f.Groups, 1, 0)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	load := harness.StartTraffic(t, harness.Lane{Kind: "prod", URL: f.URL}, harness.Lane{Kind: "test", URL: f.TestURL, Connections: 1})
	restate()
	load.Only(t, "before", "v1", 20, "prod", "test")
	svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(preShift, postShift)))
	svc.Update(t, g.Guest(t, "v2", ""))
	svc.Pass(t, preShift, func(types.ServiceDeployment) {
		restate()
		load.Only(t, preShift, "v1", 20, "prod")
		load.Only(t, preShift, "v2", 20, "test")
	})
	svc.Pass(t, postShift, func(types.ServiceDeployment) {
		restate()
		load.Only(t, postShift, "v2", 20, "prod", "test")
	})
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s", d.Status, value(d.StatusReason))
	}
	restate()
	load.Only(t, "after", "v2", 20, "prod", "test")
	load.StopAndExpectNoFailures(t)
}
