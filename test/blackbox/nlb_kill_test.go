package blackbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestNLBServerDies: the server dies while a deployment waits for the load balancer to
// follow (--nlb-delay), and again in the canary's bake. The deployment waits on, and
// no connection notices.
func TestNLBServerDies(t *testing.T) {
	t.Parallel()
	g := harness.Start(t, "--minute", "1s", "--nlb-delay", "4m")
	svc := g.NewShift(t, harness.ShiftSpec{Name: "net-killed", Image: g.Guest(t, "v1", ""), Count: 2, Fronts: []harness.FrontSpec{overTCP}, NoWait: true, Config: harness.Rolling()})
	svc.Wait(t)
	front := svc.Fronts[0]
	live := front.Live(t)
	load := harness.StartTraffic(t, lanes(front)...)
	load.Only(t, "before", "v1", 20, "short", "long")
	svc.Configure(t, harness.BlueGreen(2))
	svc.Update(t, g.Guest(t, "v2", ""))
	waits := func(d types.ServiceDeployment) bool {
		return d.LifecycleStage == shift && front.Split(t, front.Production) == []string{"0:100", "100:0"}[live]
	}
	svc.Deployment(t, "the wait after the shift", waits)
	g.Kill("server")
	g.Healthy()
	d := svc.Newest(t)
	if d.LifecycleStage != shift || d.Status != types.ServiceDeploymentStatusInProgress {
		t.Logf("the wait was over when the server answered again: %s %s", d.Status, d.LifecycleStage)
	}
	load.Only(t, "while it waits", "v2", 20, "short")
	svc.Deployment(t, "the bake", func(d types.ServiceDeployment) bool { // over before we looked, on a slow machine
		return d.LifecycleStage == bakeTime || d.Status == successful
	})
	g.Kill("server")
	g.Healthy()
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	load.Only(t, "at the end", "v2", 20, "short", "long")
	load.StopAndExpectNoFailures(t)
}

// TestNLBInstances: targets of type instance, published ports of bridge-mode tasks.
func TestNLBInstances(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	spec := overTCP
	spec.Instances = true
	old := bridged("", "", 0)
	svc := g.NewShift(t, harness.ShiftSpec{
		Name: "net-bridge", Image: g.Guest(t, "v1", ""), Count: 2, Fronts: []harness.FrontSpec{spec}, Define: old.Define,
		Create: func(in *ecs.CreateServiceInput) { old.Create(in) },
	})
	load := harness.StartTraffic(t, lanes(svc.Fronts[0])...)
	load.Only(t, "before", "v1", 20, "short", "long")
	replace(t, svc.Service, g.Guest(t, "v2", ""), successful)
	load.Only(t, "afterwards", "v2", 20, "short", "long")
	load.StopAndExpectNoFailures(t)
}
