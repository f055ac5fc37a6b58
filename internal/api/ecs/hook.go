package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/watch"
)

// noPause are the stages in which a PAUSE hook cannot wait.
var noPause = []types.DeploymentLifecycleHookStage{
	types.DeploymentLifecycleHookStageTestTrafficShift, types.DeploymentLifecycleHookStageProductionTrafficShift,
}

// checkHooks checks lifecycleHooks.
func checkHooks(hooks []types.DeploymentLifecycleHook) error {
	count := map[types.DeploymentLifecycleHookTargetType]int{}
	for i := range hooks {
		h := &hooks[i]
		kind := h.TargetType
		if kind == "" {
			kind = types.DeploymentLifecycleHookTargetTypeAwsLambda
		}
		if !slices.Contains(kind.Values(), kind) {
			return invalid("Invalid targetType. Valid values are: AWS_LAMBDA, PAUSE")
		}
		if count[kind]++; count[kind] > 10 {
			return invalid("A service can have at most 10 lifecycle hooks with the targetType %s.", kind)
		}
		if err := checkHook(h, kind); err != nil {
			return err
		}
	}
	return nil
}

// ownTarget tells whether hookDetails name a URL or a task to call instead of a function.
func ownTarget(h *types.DeploymentLifecycleHook) (bool, error) {
	details, err := hookDetails(h)
	if err != nil || details == nil {
		return false, err
	}
	own, err := hook.CheckDetails(details)
	if err != nil {
		return own, invalid("%s", err.Error())
	}
	return own, nil
}

func checkHook(h *types.DeploymentLifecycleHook, kind types.DeploymentLifecycleHookTargetType) error {
	pause := kind == types.DeploymentLifecycleHookTargetTypePause
	own, err := ownTarget(h)
	if err != nil {
		return err
	}
	switch {
	case pause && own:
		return invalid("A pause hook calls nothing: remove grue:url and grue:task from its hookDetails.")
	case pause && (h.HookTargetArn != nil || h.RoleArn != nil):
		return invalid("A pause hook can have neither hookTargetArn nor roleArn.")
	case !pause && !own && (!arn.Is(get(h.HookTargetArn)) || !arn.Is(get(h.RoleArn))):
		return invalid("A lifecycle hook with the targetType AWS_LAMBDA requires hookTargetArn and roleArn.")
	case len(h.LifecycleStages) == 0:
		return invalid("A lifecycle hook requires at least one lifecycle stage.")
	}
	for _, stage := range h.LifecycleStages {
		if err := oneOf("lifecycle stage", stage, stage.Values()); err != nil {
			return err
		}
		if pause && slices.Contains(noPause, stage) {
			return invalid("Invalid lifecycle stage provided for Pause Hook")
		}
	}
	if t := h.TimeoutConfiguration; t != nil {
		if err := oneOf("timeoutConfiguration.action", t.Action, t.Action.Values()); err != nil {
			return err
		}
		if t.TimeoutInMinutes != nil {
			return bounds("timeoutInMinutes", *t.TimeoutInMinutes, 1, either[int32](pause, 20160, 1440))
		}
	}
	return nil
}

// checkWatchers checks that what a deployment relies on is there: the functions
// of its hooks and its alarms. ECS itself would find out in mid-deployment, or never.
func (s *Service) checkWatchers(r *request, c *types.DeploymentConfiguration) error {
	for i := range c.LifecycleHooks {
		h := &c.LifecycleHooks[i]
		own, err := ownTarget(h)
		if err != nil {
			return err
		}
		if own || h.HookTargetArn == nil || s.o.Function == nil {
			continue
		}
		if err := s.o.Function(r.Scope, *h.HookTargetArn); err != nil {
			return invalid("The lifecycle hook target %s cannot be invoked: %v. Create the function first, or remove the hook.", clip(*h.HookTargetArn), err)
		}
	}
	if c.Alarms == nil || !c.Alarms.Enable {
		return nil
	}
	for _, name := range c.Alarms.AlarmNames {
		if _, ok := watch.State(r.Tx, r.Scope, name); !ok {
			return invalid("The alarm %s does not exist. Create it first, or remove it from alarmNames.", clip(name))
		}
	}
	return nil
}
