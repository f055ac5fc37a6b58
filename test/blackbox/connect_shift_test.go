package blackbox

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

const blueGreenHeader = "X-Amzn-Ecs-Blue-Green-Test:"

// answered calls n times and checks who answered how often.
func answered(t *testing.T, what string, in harness.Inside, url, header string, n int, want harness.Counts) {
	t.Helper()
	r := in.Call(t, n, url, header)
	for version, count := range want {
		if r.Failed > 0 || r.Answers[version] != count {
			t.Errorf("%s: want %v of %d, got %+v", what, want, n, r)
		}
	}
}

// TestConnectBlueGreen: test requests go to green from the test shift on, all
// others only after the production shift; the header's value does not matter.
func TestConnectBlueGreen(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	m := newMesh(t, g, "sbg", 1)
	m.server.Configure(t, harness.BlueGreen(1, harness.PauseAt(upScaled, postTest, postShift)))
	in := m.client.Inside(t)
	in.Drive(t, "all", m.url, "")
	m.server.Update(t, g.Guest(t, "v2", ""))
	m.server.Pass(t, upScaled, func(types.ServiceDeployment) {
		answered(t, "before the test shift", in, m.url, "", 20, harness.Counts{"v1": 20})
		answered(t, "test before the test shift", in, m.url, blueGreenHeader+"x", 20, harness.Counts{"v1": 20})
	})
	m.server.Pass(t, postTest, func(d types.ServiceDeployment) {
		looks(t, d, "1+0 100 0", "1+0 0 100")
		answered(t, "after the test shift", in, m.url, "", 20, harness.Counts{"v1": 20})
		answered(t, "test after the test shift", in, m.url, blueGreenHeader+"x", 20, harness.Counts{"v2": 20})
	})
	m.server.Pass(t, postShift, func(types.ServiceDeployment) {
		answered(t, "after the production shift", in, m.url, "", 20, harness.Counts{"v2": 20})
	})
	if d := m.server.Ended(t); d.Status != types.ServiceDeploymentStatusSuccessful {
		t.Fatal(d.Status, m.server.Story(t))
	}
	in.NoFailures(t, "all")
}

// TestConnectCanary: clients see exact shares, and an alarm brings all of them
// back.
func TestConnectCanary(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	g.NewAlarm(t, "scan-errors")
	config := harness.Watched(harness.Canary(10, 0, harness.PauseAt(preShift)), "scan-errors")
	m := newMesh(t, g, "scan", 1)
	m.server.Configure(t, config)
	in := m.client.Inside(t)
	m.server.Update(t, g.Guest(t, "v2", ""))
	m.server.Pass(t, preShift, nil)
	m.server.Pass(t, preShift, func(types.ServiceDeployment) {
		answered(t, "canary", in, m.url, "", 1000, harness.Counts{"v1": 900, "v2": 100})
	})
	if d := m.server.Ended(t); d.Status != types.ServiceDeploymentStatusSuccessful {
		t.Fatal(d.Status)
	}
	in.Drive(t, "back", m.url, "")
	m.server.Update(t, g.Guest(t, "v3", ""))
	m.server.Pass(t, preShift, nil)
	m.server.Paused(t, preShift)
	answered(t, "canary", in, m.url, "", 100, harness.Counts{})
	g.SetAlarm(t, "scan-errors", alarmed)
	if d := m.server.Ended(t); d.Status != types.ServiceDeploymentStatusRollbackSuccessful {
		t.Fatal(d.Status)
	}
	answered(t, "after the rollback", in, m.url, "", 20, harness.Counts{"v2": 20})
	in.NoFailures(t, "back")
}

// TestConnectLinear: a service behind a load balancer and Service Connect shifts
// on both at once.
func TestConnectLinear(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	g.Namespace(t, "slin")
	x := g.NewShift(t, harness.ShiftSpec{
		Name: "slin", Image: g.Guest(t, "v1", ""), Count: 1, Config: harness.Linear(50, 0, harness.PauseAt(preShift)), Define: harness.Ports("web"),
		NoWait: true,
		Create: func(in *ecs.CreateServiceInput) {
			in.ServiceConnectConfiguration = harness.Connected("slin", harness.Alias("web", "slin", 80))
		},
	})
	x.Pass(t, preShift, nil)
	x.Pass(t, preShift, nil)
	x.Ended(t)
	client := caller(t, g, "slin")
	in := client.Inside(t)
	in.Drive(t, "all", "http://slin/", "")
	load := harness.StartLoad(t, x.URL)
	x.Update(t, g.Guest(t, "v2", ""))
	x.Pass(t, preShift, func(types.ServiceDeployment) {
		answered(t, "before", in, "http://slin/", "", 20, harness.Counts{"v1": 20})
	})
	x.Pass(t, preShift, func(types.ServiceDeployment) {
		before := in.NoFailures(t, "all")
		r := in.Call(t, 200, "http://slin/", "")
		rest := in.NoFailures(t, "all") // these calls take turns, too
		v1, v2 := r.Answers["v1"]+rest.Answers["v1"], r.Answers["v2"]+rest.Answers["v2"]
		if r.Failed > 0 || v1+v2 < 200 || v1-v2 > 5 || v2-v1 > 5 { // 2 more connections were calling at each end
			t.Errorf("half: %+v, %+v, before that %+v", r, rest, before)
		}
	})
	if d := x.Ended(t); d.Status != types.ServiceDeploymentStatusSuccessful {
		t.Fatal(d.Status)
	}
	load.StopAndExpectNoFailures(t)
	in.NoFailures(t, "all")
}
