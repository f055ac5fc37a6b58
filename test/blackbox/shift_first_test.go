package blackbox

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestFirstShift with BLUE_GREEN runs every stage and hook, goes to the
// alternate target group, and a pause holds the creation.
func TestFirstShift(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	var mu sync.Mutex
	var stages []string
	hook := g.NewHook(t, "first", func(c harness.HookCall) any {
		mu.Lock()
		defer mu.Unlock()
		stages = append(stages, c.LifecycleStage)
		return harness.Say(succeeds)
	})
	svc := g.NewShift(t, harness.ShiftSpec{
		Name: "first", Image: g.Guest(t, "v1", ""), Count: 2, NoWait: true,
		Config: harness.BlueGreen(1, harness.PauseAt(postTest), hook.On(preScaleUp, upScaled, testShift, postTest, preShift, shift, postShift)),
	})
	front := svc.Fronts[0]
	d := svc.Paused(t, postTest)
	if len(d.SourceServiceRevisions) != 0 || summary(*d.TargetServiceRevision) != "2+0 0 100" {
		t.Errorf("%d sources, target %s", len(d.SourceServiceRevisions), summary(*d.TargetServiceRevision))
	}
	front.ExpectSplits(t, "before the shift", 0, "100:0", "0:100")
	if n := healthy(t, g, front.Groups[1]); n != 2 {
		t.Errorf("%d healthy targets in the alternate group", n)
	}
	load := harness.StartTraffic(t, harness.Lane{Kind: "test", URL: front.TestURL})
	load.Only(t, postTest, "v1", 10, "test")
	if code, _, _ := fetch(t, front.URL, nil); code != 503 {
		t.Errorf("production answers %d before the shift", code)
	}
	svc.Answer(t, d, goOn)
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s", d.Status, value(d.StatusReason))
	}
	if front.Live(t) != 1 {
		t.Error("the first deployment did not go to the alternate group")
	}
	load.StopAndExpectNoFailures(t)
	mu.Lock()
	defer mu.Unlock()
	if want := []string{preScaleUp, upScaled, testShift, postTest, preShift, shift, postShift}; !slices.Equal(stages, want) {
		t.Errorf("hooks of %v, want %v", stages, want)
	}
}

// TestFirstShiftFails: there is nothing to go back to; nothing is launched
// any more, and an update gets the service going.
func TestFirstShiftFails(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	var fine atomic.Bool
	hook := g.NewHook(t, "first-fails", func(harness.HookCall) any {
		if fine.Load() {
			return harness.Say(succeeds)
		}
		return harness.Say("FAILED")
	})
	svc := g.NewShift(t, harness.ShiftSpec{Name: "first-fails", Image: g.Guest(t, "v1", ""), Count: 1, NoWait: true, Config: harness.BlueGreen(0, hook.On(upScaled))})
	d := svc.Deployment(t, "the end", func(d types.ServiceDeployment) bool { return d.FinishedAt != nil })
	want := "Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle hook target " + hook.ARN + " returned FAILED status. No rollback candidate was found to run the rollback."
	if d.Status != types.ServiceDeploymentStatusRollbackFailed || value(d.StatusReason) != want {
		t.Errorf("%s %q, want %q", d.Status, value(d.StatusReason), want)
	}
	fine.Store(true)
	replace(t, svc.Service, g.Guest(t, "v2", ""), successful)
	load := harness.StartTraffic(t, harness.Lane{URL: svc.URL})
	load.Only(t, "after the update", "v2", 20, "")
	load.StopAndExpectNoFailures(t)
}

// TestUpdateDuringFirstShift: who updates a service while its first deployment has
// shifted a part gets the rest of the traffic served, and the update.
func TestUpdateDuringFirstShift(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: "first-update", Image: g.Guest(t, "v1", ""), Count: 1, NoWait: true, Config: harness.Canary(20, 1440)})
	svc.Deployment(t, "a fifth of the traffic", func(d types.ServiceDeployment) bool {
		return d.TargetServiceRevision.RequestedProductionTrafficWeight != nil && *d.TargetServiceRevision.RequestedProductionTrafficWeight == 20
	})
	svc.Change(t, &ecs.UpdateServiceInput{TaskDefinition: svc.Define(t, g.Guest(t, "v2", "")), DeploymentConfiguration: harness.BlueGreen(0, harness.PauseAt(preScaleUp))})
	svc.Paused(t, preScaleUp)
	load := harness.StartTraffic(t, harness.Lane{URL: svc.URL})
	load.Only(t, "before the update's tasks", "v1", 20, "")
	svc.Answer(t, svc.Newest(t), goOn)
	if d := svc.Ended(t); d.Status != successful {
		t.Fatalf("%s %s", d.Status, value(d.StatusReason))
	}
	load.Only(t, "after the update", "v2", 20, "")
	load.StopAndExpectNoFailures(t)
}

// TestHeadless: a service without load balancer has all stages and hooks; the
// weights that they are told are those that they may act upon.
func TestHeadless(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: "headless", Image: g.Guest(t, "v1", ""), Count: 1, Fronts: []harness.FrontSpec{}})
	blue := svc.Tasks(t)
	var mu sync.Mutex
	var got []string
	fail := false
	hook := g.NewHook(t, "headless", func(c harness.HookCall) any {
		mu.Lock()
		defer mu.Unlock()
		green := c.ExecutionDetails.TargetServiceRevisionARN
		line := c.LifecycleStage
		for _, w := range []map[string]float64{c.ExecutionDetails.TestTrafficWeights, c.ExecutionDetails.ProductionTrafficWeights} {
			if share, told := w[green]; told {
				line += map[bool]string{true: " 100", false: " 0"}[share == 100]
			}
		}
		got = append(got, line)
		if fail && c.LifecycleStage == postShift {
			return harness.Say("FAILED")
		}
		return harness.Say(succeeds)
	})
	svc.Configure(t, harness.BlueGreen(1, hook.On(preScaleUp, upScaled, testShift, postTest, preShift, shift, postShift), harness.PauseAt(postShift)))
	svc.Update(t, g.Guest(t, "v2", ""))
	svc.Pass(t, postShift, func(types.ServiceDeployment) {
		if n := len(svc.Tasks(t)); n != 2 {
			t.Errorf("%d tasks", n)
		}
	})
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s", d.Status, value(d.StatusReason))
	}
	want := []string{preScaleUp, upScaled, testShift + " 100", postTest, preShift + " 0", shift + " 100", postShift}
	mu.Lock()
	if !slices.Equal(got, want) {
		t.Errorf("hooks %q, want %q", got, want)
	}
	fail, got = true, nil
	mu.Unlock()
	green := svc.Tasks(t)
	if len(green) != 1 || slices.Contains(blue, green[0]) {
		t.Errorf("tasks %v, blue's were %v", green, blue)
	}
	d := replace(t, svc.Service, g.Guest(t, "v3", ""), rolledBack)
	mu.Lock()
	defer mu.Unlock()
	if want = append(want, shift+" 0", testShift+" 0"); !slices.Equal(got, want) {
		t.Errorf("hooks of a rollback %q, want %q", got, want)
	}
	if after := svc.Tasks(t); !slices.Equal(after, green) {
		t.Errorf("%s: tasks %v, they were %v", d.Status, after, green)
	}
}
