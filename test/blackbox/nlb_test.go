package blackbox

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/test/harness"
)

// The lanes below HTTP: each exchange of "short" is a connection of its own, those
// of "long" live until a task asks its clients to leave. A connection that two
// versions answer counts as failed. There are not too many: a kernel that tracks
// connections remembers each for two minutes, and a full table loses packets.
func lanes(f *harness.Front) []harness.Lane {
	list := []harness.Lane{
		{Kind: "short", Network: "tcp", URL: f.Address, Connections: 2, Pace: 20 * time.Millisecond},
		{Kind: "long", Network: "tcp", URL: f.Address, Connections: 4, Long: true},
	}
	if f.TestAddress != "" {
		list = append(list, harness.Lane{Kind: "test", Network: "tcp", URL: f.TestAddress, Connections: 1})
	}
	return list
}

var overTCP = harness.FrontSpec{Network: elbtypes.ProtocolEnumTcp}

// TestNLBBlueGreen: testers reach green on the test listener's port; new connections
// move when weights do, established ones when blue leaves; none is lost.
func TestNLBBlueGreen(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	spec := overTCP
	spec.Test = harness.TestListener
	svc := g.NewShift(t, harness.ShiftSpec{Name: "net-blue-green", Image: g.Guest(t, "v1", ""), Count: 2, Fronts: []harness.FrontSpec{spec}})
	front := svc.Fronts[0]
	live := front.Live(t)
	load := harness.StartTraffic(t, lanes(front)...)
	load.Only(t, "before", "v1", 20, "short", "long", "test")
	svc.Configure(t, harness.BlueGreen(0, harness.PauseAt(postTest, postShift)))
	svc.Update(t, g.Guest(t, "v2", ""))
	svc.Pass(t, postTest, func(types.ServiceDeployment) {
		front.ExpectSplits(t, "at "+postTest, live, "100:0", "0:100")
		load.Only(t, "at "+postTest, "v2", 10, "test")
		load.Only(t, "at "+postTest, "v1", 20, "short", "long")
	})
	svc.Pass(t, postShift, func(types.ServiceDeployment) {
		front.ExpectSplits(t, "at "+postShift, live, "0:100", "0:100")
		load.Only(t, "at "+postShift, "v2", 20, "short")
		load.Only(t, "at "+postShift, "v1", 20, "long")
	})
	if d := svc.Ended(t); d.Status != successful {
		t.Fatalf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	load.Only(t, "at the end", "v2", 20, "short", "long", "test")
	if got := resolved(t, g, value(svc.Newest(t).TargetServiceRevision.Arn)); len(got) != 1 || got[0] != front.Groups[1-live] {
		t.Errorf("resolved %v, want the other of %v", got, front.Groups)
	}
	load.StopAndExpectNoFailures(t)
}

// TestNLBSteps: at every step of CANARY and LINEAR deployments green gets its share
// of new connections, exactly, and the listener and the API say so.
func TestNLBSteps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		config func(...types.DeploymentLifecycleHook) *types.DeploymentConfiguration
		plan   []float64
	}{
		"net-canary": {canary(12.5), []float64{12.5, 100}},
		"net-linear": {linear(40), []float64{40, 80, 100}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := harness.Quick(t)
			svc := g.NewShift(t, harness.ShiftSpec{Name: name, Image: g.Guest(t, "v1", ""), Count: 1, Fronts: []harness.FrontSpec{overTCP}})
			front := svc.Fronts[0]
			live := front.Live(t)
			svc.Configure(t, c.config(harness.PauseAt(preShift, postShift)))
			svc.Update(t, g.Guest(t, "v2", ""))
			list := lanes(front)
			list[0].Pace = 8 * time.Millisecond
			load := harness.StartTraffic(t, list...)
			now := 0.0
			for i, next := range c.plan {
				svc.Pass(t, preShift, func(d types.ServiceDeployment) {
					step := fmt.Sprintf("before step %d", i+1)
					stepCheck(t, step, front, live, now, d)
					counts := load.Next(t, "short", 400)
					if n := counts.Total(); !within(counts["v2"], n, now/100) {
						t.Errorf("%s: %d of %d connections went to green, want %g %%", step, counts["v2"], n, now)
					}
					load.Only(t, step, "v1", 10, "long")
				})
				now = next
			}
			svc.Pass(t, postShift, func(d types.ServiceDeployment) {
				stepCheck(t, "after the last step", front, live, 100, d)
				load.Only(t, "after the last step", "v2", 50, "short")
			})
			if d := svc.Ended(t); d.Status != successful {
				t.Errorf("%s\n%s", d.Status, svc.Story(t))
			}
			load.StopAndExpectNoFailures(t)
		})
	}
}

// TestNLBRolling: a service with one target group, without advancedConfiguration, and
// one with a pair roll without losing a connection.
func TestNLBRolling(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc := g.NewShift(t, harness.ShiftSpec{Name: "net-rolling", Image: g.Guest(t, "v1", ""), Count: 2, Fronts: []harness.FrontSpec{overTCP}, Config: harness.Rolling()})
	load := harness.StartTraffic(t, lanes(svc.Fronts[0])...)
	load.Only(t, "before", "v1", 20, "short", "long")
	if d := replace(t, svc.Service, g.Guest(t, "v2", ""), successful); d.TargetServiceRevision == nil {
		t.Error("no target revision")
	}
	load.Only(t, "afterwards", "v2", 20, "short", "long")
	load.StopAndExpectNoFailures(t)
}
