package blackbox

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestShiftBadInput: what cannot work is refused by CreateService and by
// UpdateService with ECS's error, and nothing changes.
func TestShiftBadInput(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	ctx := context.Background()
	other := g.PrepareShift(t, harness.ShiftSpec{Name: "bad-other", Image: g.Guest(t, "v1", ""), Count: 1})
	svc := g.NewShift(t, harness.ShiftSpec{Name: "bad-input", Image: g.Guest(t, "v1", ""), Count: 1})
	fresh := g.PrepareShift(t, harness.ShiftSpec{Name: "bad-fresh", Image: g.Guest(t, "v1", ""), Count: 1})
	lonely := g.Group(t, "bad-lonely", nil)
	hook := g.NewHook(t, "bad-input", func(harness.HookCall) any { return harness.Say(succeeds) })
	harness.Await(t, "the steady state", func() bool { return strings.Contains(svc.Story(t), "has reached a steady state.") })
	before := svc.Describe(t)
	deployments := func() int {
		out, err := g.ECS().ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Service: &svc.Name})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.ServiceDeployments)
	}
	was := deployments()
	for name, c := range badInputs(hook, other.Fronts[0], lonely) {
		for call, x := range map[string]*harness.Shift{"CreateService": fresh, "UpdateService": svc} {
			config, blocks := harness.BlueGreen(0), x.Blocks()
			c.change(config, &blocks[0])
			var err error
			if call == "CreateService" {
				in := x.Input(t)
				in.DeploymentConfiguration, in.LoadBalancers = config, blocks
				_, err = g.ECS().CreateService(ctx, in)
			} else {
				_, err = g.ECS().UpdateService(ctx, &ecs.UpdateServiceInput{Service: &x.Name, DeploymentConfiguration: config, LoadBalancers: blocks, ForceNewDeployment: true})
			}
			if err == nil {
				t.Errorf("%s: %s was accepted", name, call)
				continue
			}
			t.Run(name+"/"+call, func(t *testing.T) { expect(t, err, "InvalidParameterException", c.message) })
		}
	}
	t.Run("a rule of another service", func(t *testing.T) {
		in := fresh.Input(t)
		in.LoadBalancers = svc.Blocks()
		_, err := g.ECS().CreateService(ctx, in)
		expect(t, err, "InvalidParameterException", "is used by the service "+*before.ServiceArn+" already")
	})
	if n := deployments(); n != was {
		t.Errorf("%d service deployments, there were %d", n, was)
	}
	if after := svc.Describe(t); *after.DeploymentConfiguration.BakeTimeInMinutes != 0 || after.DeploymentConfiguration.Strategy != before.DeploymentConfiguration.Strategy ||
		len(after.DeploymentConfiguration.LifecycleHooks) != 0 || *after.Deployments[0].Id != *before.Deployments[0].Id || len(after.Events) != len(before.Events) {
		t.Errorf("the service changed from %+v to %+v", before, after)
	}
	out, err := g.ECS().DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{fresh.Name}})
	if err != nil || len(out.Services) != 0 {
		t.Errorf("a service was created: %v %v", out, err)
	}
}

// badInput changes a good configuration and load balancer block to a bad one.
type badInput struct {
	change  func(*types.DeploymentConfiguration, *types.LoadBalancer)
	message string // a part
}

func badInputs(hook *harness.Hook, other *harness.Front, lonely string) map[string]badInput {
	out := map[string]badInput{}
	config := func(name, message string, change func(*types.DeploymentConfiguration)) {
		out[name] = badInput{func(c *types.DeploymentConfiguration, _ *types.LoadBalancer) { change(c) }, message}
	}
	block := func(name, message string, change func(*types.LoadBalancer)) {
		out[name] = badInput{func(_ *types.DeploymentConfiguration, lb *types.LoadBalancer) { change(lb) }, message}
	}
	canary := func(percent float64, bake int32) func(*types.DeploymentConfiguration) {
		return func(c *types.DeploymentConfiguration) { *c = *harness.Canary(percent, bake) }
	}
	linear := func(percent float64, bake int32) func(*types.DeploymentConfiguration) {
		return func(c *types.DeploymentConfiguration) { *c = *harness.Linear(percent, bake) }
	}
	hooks := func(h types.DeploymentLifecycleHook) func(*types.DeploymentConfiguration) {
		return func(c *types.DeploymentConfiguration) {
			c.LifecycleHooks = []types.DeploymentLifecycleHook{h}
		}
	}
	config("canary 0", "canaryPercent", canary(0, 1))
	config("canary 100.1", "canaryPercent", canary(100.1, 1))
	config("canary 0.05", "canaryPercent", canary(0.05, 1))
	config("canary 12.34", "canaryPercent", canary(12.34, 1))
	config("canary bake", "canaryBakeTimeInMinutes", canary(5, 1441))
	config("linear 2.9", "stepPercent", linear(2.9, 1))
	config("linear 101", "stepPercent", linear(101, 1))
	config("linear bake", "stepBakeTimeInMinutes", linear(10, -1))
	config("bake", "bakeTimeInMinutes", func(c *types.DeploymentConfiguration) { c.BakeTimeInMinutes = aws.Int32(1441) })
	config("negative bake", "bakeTimeInMinutes", func(c *types.DeploymentConfiguration) { c.BakeTimeInMinutes = aws.Int32(-1) })
	config("strategy", "strategy", func(c *types.DeploymentConfiguration) { c.Strategy = "PURPLE" })
	config("no alarm names", "alarmNames", func(c *types.DeploymentConfiguration) { harness.Watched(c) })
	config("no such alarm", "no-such-alarm", func(c *types.DeploymentConfiguration) { harness.Watched(c, "no-such-alarm") })

	config("stage", "stage", hooks(harness.PauseAt("POST_LUNCH")))
	config("no stage", "stage", hooks(harness.PauseAt()))
	config("unhookable stage", "stage", hooks(hook.On(scaleUp)))
	config("pause at a shift", "Invalid lifecycle stage provided for Pause Hook", hooks(harness.PauseAt(shift)))
	config("pause at the test shift", "Invalid lifecycle stage provided for Pause Hook", hooks(harness.PauseAt(testShift)))
	config("target type", "Invalid targetType. Valid values are: AWS_LAMBDA, PAUSE", hooks(types.DeploymentLifecycleHook{TargetType: "COFFEE", LifecycleStages: hook.On(upScaled).LifecycleStages}))
	config("pause with a target", "pause", hooks(func() types.DeploymentLifecycleHook {
		h := harness.PauseAt(upScaled)
		h.HookTargetArn = &hook.ARN
		return h
	}()))
	config("hook without a role", "roleArn", hooks(func() types.DeploymentLifecycleHook { h := hook.On(upScaled); h.RoleArn = nil; return h }()))
	config("no such function", "no-such-function", hooks(func() types.DeploymentLifecycleHook {
		h := hook.On(upScaled)
		h.HookTargetArn = aws.String("arn:aws:lambda:us-east-1:000000000000:function:no-such-function")
		return h
	}()))
	config("hook time-out", "timeoutInMinutes", hooks(harness.Timeout(hook.On(upScaled), 1441, goOn)))
	config("pause time-out", "timeoutInMinutes", hooks(harness.Timeout(harness.PauseAt(upScaled), 20161, goOn)))
	config("time-out action", "action", hooks(harness.Timeout(harness.PauseAt(upScaled), 1, "SHRUG")))

	block("not advanced", "advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy", func(lb *types.LoadBalancer) { lb.AdvancedConfiguration = nil })
	block("no alternate group", "alternateTargetGroupArn", func(lb *types.LoadBalancer) { lb.AdvancedConfiguration.AlternateTargetGroupArn = nil })
	block("no such alternate group", "One or more target groups not found", func(lb *types.LoadBalancer) {
		lb.AdvancedConfiguration.AlternateTargetGroupArn = aws.String(lonely[:len(lonely)-16] + "0000000000000000")
	})
	block("the same group twice", "Duplicate targetGroupArn found: ", func(lb *types.LoadBalancer) { lb.AdvancedConfiguration.AlternateTargetGroupArn = lb.TargetGroupArn })
	block("no role", "roleArn", func(lb *types.LoadBalancer) { lb.AdvancedConfiguration.RoleArn = nil })
	block("no production rule", "productionListenerRule", func(lb *types.LoadBalancer) { lb.AdvancedConfiguration.ProductionListenerRule = nil })
	block("a rule that is none", "productionListenerRule has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: ", func(lb *types.LoadBalancer) { lb.AdvancedConfiguration.ProductionListenerRule = &lonely })
	block("no such rule", "One or more rules not found", func(lb *types.LoadBalancer) {
		r := *lb.AdvancedConfiguration.ProductionListenerRule
		lb.AdvancedConfiguration.ProductionListenerRule = aws.String(r[:len(r)-16] + "0000000000000000")
	})
	block("test rule is production rule", "The following rules cannot be used as both production and test listener rules: ", func(lb *types.LoadBalancer) {
		lb.AdvancedConfiguration.TestListenerRule = lb.AdvancedConfiguration.ProductionListenerRule
	})
	block("a test rule of another load balancer", "", func(lb *types.LoadBalancer) { lb.AdvancedConfiguration.TestListenerRule = &other.Test })
	block("rules of another load balancer", "", func(lb *types.LoadBalancer) {
		lb.AdvancedConfiguration.ProductionListenerRule, lb.AdvancedConfiguration.TestListenerRule = &other.Production, &other.Test
	})
	block("no test rule, and a group of no rule", "testListenerRule is required when productionListenerRule is not associated with both targetGroup and alternateTargetGroup", func(lb *types.LoadBalancer) {
		lb.AdvancedConfiguration.AlternateTargetGroupArn, lb.AdvancedConfiguration.TestListenerRule = &lonely, nil
	})
	return out
}

// TestStrategyOfServicesThatCannotHaveIt: a DAEMON service has no second set of tasks.
func TestStrategyOfServicesThatCannotHaveIt(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	ctx := context.Background()
	x := g.PrepareShift(t, harness.ShiftSpec{Name: "bad-daemon", Image: g.Guest(t, "v1", ""), Count: 1})
	in := x.Input(t)
	in.SchedulingStrategy, in.DesiredCount, in.LaunchType = types.SchedulingStrategyDaemon, nil, types.LaunchTypeEc2
	_, err := g.ECS().CreateService(ctx, in)
	expect(t, err, "InvalidParameterException", "DAEMON")
	out, err := g.ECS().DescribeServices(ctx, &ecs.DescribeServicesInput{Services: []string{x.Name}})
	if err != nil || len(out.Services) != 0 {
		t.Errorf("a service was created: %v %v", out, err)
	}
}
