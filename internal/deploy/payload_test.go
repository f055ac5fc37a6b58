package deploy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTrafficPlanShares: green's share after each step, in tenths of a per cent.
func TestTrafficPlanShares(t *testing.T) {
	for _, c := range []struct {
		s    Strategy
		c    Config
		want []int
	}{
		{BlueGreen, Config{}, []int{1000}},
		{Canary, Config{CanaryTenths: 1}, []int{1, 1000}}, // 0.1 %
		{Canary, Config{CanaryTenths: 999}, []int{999, 1000}},
		{Linear, Config{LinearTenths: 300}, []int{300, 600, 900, 1000}},
		{Linear, Config{LinearTenths: 335}, []int{335, 670, 1000}},
		{Linear, Config{LinearTenths: 500}, []int{500, 1000}},
	} {
		if got := trafficPlan(c.s, &c.c); !slices.Equal(got, c.want) {
			t.Errorf("%s %+v: %v, want %v", c.s, c.c, got, c.want)
		}
	}
}

// everywhere is a Lambda hook on every stage that has hooks.
var everywhere = HookConfig{Type: Lambda, Target: "arn:check", Stages: []Stage{
	ReconcileService, PreScaleUp, PostScaleUp, TestShift, PostTestShift, PreProductionShift, ProductionShift, PostProduction,
}}

// TestPayloadWeights: what hooks are told about weights in each stage, on the first deployment of a
// service, where several revisions were left, on the way forward and back.
func TestPayloadWeights(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Request
		fail Stage // the hook of this stage fails the last time it is called
		want string
	}{
		{"canary 0.1 %", Request{Strategy: Canary, Config: Config{CanaryTenths: 1}, Sources: []Rev{"1"}, RollbackTo: "1"}, "", `
PRE_SCALE_UP - | -
POST_SCALE_UP - | -
TEST_TRAFFIC_SHIFT - | 1:0,2:100
POST_TEST_TRAFFIC_SHIFT - | -
PRE_PRODUCTION_TRAFFIC_SHIFT 1:100,2:0 | -
PRODUCTION_TRAFFIC_SHIFT 1:99.9,2:0.1 | -
PRE_PRODUCTION_TRAFFIC_SHIFT 1:99.9,2:0.1 | -
PRODUCTION_TRAFFIC_SHIFT 1:0,2:100 | -
POST_PRODUCTION_TRAFFIC_SHIFT - | -
SUCCESSFUL`},
		{"linear 30 %", Request{Strategy: Linear, Config: Config{LinearTenths: 300, TestTraffic: true}, Sources: []Rev{"1"}, RollbackTo: "1"}, PostProduction, `
PRE_SCALE_UP - | -
POST_SCALE_UP - | -
TEST_TRAFFIC_SHIFT - | 1:0,2:100
POST_TEST_TRAFFIC_SHIFT - | -
PRE_PRODUCTION_TRAFFIC_SHIFT 1:100,2:0 | -
PRODUCTION_TRAFFIC_SHIFT 1:70,2:30 | -
PRE_PRODUCTION_TRAFFIC_SHIFT 1:70,2:30 | -
PRODUCTION_TRAFFIC_SHIFT 1:40,2:60 | -
PRE_PRODUCTION_TRAFFIC_SHIFT 1:40,2:60 | -
PRODUCTION_TRAFFIC_SHIFT 1:10,2:90 | -
PRE_PRODUCTION_TRAFFIC_SHIFT 1:10,2:90 | -
PRODUCTION_TRAFFIC_SHIFT 1:0,2:100 | -
POST_PRODUCTION_TRAFFIC_SHIFT - | -
back PRODUCTION_TRAFFIC_SHIFT 1:100,2:0 | -
back TEST_TRAFFIC_SHIFT - | 1:100,2:0
ROLLBACK_SUCCESSFUL`},
		{"before production", Request{Strategy: BlueGreen, Config: Config{TestTraffic: true}, Sources: []Rev{"1"}, RollbackTo: "1"}, PostTestShift, `
PRE_SCALE_UP - | -
POST_SCALE_UP - | -
TEST_TRAFFIC_SHIFT - | 1:0,2:100
POST_TEST_TRAFFIC_SHIFT - | -
back TEST_TRAFFIC_SHIFT - | 1:100,2:0
ROLLBACK_SUCCESSFUL`},
		{"before any shift", Request{Strategy: BlueGreen, Sources: []Rev{"1"}, RollbackTo: "1"}, PostScaleUp, `
PRE_SCALE_UP - | -
POST_SCALE_UP - | -
ROLLBACK_SUCCESSFUL`},
		{"the first of a service", Request{Strategy: BlueGreen, Config: Config{TestTraffic: true}}, "", `
PRE_SCALE_UP - | -
POST_SCALE_UP - | -
TEST_TRAFFIC_SHIFT - | 2:100
POST_TEST_TRAFFIC_SHIFT - | -
PRE_PRODUCTION_TRAFFIC_SHIFT 2:0 | -
PRODUCTION_TRAFFIC_SHIFT 2:100 | -
POST_PRODUCTION_TRAFFIC_SHIFT - | -
SUCCESSFUL`},
		{"after an interrupted one", Request{
			Strategy: BlueGreen, Sources: []Rev{"1", "9"}, RollbackTo: "1",
			Production: []Share{{"1", 700}, {"9", 300}},
		}, ReconcileService, `
RECONCILE_SERVICE 1:100,2:0 | 1:100,2:0
ROLLBACK_SUCCESSFUL`},
		{"after a first one that was interrupted in its shift", Request{
			Strategy: BlueGreen, Sources: []Rev{"1"}, Production: []Share{{"1", 200}},
		}, "", `
RECONCILE_SERVICE 1:100,2:0 | 1:100,2:0
PRE_SCALE_UP - | -
POST_SCALE_UP - | -
TEST_TRAFFIC_SHIFT - | 1:0,2:100
POST_TEST_TRAFFIC_SHIFT - | -
PRE_PRODUCTION_TRAFFIC_SHIFT 1:100,2:0 | -
PRODUCTION_TRAFFIC_SHIFT 1:0,2:100 | -
POST_PRODUCTION_TRAFFIC_SHIFT - | -
SUCCESSFUL`},
		{"after a first one that was interrupted in its bake", Request{
			Strategy: BlueGreen, Sources: []Rev{"1"}, Production: []Share{{"1", 1000}},
		}, "", `
PRE_SCALE_UP - | -
POST_SCALE_UP - | -
TEST_TRAFFIC_SHIFT - | 1:0,2:100
POST_TEST_TRAFFIC_SHIFT - | -
PRE_PRODUCTION_TRAFFIC_SHIFT 1:100,2:0 | -
PRODUCTION_TRAFFIC_SHIFT 1:0,2:100 | -
POST_PRODUCTION_TRAFFIC_SHIFT - | -
SUCCESSFUL`},
		{"rolling", Request{Strategy: Rolling, Sources: []Rev{"1"}, RollbackTo: "1"}, "", `
PRE_SCALE_UP - | -
POST_SCALE_UP - | -
SUCCESSFUL`},
		{"rolling, back", Request{Strategy: Rolling, Sources: []Rev{"1"}, RollbackTo: "1"}, PostScaleUp, `
PRE_SCALE_UP - | -
POST_SCALE_UP - | -
ROLLBACK_SUCCESSFUL`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := calls(t, c.r, c.fail); got != strings.TrimSpace(c.want) {
				t.Errorf("got\n%s", got)
			}
		})
	}
}

// calls plays a deployment whose tasks, proxies and hooks obey at once, and lists
// the calls of hooks.
func calls(t *testing.T, r Request, fail Stage) string {
	r.ID, r.Target, r.Desired = "sd", "2", 1
	r.Config.Hooks = []HookConfig{everywhere}
	now := time.Unix(0, 0)
	d := New(r, now)
	var out []string
	queue := []Event{Start{Desired: 1, Counts: []Counts{}}}
	for n := 0; !d.Status.Terminal() && n < 200; n++ {
		now = now.Add(time.Second)
		var ev Event = Observed{Desired: 1, Counts: obedient(d)}
		if len(queue) > 0 {
			ev, queue = queue[0], queue[1:]
		}
		for _, e := range Step(d, ev, now) {
			switch e := e.(type) {
			case SetWeights:
				queue = append(queue, RouteAcked{Version: e.Version})
			case InvokeHook:
				line := string(e.Hook.Stage) + " " + showShares(e.Production) + " | " + showShares(e.Test)
				status := HookSucceeded
				if e.Hook.Undo {
					line = "back " + line
				} else if e.Hook.Stage == fail {
					status = HookFailed
				}
				out = append(out, line)
				queue = append(queue, HookResult{Execution: e.Hook.Execution, Call: e.Hook.Call, Status: status})
			}
		}
		if err := Check(d); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(append(out, string(d.Status)), "\n")
}

// obedient are tasks exactly as wanted.
func obedient(d *Deployment) []Counts {
	counts := []Counts{}
	for _, g := range d.Goals {
		if g.Want > 0 {
			counts = append(counts, Counts{Rev: g.Rev, Running: g.Want, Healthy: g.Want})
		}
	}
	return counts
}
