package blackbox

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestStrategyChanges: one service that began as rolling without a second target
// group goes through every change from one strategy to another, under load.
func TestStrategyChanges(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	svc := g.PrepareShift(t, harness.ShiftSpec{Name: "changing", Image: g.Guest(t, "v0", ""), Count: 1})
	in := svc.Input(t)
	in.DeploymentConfiguration = harness.Rolling()
	in.LoadBalancers[0].AdvancedConfiguration = nil
	if _, err := g.ECS().CreateService(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	svc.Wait(t)
	front := svc.Fronts[0]
	if live := front.Live(t); live != 0 {
		t.Errorf("a rolling service without advancedConfiguration is in group %d", live)
	}
	load := harness.StartTraffic(t, harness.Lane{URL: front.URL})
	_, err := g.ECS().UpdateService(t.Context(), &ecs.UpdateServiceInput{Service: &svc.Name, DeploymentConfiguration: harness.BlueGreen(0)})
	expect(t, err, "InvalidParameterException", "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy")

	rolling, blueGreen, canary, linear := harness.Rolling(), harness.BlueGreen(0), harness.Canary(20, 0), harness.Linear(50, 0)
	plan := []*types.DeploymentConfiguration{
		blueGreen, canary, rolling, linear, blueGreen, linear, canary, blueGreen, rolling, canary, linear, rolling, // every pair once
	}
	live := 0
	for i, c := range plan {
		v := fmt.Sprint("v", i+1)
		change := &ecs.UpdateServiceInput{DeploymentConfiguration: c, TaskDefinition: svc.Define(t, g.Guest(t, v, ""))}
		if i == 0 {
			change.LoadBalancers = svc.Blocks()
		}
		svc.Change(t, change)
		d := svc.Ended(t)
		if d.Status != successful || d.DeploymentConfiguration.Strategy != c.Strategy {
			t.Fatalf("deployment %d: %s of %s: %s\n%s", i, d.Status, d.DeploymentConfiguration.Strategy, value(d.StatusReason), svc.Story(t))
		}
		if c.Strategy != types.DeploymentStrategyRolling {
			live = 1 - live
		}
		if got := front.Live(t); got != live {
			t.Errorf("deployment %d, %s: group %d is live, want %d", i, c.Strategy, got, live)
		}
		if n, m := healthy(t, g, front.Groups[live]), healthy(t, g, front.Groups[1-live]); n != 1 || m != 0 {
			t.Errorf("deployment %d, %s: %d targets in the live group, %d in the other", i, c.Strategy, n, m)
		}
		load.Only(t, v, v, 10, "")
	}
	load.StopAndExpectNoFailures(t)

	// Without advancedConfiguration nothing moves the traffic to targetGroupArn,
	// which does not serve now. ECS does it; here an event says what will happen.
	blocks := svc.Blocks()
	blocks[0].AdvancedConfiguration = nil
	svc.Change(t, &ecs.UpdateServiceInput{LoadBalancers: blocks})
	svc.Ended(t)
	if want := "registers new tasks in (target-group " + front.Groups[0] + "), but (rule " + front.Production + ") forwards to (target-group " + front.Groups[1] + ")"; !strings.Contains(svc.Story(t), want) {
		t.Errorf("no event %q:\n%s", want, svc.Story(t))
	}
}

// TestSeveralFronts: four blocks of one service (a default rule, a path, a host,
// a query) move together, on two listeners.
func TestSeveralFronts(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	beside := g.NewShift(t, harness.ShiftSpec{Name: "fronts-host", Image: g.Guest(t, "other", ""), Count: 1})
	svc := g.NewShift(t, harness.ShiftSpec{
		Name: "fronts", Image: g.Guest(t, "v1", ""), Count: 2,
		Fronts: []harness.FrontSpec{
			{Test: harness.TestListener},
			{Beside: beside.Fronts[0], Test: harness.TestHeader},
			{Beside: beside.Fronts[0], Match: []elbtypes.RuleCondition{{Field: aws.String("host-header"), Values: []string{"fronts.example.com"}}}},
			{Beside: beside.Fronts[0], Match: []elbtypes.RuleCondition{{Field: aws.String("query-string"), QueryStringConfig: &elbtypes.QueryStringConditionConfig{
				Values: []elbtypes.QueryStringKeyValuePair{{Key: aws.String("to"), Value: aws.String("fronts")}},
			}}}},
		},
	})
	f := svc.Fronts
	load := harness.StartTraffic(t,
		harness.Lane{Kind: "default", URL: f[0].URL, Connections: 1}, harness.Lane{Kind: "path", URL: f[1].URL, Connections: 1},
		harness.Lane{Kind: "host", URL: f[2].URL, Host: "fronts.example.com", Connections: 1}, harness.Lane{Kind: "query", URL: f[3].URL + "?to=fronts", Connections: 1},
		harness.Lane{Kind: "test-port", URL: f[0].TestURL, Connections: 1}, harness.Lane{Kind: "test-header", URL: f[1].TestURL, Header: f[1].TestHeader, Connections: 1},
		harness.Lane{Kind: "beside", URL: beside.URL, Connections: 1},
	)
	production, test := []string{"default", "path", "host", "query"}, []string{"test-port", "test-header"}
	svc.Configure(t, harness.Canary(50, 0, harness.PauseAt(preScaleUp, preShift, postShift)))
	svc.Update(t, g.Guest(t, "v2", ""))
	svc.Pass(t, preScaleUp, func(types.ServiceDeployment) { load.Only(t, preScaleUp, "v1", 20, append(test, production...)...) })
	svc.Pass(t, preShift, func(types.ServiceDeployment) {
		load.Only(t, preShift, "v1", 20, production...)
		load.Only(t, preShift, "v2", 20, test...)
	})
	svc.Pass(t, preShift, func(types.ServiceDeployment) {
		for i, kind := range production {
			if c := load.Next(t, kind, 100); !within(c["v2"], c.Total(), 0.5) {
				t.Errorf("%s: %v at a weight of 50 %%", kind, c)
			}
			if s := f[i].Split(t, f[i].Production); s != "50:50" {
				t.Errorf("%s: split %s", kind, s)
			}
		}
	})
	svc.Pass(t, postShift, func(types.ServiceDeployment) { load.Only(t, postShift, "v2", 20, append(test, production...)...) })
	if d := svc.Ended(t); d.Status != successful {
		t.Errorf("%s %s\n%s", d.Status, value(d.StatusReason), svc.Story(t))
	}
	load.Only(t, "the service beside", "other", 1, "beside")
	if n := load.Seen("beside", "v1") + load.Seen("beside", "v2"); n > 0 {
		t.Errorf("%d requests to the service beside were answered by this one", n)
	}
	// Two services on one listener deploy at once.
	beside.Update(t, g.Guest(t, "other2", ""))
	svc.Configure(t, harness.Linear(50, 0))
	svc.Update(t, g.Guest(t, "v3", ""))
	if a, b := svc.Ended(t), beside.Ended(t); a.Status != successful || b.Status != successful {
		t.Errorf("%s and %s", a.Status, b.Status)
	}
	load.Only(t, "both deployed", "v3", 20, append(test, production...)...)
	load.Only(t, "both deployed", "other2", 20, "beside")
	load.StopAndExpectNoFailures(t)
}
