package blackbox

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// undoing is one service on which a cause of rollback is tried at one stage after another.
type undoing struct {
	*harness.Shift
	g     *harness.Grue
	load  *harness.Traffic
	stage harness.Stage
	fails atomic.Bool   // the failing hook answers FAILED
	hook  *harness.Hook // held and failing hook of the service
	alarm string
}

// answer holds a stage, until it is to fail; hooks of the way back succeed.
func (u *undoing) answer(c harness.HookCall) any {
	green := c.ExecutionDetails.TargetServiceRevisionARN
	for _, w := range []map[string]float64{c.ExecutionDetails.ProductionTrafficWeights, c.ExecutionDetails.TestTrafficWeights} {
		if share, told := w[green]; told && share == 0 && c.LifecycleStage != preShift {
			return harness.Say(succeeds)
		}
	}
	if u.fails.Load() {
		return harness.Say("FAILED")
	}
	return harness.Again(1)
}

// causes of rollback, and the stages in which each can happen.
var causes = map[string]struct {
	stages []harness.Stage
	mode   string // of green's image
	change func(u *undoing, c *types.DeploymentConfiguration)
	happen func(t *testing.T, u *undoing, d types.ServiceDeployment)
	reason string
}{
	"alarm": {
		stages: []harness.Stage{preScaleUp, scaleUp, upScaled, testShift, postTest, preShift, shift, postShift, bakeTime},
		change: func(u *undoing, c *types.DeploymentConfiguration) { harness.Watched(c, u.alarm) },
		happen: func(t *testing.T, u *undoing, _ types.ServiceDeployment) { u.g.SetAlarm(t, u.alarm, alarmed) },
		reason: "alarm(s) undo-alarm triggered.",
	},
	"stop": {
		stages: []harness.Stage{preScaleUp, scaleUp, upScaled, testShift, postTest, preShift, shift, postShift, bakeTime},
		happen: func(t *testing.T, u *undoing, _ types.ServiceDeployment) { u.StopDeployment(t) },
		reason: "StopServiceDeployment was called.",
	},
	"hook": {
		stages: []harness.Stage{preScaleUp, upScaled, testShift, postTest, preShift, shift, postShift},
		change: func(u *undoing, c *types.DeploymentConfiguration) {
			if c.LifecycleHooks[0].TargetType == types.DeploymentLifecycleHookTargetTypePause {
				c.LifecycleHooks = append(c.LifecycleHooks, u.hook.On(types.DeploymentLifecycleHookStage(u.stage)))
			}
		},
		happen: func(_ *testing.T, u *undoing, _ types.ServiceDeployment) { u.fails.Store(true) },
		reason: "<stage> lifecycle hook(s) failed. Lifecycle hook target <arn> returned FAILED status.",
	},
	"reject": {
		stages: []harness.Stage{preScaleUp, upScaled, postTest, preShift, postShift},
		happen: func(t *testing.T, u *undoing, d types.ServiceDeployment) { u.Answer(t, d, goBack) },
		reason: "ContinueServiceDeployment was called with ROLLBACK.",
	},
	"pause": {
		stages: []harness.Stage{preScaleUp, upScaled, postTest, preShift, postShift},
		change: func(_ *undoing, c *types.DeploymentConfiguration) {
			c.LifecycleHooks[0] = harness.Timeout(c.LifecycleHooks[0], 1, goBack)
		},
		reason: "<stage> pause hook timed out.",
	},
	"crash": {
		stages: []harness.Stage{scaleUp}, mode: "exit", change: breaker(0),
		reason: "the circuit breaker threshold was exceeded.",
	},
	"ill": {
		stages: []harness.Stage{upScaled, postTest, bakeTime}, change: breaker(1),
		happen: func(t *testing.T, u *undoing, _ types.ServiceDeployment) { tell(t, u.Service, "ill") },
		reason: "the circuit breaker threshold was exceeded.",
	},
}

// breaker switches the circuit breaker on; with a threshold or ECS's own.
func breaker(threshold int32) func(*undoing, *types.DeploymentConfiguration) {
	return func(_ *undoing, c *types.DeploymentConfiguration) {
		c.DeploymentCircuitBreaker = &types.DeploymentCircuitBreaker{Enable: true, Rollback: true}
		if threshold > 0 {
			c.DeploymentCircuitBreaker.ThresholdConfiguration = &types.ThresholdConfiguration{Type: types.ThresholdTypeCount, Value: threshold}
		}
	}
}

// TestRollback: from every stage, by every cause, production and test rules are
// where they were, green is gone, blue's tasks are the same, no request is lost,
// and the next deployment works.
func TestRollback(t *testing.T) {
	t.Parallel()
	for cause, c := range causes {
		t.Run(cause, func(t *testing.T) {
			t.Parallel()
			g := harness.Quick(t)
			name := "undo-" + cause
			u := &undoing{g: g, alarm: name, Shift: g.NewShift(t, harness.ShiftSpec{Name: name, Image: g.Guest(t, "v0", ""), Count: 1})}
			g.NewAlarm(t, name)
			u.hook = g.NewHook(t, name, u.answer)
			front := u.Fronts[0]
			u.load = harness.StartTraffic(t, harness.Lane{Kind: "prod", URL: front.URL}, harness.Lane{Kind: "test", URL: front.TestURL, Connections: 1})
			production, test, blue, tasks := front.Split(t, front.Production), front.Split(t, front.Test), *u.Newest(t).TargetServiceRevision.Arn, u.Tasks(t)
			for i, stage := range c.stages {
				green := fmt.Sprint("v", i+1)
				u.stage = stage
				u.fails.Store(false)
				g.SetAlarm(t, name, calm)
				config := u.hold(stage)
				if c.change != nil {
					c.change(u, config)
				}
				mode := c.mode
				if stage == scaleUp && mode == "" {
					mode = "waiting"
				}
				u.Configure(t, config)
				u.Update(t, g.Guest(t, green, mode))
				if c.happen != nil {
					c.happen(t, u, u.reached(t, green))
				}
				d := u.Ended(t)
				want := "Service deployment rolled back because " + strings.NewReplacer("<stage>", string(stage), "<arn>", u.hook.ARN).Replace(c.reason)
				if d.Status != rolledBack || value(d.StatusReason) != want {
					t.Fatalf("%s: %s %q, want %q\n%s", stage, d.Status, value(d.StatusReason), want, u.Story(t))
				}
				if r := d.Rollback; r == nil || value(r.ServiceRevisionArn) != blue || r.StartedAt == nil {
					t.Errorf("%s: rollback %+v", stage, r)
				}
				if got := front.Split(t, front.Production); got != production {
					t.Errorf("%s: production traffic is split %s, it was %s", stage, got, production)
				}
				if got := front.Split(t, front.Test); got != test {
					t.Errorf("%s: test traffic is split %s, it was %s", stage, got, test)
				}
				if got := u.Tasks(t); !slices.Equal(got, tasks) {
					t.Errorf("%s: tasks %v, they were %v", stage, got, tasks)
				}
				u.load.Only(t, string(stage), "v0", 20, "prod", "test")
				u.never(t, stage, green)
			}
			u.Configure(t, harness.BlueGreen(0))
			replace(t, u.Service, g.Guest(t, "next", ""), successful)
			u.load.Only(t, "the next deployment", "next", 20, "prod", "test")
			u.load.StopAndExpectNoFailures(t)
		})
	}
}

// hold is a configuration with which a deployment waits in a stage.
func (u *undoing) hold(stage harness.Stage) *types.DeploymentConfiguration {
	switch stage {
	case testShift, shift:
		return harness.BlueGreen(0, u.hook.On(types.DeploymentLifecycleHookStage(stage)))
	case scaleUp:
		return harness.BlueGreen(0)
	case bakeTime:
		return harness.BlueGreen(1440)
	}
	return harness.BlueGreen(0, harness.PauseAt(types.DeploymentLifecycleHookStage(stage)))
}

// reached waits until the deployment is held in the stage, and the traffic moved
// that the stage moves.
func (u *undoing) reached(t *testing.T, green string) types.ServiceDeployment {
	t.Helper()
	calls := len(u.hook.Calls())
	switch u.stage {
	case testShift, shift:
		harness.Await(t, "the hook is called", func() bool { return len(u.hook.Calls()) > calls })
	case scaleUp:
		return u.Deployment(t, "a task of green", func(d types.ServiceDeployment) bool {
			return d.LifecycleStage == scaleUp && d.TargetServiceRevision.RunningTaskCount == 1
		})
	case bakeTime:
	default:
		u.Paused(t, u.stage)
	}
	switch u.stage {
	case testShift, postTest, preShift:
		u.load.Only(t, string(u.stage), green, 10, "test")
		u.load.Only(t, string(u.stage), "v0", 10, "prod")
	case shift, postShift, bakeTime:
		u.At(t, u.stage)
		u.load.Only(t, string(u.stage), green, 10, "prod", "test")
	}
	return u.At(t, u.stage)
}

// never checks that green answered nobody before its stage.
func (u *undoing) never(t *testing.T, stage harness.Stage, green string) {
	t.Helper()
	switch stage {
	case shift, postShift, bakeTime:
		return
	case preScaleUp, scaleUp, upScaled:
		if n := u.load.Seen("test", green); n > 0 {
			t.Errorf("%s: green answered %d test requests", stage, n)
		}
	}
	if n := u.load.Seen("prod", green); n > 0 {
		t.Errorf("%s: green answered %d production requests", stage, n)
	}
}

// TestRollbackFromCleanUp: blue is on its way out already; it is complete again
// before it gets the traffic back.
func TestRollbackFromCleanUp(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{
		Name: "undo-clean-up", Image: g.Guest(t, "v1", "stubborn"), Count: 2,
		Define: func(in *ecs.RegisterTaskDefinitionInput) { in.ContainerDefinitions[0].StopTimeout = aws.Int32(30) },
	})
	front := svc.Fronts[0]
	live := front.Live(t)
	load := harness.StartTraffic(t, harness.Lane{URL: front.URL})
	svc.Update(t, g.Guest(t, "v2", ""))
	svc.At(t, cleanUp)
	svc.StopDeployment(t)
	if d := svc.Ended(t); d.Status != rolledBack {
		t.Errorf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	if front.Live(t) != live {
		t.Error("production is not where it was")
	}
	load.Only(t, "after the rollback", "v1", 50, "")
	load.StopAndExpectNoFailures(t)
}
