package blackbox

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestHeadlessSteps: a service without any traffic deploys with every strategy; hooks
// are told weights as if traffic moved, and may do what a switch needs.
func TestHeadlessSteps(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	for _, c := range []struct {
		name   string
		config *types.DeploymentConfiguration
		want   string // weights of green in test and production shifts
	}{
		{"hcanary", harness.Canary(12.5, 0), "test 100, production 12.5, production 100"},
		{"hlinear", harness.Linear(40, 0), "test 100, production 40, production 80, production 100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := g.NewHook(t, c.name, func(harness.HookCall) any { return harness.Say(succeeds) })
			svc := g.NewServiceOf(t, harness.ServiceSpec{Name: c.name, Image: g.Guest(t, "v1", ""), Count: 1, NoBalancer: true, Create: func(in *ecs.CreateServiceInput) {
				in.DeploymentConfiguration = harness.Rolling()
			}})
			c.config.LifecycleHooks = append(c.config.LifecycleHooks, h.On(testShift, shift))
			svc.Configure(t, c.config)
			d := replace(t, svc, g.Guest(t, "v2", ""), types.ServiceDeploymentStatusSuccessful)
			var told []string
			for _, call := range h.Calls() {
				kind, weights := "production", call.ExecutionDetails.ProductionTrafficWeights
				if call.LifecycleStage == testShift {
					kind, weights = "test", call.ExecutionDetails.TestTrafficWeights
				}
				told = append(told, fmt.Sprintf("%s %v", kind, weights[*d.TargetServiceRevision.Arn]))
			}
			if got := strings.Join(told, ", "); got != c.want {
				t.Errorf("hooks were told %q, want %q", got, c.want)
			}
		})
	}
}
