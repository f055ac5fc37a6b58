package blackbox

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// within tells whether so many of n requests fit a share p: four standard
// deviations of the binomial distribution.
func within(n, of int, p float64) bool {
	mean, sigma := p*float64(of), math.Sqrt(p*(1-p)*float64(of))
	return math.Abs(float64(n)-mean) <= 4*sigma+1e-9
}

// TestTrafficSteps: at every step of CANARY and LINEAR deployments green gets its
// share and not more, every rule and the API say so, and no request is lost.
func TestTrafficSteps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config func(...types.DeploymentLifecycleHook) *types.DeploymentConfiguration
		plan   []float64
		n      int // requests at each step
	}{
		"canary-12.5": {canary(12.5), []float64{12.5, 100}, 1000},
		"canary-0.1":  {canary(0.1), []float64{0.1, 100}, 3000},
		"linear-33.3": {linear(33.3), []float64{33.3, 66.6, 99.9, 100}, 600},
		"linear-60":   {linear(60), []float64{60, 100}, 600},
		"linear-100":  {linear(100), []float64{100}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := harness.Quick(t)
			tag := harness.Plain(name)
			svc := g.NewShift(t, harness.ShiftSpec{Name: tag, Image: g.Guest(t, "v1", ""), Count: 1, Fronts: []harness.FrontSpec{{}}})
			front := svc.Fronts[0]
			live := front.Live(t)
			lane := harness.Lane{URL: front.URL, Connections: 4, Pace: 4 * time.Millisecond}
			if c.n > 5000 {
				lane.Pace = -1
			}
			svc.Configure(t, c.config(harness.PauseAt(preShift, postShift)))
			svc.Update(t, g.Guest(t, "v2", ""))
			load := harness.StartTraffic(t, lane)
			now := 0.0
			for i, next := range c.plan {
				step := fmt.Sprintf("before step %d", i+1)
				svc.Pass(t, preShift, func(d types.ServiceDeployment) {
					stepCheck(t, step, front, live, now, d)
					if i > 0 {
						share(t, step, load, c.n, now)
					} else {
						load.Only(t, step, "v1", 50, "")
					}
				})
				now = next
			}
			svc.Pass(t, postShift, func(d types.ServiceDeployment) {
				stepCheck(t, "after the last step", front, live, 100, d)
				load.Only(t, "after the last step", "v2", 50, "")
			})
			if d := svc.Ended(t); d.Status != successful {
				t.Errorf("%s\n%s", d.Status, svc.Story(t))
			}
			load.StopAndExpectNoFailures(t)
		})
	}
}

func canary(percent float64) func(...types.DeploymentLifecycleHook) *types.DeploymentConfiguration {
	return func(h ...types.DeploymentLifecycleHook) *types.DeploymentConfiguration {
		return harness.Canary(percent, 0, h...)
	}
}

func linear(percent float64) func(...types.DeploymentLifecycleHook) *types.DeploymentConfiguration {
	return func(h ...types.DeploymentLifecycleHook) *types.DeploymentConfiguration {
		return harness.Linear(percent, 0, h...)
	}
}

// stepCheck checks the weights in the API and in the rule; percent is green's share.
func stepCheck(t *testing.T, what string, front *harness.Front, live int, percent float64, d types.ServiceDeployment) {
	t.Helper()
	blue := math.Round((100-percent)*10) / 10
	looks(t, d, fmt.Sprintf("1+0 %g -", blue), fmt.Sprintf("1+0 %g -", percent))
	front.ExpectSplits(t, what, live, fmt.Sprintf("%g:%g", blue, percent), "")
}

// share checks green's share of the next n requests.
func share(t *testing.T, what string, load *harness.Traffic, n int, percent float64) {
	t.Helper()
	c := load.Next(t, "", n)
	if got := c["v2"]; !within(got, c.Total(), percent/100) {
		t.Errorf("%s: %d of %d requests on green, whose weight is %g %%", what, got, c.Total(), percent)
	}
}

// TestStepBakes: between steps CANARY and LINEAR wait their bake times, after
// 100 % only the final bake follows, and both revisions stay up meanwhile.
func TestStepBakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config *types.DeploymentConfiguration
		bakes  int // minutes, of a second each
	}{
		"bake-canary": {harness.Canary(10, 2), 2 + 1},
		"bake-linear": {harness.Linear(40, 1), 2*1 + 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := harness.Quick(t)
			svc := g.NewShift(t, harness.ShiftSpec{Name: name, Image: g.Guest(t, "v1", ""), Count: 1, Fronts: []harness.FrontSpec{{}}})
			load := harness.StartTraffic(t, harness.Lane{URL: svc.URL})
			one := int32(1)
			c.config.BakeTimeInMinutes = &one
			svc.Configure(t, c.config)
			svc.Update(t, g.Guest(t, "v2", ""))
			life := svc.Life(t)
			d := svc.Ended(t)
			life.Stop()
			if d.Status != successful {
				t.Errorf("%s\n%s", d.Status, svc.Story(t))
			}
			if took := d.FinishedAt.Sub(*d.StartedAt); took < time.Duration(c.bakes)*time.Second {
				t.Errorf("took %v, which is less than its bakes of %d minutes", took, c.bakes)
			}
			for _, look := range life.Looks() {
				if look.LifecycleStage == shift || look.LifecycleStage == bakeTime {
					if src, dst := look.SourceServiceRevisions[0].RunningTaskCount, look.TargetServiceRevision.RunningTaskCount; src != 1 || dst != 1 {
						t.Errorf("%s: %d tasks of blue and %d of green", look.LifecycleStage, src, dst)
					}
				}
			}
			load.StopAndExpectNoFailures(t)
		})
	}
}
