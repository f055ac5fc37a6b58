package change

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Strategy is how the next deployment shall go; zero members stay as the service
// has them.
type Strategy struct {
	Name           types.DeploymentStrategy
	Percent        *float64 // of the canary, or of each linear step
	Bake, StepBake *int32   // minutes at the end, and after the canary or each step
}

// Minutes reads a time of whole minutes: "5m", "1h30m", or "5".
func Minutes(text string) (int32, error) {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 && n <= math.MaxInt32 {
		return int32(n), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d%time.Minute != 0 || d/time.Minute > math.MaxInt32 {
		return 0, fmt.Errorf("%q is not a time of whole minutes, such as 5m or 1h30m", text)
	}
	return int32(d / time.Minute), nil
}

// StrategyNamed finds a strategy by its name in any case: "blue_green", "BLUE-GREEN".
func StrategyNamed(text string) (types.DeploymentStrategy, error) {
	for _, s := range types.DeploymentStrategy("").Values() {
		if strings.EqualFold(string(s), strings.ReplaceAll(text, "-", "_")) {
			return s, nil
		}
	}
	return "", fmt.Errorf("there is no strategy %q: say rolling, blue_green, canary or linear", text)
}

// Empty tells whether nothing is asked for.
func (s Strategy) Empty() bool { return s == Strategy{} }

// Over lays a strategy over the configuration that there is, which may be nil; the
// outcome is complete, for AWS takes members that are not given as unchanged or as
// defaults depending on their kind.
func (s Strategy) Over(now *types.DeploymentConfiguration) (*types.DeploymentConfiguration, error) {
	c := types.DeploymentConfiguration{}
	if now != nil {
		c = *now
	}
	if s.Name != "" {
		c.Strategy = s.Name
	}
	if c.Strategy == "" {
		c.Strategy = types.DeploymentStrategyRolling
	}
	if s.Bake != nil {
		c.BakeTimeInMinutes = s.Bake
	}
	if c.Strategy != types.DeploymentStrategyCanary {
		c.CanaryConfiguration = nil
	}
	if c.Strategy != types.DeploymentStrategyLinear {
		c.LinearConfiguration = nil
	}
	if err := s.steps(&c); err != nil {
		return nil, err
	}
	return &c, s.bounds(c.Strategy)
}

// bounds holds what is asked for against ECS's bounds, so that nothing is
// registered for a deployment that ECS refuses: bake times of 0 to 1440 minutes, a
// canary of 0.1 to 100 %, linear steps of 3 to 100 %.
func (s Strategy) bounds(name types.DeploymentStrategy) error {
	for _, bake := range []struct {
		flag    string
		minutes *int32
	}{{"--bake", s.Bake}, {"--step-bake", s.StepBake}} {
		if bake.minutes != nil && *bake.minutes > 1440 {
			return fmt.Errorf("%s must be 0 to 1440 minutes; it was %d", bake.flag, *bake.minutes)
		}
	}
	least := 0.1
	if name == types.DeploymentStrategyLinear {
		least = 3
	}
	if s.Percent != nil && !(*s.Percent >= least && *s.Percent <= 100) {
		return fmt.Errorf("--percent must be %v to 100 with the strategy %s; it was %v", least, strings.ToLower(string(name)), *s.Percent)
	}
	return nil
}

// steps sets what the strategies with steps have.
func (s Strategy) steps(c *types.DeploymentConfiguration) error {
	if s.Percent == nil && s.StepBake == nil {
		return nil
	}
	switch c.Strategy {
	case types.DeploymentStrategyCanary:
		x := types.CanaryConfiguration{CanaryPercent: aws.Float64(5), CanaryBakeTimeInMinutes: aws.Int32(10)} // ECS's defaults
		if c.CanaryConfiguration != nil {
			x = *c.CanaryConfiguration
		}
		lay(&x.CanaryPercent, s.Percent)
		lay(&x.CanaryBakeTimeInMinutes, s.StepBake)
		c.CanaryConfiguration = &x
	case types.DeploymentStrategyLinear:
		x := types.LinearConfiguration{StepPercent: aws.Float64(10), StepBakeTimeInMinutes: aws.Int32(6)}
		if c.LinearConfiguration != nil {
			x = *c.LinearConfiguration
		}
		lay(&x.StepPercent, s.Percent)
		lay(&x.StepBakeTimeInMinutes, s.StepBake)
		c.LinearConfiguration = &x
	default:
		return fmt.Errorf("--percent and --step-bake belong to the strategies canary and linear; the service's is %s: add --strategy canary or --strategy linear",
			strings.ToLower(string(c.Strategy)))
	}
	return nil
}

// lay replaces *to by what is given.
func lay[T any](to **T, given *T) {
	if given != nil {
		*to = given
	}
}
