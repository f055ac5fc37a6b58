package ecs

import (
	"encoding/json"
	"math"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

// machineConfig is what the deployment machine keeps of a configuration.
func (s *Service) machineConfig(r *request, svc *state.Service, c *types.DeploymentConfiguration) (deploy.Config, error) {
	b := c.DeploymentCircuitBreaker
	out := deploy.Config{
		Minute: s.o.Minute, BakeMinutes: int(*c.BakeTimeInMinutes),
		Breaker: deploy.BreakerConfig{Enable: b.Enable, Rollback: b.Rollback, ResetOnHealthyTask: *b.ResetOnHealthyTask},
	}
	if t := b.ThresholdConfiguration; t != nil {
		out.Breaker.Type, out.Breaker.Value = deploy.ThresholdType(t.Type), int(t.Value)
	}
	if e := c.EarlySuccessCriteria; e != nil && e.Enable {
		out.Early = deploy.EarlyConfig{Enable: true, HealthyPercent: int(*e.HealthyPercent), Cleanup: deploy.Cleanup(e.SourceServiceRevisionCleanup)}
	}
	if a := c.Alarms; a != nil {
		out.Alarms = deploy.AlarmConfig{
			Names: a.AlarmNames, Enable: a.Enable, Rollback: a.Rollback, Bake: watch.Span(r.Tx, r.Scope, a.AlarmNames),
		}
	}
	if x := c.CanaryConfiguration; x != nil {
		out.CanaryTenths, out.CanaryBakeMinutes = tenths(*x.CanaryPercent), int(*x.CanaryBakeTimeInMinutes)
	}
	if x := c.LinearConfiguration; x != nil {
		out.LinearTenths, out.LinearBakeMinutes = tenths(*x.StepPercent), int(*x.StepBakeTimeInMinutes)
	}
	for i := range c.LifecycleHooks {
		h, err := machineHook(&c.LifecycleHooks[i])
		if err != nil {
			return out, err
		}
		out.Hooks = append(out.Hooks, h)
	}
	tagged, err := hook.TagHooks(svc.Body.V.Tags)
	if err != nil {
		return out, invalid("%s", err.Error())
	}
	out.Hooks = append(out.Hooks, tagged...)
	return out, nil
}

func tenths(percent float64) int { return int(math.Round(percent * 10)) }

// machineHook is what the deployment machine keeps of a lifecycle hook.
func machineHook(h *types.DeploymentLifecycleHook) (deploy.HookConfig, error) {
	details, err := hookDetails(h)
	if err != nil {
		return deploy.HookConfig{}, err
	}
	out := deploy.HookConfig{Type: deploy.HookType(h.TargetType), Target: hook.Name(get(h.HookTargetArn), details), Role: get(h.RoleArn), Details: details}
	if out.Type == "" {
		out.Type = deploy.Lambda
	}
	for _, stage := range h.LifecycleStages {
		out.Stages = append(out.Stages, deploy.Stage(stage))
	}
	if t := h.TimeoutConfiguration; t != nil {
		out.Minutes, out.Action = int(get(t.TimeoutInMinutes)), deploy.HookAction(t.Action)
	}
	return out, nil
}

// hookDetails are a hook's details as JSON; nil if it has none.
func hookDetails(h *types.DeploymentLifecycleHook) (json.RawMessage, error) {
	if h.HookDetails == nil {
		return nil, nil
	}
	return wire.DocumentJSON(h.HookDetails)
}
