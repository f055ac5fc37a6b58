package ecs

import (
	"math"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// mergeConfiguration lays what an update gives over what there was: members not
// given keep their values, lists are replaced as a whole.
func mergeConfiguration(old types.DeploymentConfiguration, in *types.DeploymentConfiguration) types.DeploymentConfiguration {
	if in == nil {
		return old
	}
	lay(&old.Alarms, in.Alarms)
	lay(&old.BakeTimeInMinutes, in.BakeTimeInMinutes)
	lay(&old.CanaryConfiguration, in.CanaryConfiguration)
	lay(&old.LinearConfiguration, in.LinearConfiguration)
	lay(&old.DeploymentCircuitBreaker, in.DeploymentCircuitBreaker)
	lay(&old.EarlySuccessCriteria, in.EarlySuccessCriteria)
	lay(&old.MaximumPercent, in.MaximumPercent)
	lay(&old.MinimumHealthyPercent, in.MinimumHealthyPercent)
	if in.LifecycleHooks != nil {
		old.LifecycleHooks = in.LifecycleHooks
	}
	if in.Strategy != "" {
		old.Strategy = in.Strategy
	}
	return old
}

// lay replaces *old by v if v is given.
func lay[T any](old **T, v *T) {
	if v != nil {
		*old = v
	}
}

// fillConfiguration fills in ECS's defaults. Canary and linear configurations
// are dropped with any other strategy, as ECS does.
func fillConfiguration(c types.DeploymentConfiguration, daemon bool) types.DeploymentConfiguration {
	fill(&c.MaximumPercent, either[int32](daemon, 100, 200))
	fill(&c.MinimumHealthyPercent, either[int32](daemon, 0, 100))
	fill(&c.BakeTimeInMinutes, 0)
	if c.Strategy == "" {
		c.Strategy = types.DeploymentStrategyRolling
	}
	breaker := types.DeploymentCircuitBreaker{}
	if c.DeploymentCircuitBreaker != nil {
		breaker = *c.DeploymentCircuitBreaker
	}
	fill(&breaker.ResetOnHealthyTask, true)
	if t := breaker.ThresholdConfiguration; t != nil && t.Type == "" {
		breaker.ThresholdConfiguration = &types.ThresholdConfiguration{Type: types.ThresholdTypeBoundedPercent, Value: t.Value}
	}
	c.DeploymentCircuitBreaker = &breaker
	c.LifecycleHooks = list(c.LifecycleHooks)
	c.CanaryConfiguration, c.LinearConfiguration = fillSteps(c)
	return c
}

func fillSteps(c types.DeploymentConfiguration) (*types.CanaryConfiguration, *types.LinearConfiguration) {
	switch c.Strategy {
	case types.DeploymentStrategyCanary:
		x := types.CanaryConfiguration{}
		if c.CanaryConfiguration != nil {
			x = *c.CanaryConfiguration
		}
		fill(&x.CanaryPercent, 5.0)
		fill(&x.CanaryBakeTimeInMinutes, 10)
		return &x, nil
	case types.DeploymentStrategyLinear:
		x := types.LinearConfiguration{}
		if c.LinearConfiguration != nil {
			x = *c.LinearConfiguration
		}
		fill(&x.StepPercent, 10.0)
		fill(&x.StepBakeTimeInMinutes, 6)
		return nil, &x
	}
	return nil, nil
}

// fill gives a member that is absent its default.
func fill[T any](p **T, v T) {
	if *p == nil {
		*p = &v
	}
}

func either[T any](cond bool, yes, no T) T {
	if cond {
		return yes
	}
	return no
}

// checkConfiguration checks a configuration with its defaults filled in.
func checkConfiguration(c *types.DeploymentConfiguration, daemon bool) error {
	if err := oneOf("deploymentConfiguration.strategy", c.Strategy, c.Strategy.Values()); err != nil {
		return err
	}
	if err := checkPercents(c, daemon); err != nil {
		return err
	}
	if err := bounds("bakeTimeInMinutes", *c.BakeTimeInMinutes, 0, 1440); err != nil {
		return err
	}
	if a := c.Alarms; a != nil && a.Enable && len(a.AlarmNames) == 0 {
		return invalid("alarms.alarmNames cannot be empty when alarms are enabled.")
	}
	if daemon && c.Strategy != types.DeploymentStrategyRolling {
		return invalid("The deployment strategy %s is not supported with the scheduling strategy DAEMON.", c.Strategy)
	}
	for _, check := range []func(*types.DeploymentConfiguration) error{checkBreaker, checkSteps, checkEarly} {
		if err := check(c); err != nil {
			return err
		}
	}
	return checkHooks(c.LifecycleHooks)
}

func checkPercents(c *types.DeploymentConfiguration, daemon bool) error {
	top, low := *c.MaximumPercent, *c.MinimumHealthyPercent
	if err := bounds("minimumHealthyPercent", low, 0, 100); err != nil {
		return err
	}
	switch {
	case top < 100:
		return invalid("maximumPercent must be at least 100; it was %d.", top)
	case daemon && top != 100:
		return invalid("The maximumPercent of a service with the scheduling strategy DAEMON must be 100.")
	case !daemon && c.Strategy == types.DeploymentStrategyRolling && top == 100 && low == 100:
		return invalid("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
	}
	return nil
}

func bounds(member string, v, low, top int32) error {
	if v < low || v > top {
		return invalid("%s must be between %d and %d; it was %d.", member, low, top, v)
	}
	return nil
}

func checkBreaker(c *types.DeploymentConfiguration) error {
	t := c.DeploymentCircuitBreaker.ThresholdConfiguration
	if t == nil {
		return nil
	}
	if err := oneOf("thresholdConfiguration.type", t.Type, t.Type.Values()); err != nil {
		return err
	}
	if t.Type == types.ThresholdTypeCount {
		return bounds("thresholdConfiguration.value", t.Value, 1, math.MaxInt32)
	}
	return bounds("thresholdConfiguration.value", t.Value, 1, 100)
}

// checkSteps: percentages are multiples of 0.1; NaN, which JSON can carry as a string, is in no range.
func checkSteps(c *types.DeploymentConfiguration) error {
	check := func(member string, v, low float64) error {
		if !(v >= low && v <= 100) || math.Abs(v*10-math.Round(v*10)) > 1e-9 {
			return invalid("%s must be between %.1f and 100.0 in steps of 0.1; it was %v.", member, low, v)
		}
		return nil
	}
	if x := c.CanaryConfiguration; x != nil {
		if err := check("canaryPercent", *x.CanaryPercent, 0.1); err != nil {
			return err
		}
		return bounds("canaryBakeTimeInMinutes", *x.CanaryBakeTimeInMinutes, 0, 1440)
	}
	if x := c.LinearConfiguration; x != nil {
		if err := check("stepPercent", *x.StepPercent, 3); err != nil {
			return err
		}
		return bounds("stepBakeTimeInMinutes", *x.StepBakeTimeInMinutes, 0, 1440)
	}
	return nil
}

// checkEarly: with enable true both further members are required.
func checkEarly(c *types.DeploymentConfiguration) error {
	e := c.EarlySuccessCriteria
	switch {
	case e == nil || !e.Enable:
		return nil
	case c.Strategy != types.DeploymentStrategyRolling:
		return invalid("earlySuccessCriteria is only supported with the ROLLING deployment strategy.")
	case e.HealthyPercent == nil || e.SourceServiceRevisionCleanup == "":
		return invalid("earlySuccessCriteria requires healthyPercent and sourceServiceRevisionCleanup when it is enabled.")
	case *e.HealthyPercent < *c.MinimumHealthyPercent || *e.HealthyPercent > 100:
		return invalid("earlySuccessCriteria.healthyPercent must be between minimumHealthyPercent (%d) and 100; it was %d.", *c.MinimumHealthyPercent, *e.HealthyPercent)
	}
	return oneOf("sourceServiceRevisionCleanup", e.SourceServiceRevisionCleanup, e.SourceServiceRevisionCleanup.Values())
}
