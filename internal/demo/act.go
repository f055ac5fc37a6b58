package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// act is one deployment of the demo.
type act struct {
	title    string
	from, to string // versions
	config   *types.DeploymentConfiguration
	// steer is called with every sample and may act; it tells what it did, or "".
	steer func(ctx context.Context, s *seen) (string, error)
	ends  types.ServiceDeploymentStatus // how it shall end
}

// think is how long the demo lets people look before it decides in their place.
const think = 1200 * time.Millisecond

// drawn is the act that becomes a picture: the one in approved steps.
const drawn = 1

// acts are the deployments in their order. The last one leaves v3.
func (d *demo) acts() []act {
	return []act{{
		title: "ROLLING: v2 replaces v1, task by task",
		from:  "v1", to: "v2", config: rolling(), ends: types.ServiceDeploymentStatusSuccessful,
	}, {
		title: "LINEAR: v3 gets the traffic in steps of 25 %, and a person approves each",
		from:  "v2", to: "v3", config: linear(), steer: d.approve(), ends: types.ServiceDeploymentStatusSuccessful,
	}, {
		title: "CANARY: v4 gets 10 %, looks bad, and is called back",
		from:  "v3", to: "v4", config: canary(), steer: d.callBack(), ends: types.ServiceDeploymentStatusRollbackSuccessful,
	}}
}

func rolling() *types.DeploymentConfiguration {
	return &types.DeploymentConfiguration{
		Strategy: types.DeploymentStrategyRolling, LifecycleHooks: []types.DeploymentLifecycleHook{},
		MinimumHealthyPercent: aws.Int32(100), MaximumPercent: aws.Int32(150), BakeTimeInMinutes: aws.Int32(0),
		DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true},
	}
}

func linear() *types.DeploymentConfiguration {
	c := rolling()
	c.Strategy = types.DeploymentStrategyLinear
	c.LinearConfiguration = &types.LinearConfiguration{StepPercent: aws.Float64(25), StepBakeTimeInMinutes: aws.Int32(0)}
	c.LifecycleHooks = []types.DeploymentLifecycleHook{{
		TargetType:      types.DeploymentLifecycleHookTargetTypePause,
		LifecycleStages: []types.DeploymentLifecycleHookStage{types.DeploymentLifecycleHookStagePreProductionTrafficShift},
	}}
	return c
}

func canary() *types.DeploymentConfiguration {
	c := rolling()
	c.Strategy = types.DeploymentStrategyCanary
	c.CanaryConfiguration = &types.CanaryConfiguration{CanaryPercent: aws.Float64(10), CanaryBakeTimeInMinutes: aws.Int32(10)}
	return c
}

// approve answers a PAUSE hook after it waited for a while.
func (d *demo) approve() func(context.Context, *seen) (string, error) {
	since := map[string]time.Time{}
	return func(ctx context.Context, s *seen) (string, error) {
		for _, h := range s.deployment.LifecycleHookDetails {
			id := aws.ToString(h.HookId)
			if since[id].IsZero() {
				since[id] = time.Now()
			}
			if h.Status != types.DeploymentLifecycleHookStatusAwaitingAction || time.Since(since[id]) < think {
				continue
			}
			_, err := d.ecs.ContinueServiceDeployment(ctx, &ecs.ContinueServiceDeploymentInput{
				ServiceDeploymentArn: s.deployment.ServiceDeploymentArn, HookId: &id,
			})
			if is(err, "InvalidParameterException") {
				continue // answered already
			}
			return "approved: ContinueServiceDeployment", err
		}
		return "", nil
	}
}

// callBack stops the deployment once its canary had traffic for a while.
func (d *demo) callBack() func(context.Context, *seen) (string, error) {
	var since time.Time
	stopped := false
	return func(ctx context.Context, s *seen) (string, error) {
		if aws.ToFloat64(s.weight) > 0 && since.IsZero() {
			since = time.Now()
		}
		if stopped || since.IsZero() || time.Since(since) < think {
			return "", nil
		}
		stopped = true
		d.calledBack = time.Now()
		_, err := d.ecs.StopServiceDeployment(ctx, &ecs.StopServiceDeploymentInput{ServiceDeploymentArn: s.deployment.ServiceDeploymentArn})
		return "called back: StopServiceDeployment", err
	}
}

// tellCallBack says how long the version that was called back went on answering.
func (d *demo) tellCallBack(l *load, version string) {
	if d.calledBack.IsZero() {
		return
	}
	after := max(0, l.last(version).Sub(d.calledBack))
	fmt.Fprintf(d.out, "  last answer of %s  %d ms after it was called back\n", version, after.Milliseconds())
}
