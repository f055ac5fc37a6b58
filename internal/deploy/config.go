package deploy

import (
	"encoding/json"
	"time"
)

// Strategy is a deployment strategy.
type Strategy string

// Strategies.
const (
	Rolling   Strategy = "ROLLING"
	BlueGreen Strategy = "BLUE_GREEN"
	Canary    Strategy = "CANARY"
	Linear    Strategy = "LINEAR"
)

// Config is the part of deploymentConfiguration that a service deployment keeps
// as it was when it began. The percentages are not here: they apply as they are
// now, and package schedule takes them as arguments.
type Config struct {
	Breaker BreakerConfig `json:"breaker,omitzero"`
	Alarms  AlarmConfig   `json:"alarms,omitzero"`
	Early   EarlyConfig   `json:"early,omitzero"`
	Hooks   []HookConfig  `json:"hooks,omitempty"`

	BakeMinutes int `json:"bakeMinutes,omitempty"` // bakeTimeInMinutes

	CanaryTenths      int `json:"canaryTenths,omitempty"` // canaryPercent × 10
	CanaryBakeMinutes int `json:"canaryBakeMinutes,omitempty"`
	LinearTenths      int `json:"linearTenths,omitempty"` // stepPercent × 10
	LinearBakeMinutes int `json:"linearBakeMinutes,omitempty"`

	// TestTraffic tells that a test listener rule or header exists.
	TestTraffic bool `json:"testTraffic,omitempty"`
	// ShiftWait is what ECS waits after each change of weights for the load balancer to follow
	// (Network Load Balancer 10 minutes, VPC Lattice 90 seconds), ScaleUpWait after scaling up.
	ShiftWait   time.Duration `json:"shiftWait,omitempty"`
	ScaleUpWait time.Duration `json:"scaleUpWait,omitempty"`

	// Minute is how long a minute lasts; 0 means 60 seconds. It scales bakes,
	// waits, hook time-outs, callBackDelay and the limits of 24 hours and 30 days.
	Minute time.Duration `json:"minute,omitempty"`
}

// BreakerConfig is deploymentCircuitBreaker with its defaults filled in.
type BreakerConfig struct {
	Enable             bool          `json:"enable,omitempty"`
	Rollback           bool          `json:"rollback,omitempty"`
	ResetOnHealthyTask bool          `json:"resetOnHealthyTask,omitempty"` // AWS's default is true
	Type               ThresholdType `json:"type,omitempty"`               // "" = BOUNDED_PERCENT
	Value              int           `json:"value,omitempty"`              // 0 = 50
}

// ThresholdType tells how thresholdConfiguration.value is meant.
type ThresholdType string

// Threshold types.
const (
	BoundedPercent   ThresholdType = "BOUNDED_PERCENT"
	UnboundedPercent ThresholdType = "UNBOUNDED_PERCENT"
	Count            ThresholdType = "COUNT"
)

// AlarmConfig is the alarms member.
type AlarmConfig struct {
	Names    []string `json:"names,omitempty"`
	Enable   bool     `json:"enable,omitempty"`
	Rollback bool     `json:"rollback,omitempty"`
	// Bake is how long a rolling deployment bakes when bakeTimeInMinutes is 0:
	// the longest period × evaluation periods of the alarms, in unscaled time.
	Bake time.Duration `json:"bake,omitempty"`
}

// EarlyConfig is earlySuccessCriteria; ROLLING only.
type EarlyConfig struct {
	Enable         bool    `json:"enable,omitempty"`
	HealthyPercent int     `json:"healthyPercent,omitempty"`
	Cleanup        Cleanup `json:"cleanup,omitempty"`
}

// Cleanup is sourceServiceRevisionCleanup.
type Cleanup string

// Cleanups.
const (
	Blocking Cleanup = "BLOCKING"
	Deferred Cleanup = "DEFERRED"
)

// HookConfig is one lifecycle hook.
type HookConfig struct {
	Type    HookType        `json:"type"`
	Target  string          `json:"target,omitempty"` // hookTargetArn
	Role    string          `json:"role,omitempty"`
	Stages  []Stage         `json:"stages"`
	Details json.RawMessage `json:"details,omitempty"`
	Minutes int             `json:"minutes,omitempty"` // timeoutInMinutes; 0 = 1440
	Action  HookAction      `json:"action,omitempty"`  // on time-out; "" = ROLLBACK
}

// HookType is a hook's targetType.
type HookType string

// Hook types.
const (
	Lambda HookType = "AWS_LAMBDA"
	Pause  HookType = "PAUSE"
)

// HookAction is what follows a hook's time-out, or a person's decision.
type HookAction string

// Hook actions.
const (
	ActionRollback HookAction = "ROLLBACK"
	ActionContinue HookAction = "CONTINUE"
)

// span scales a duration of AWS's minutes to this deployment's minute.
func (c *Config) span(d time.Duration) time.Duration {
	if c.Minute == 0 || c.Minute == time.Minute {
		return d
	}
	// Minute may be a fraction of a second, a 30-day limit is 43,200 of them:
	// multiply whole minutes apart from the rest to stay within int64.
	return d/time.Minute*c.Minute + time.Duration(float64(d%time.Minute)*float64(c.Minute)/float64(time.Minute))
}

// minutes is n of this deployment's minutes.
func (c *Config) minutes(n int) time.Duration { return c.span(time.Duration(n) * time.Minute) }
