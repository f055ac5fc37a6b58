package scale

import (
	"math"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
)

// Step is the capacity that a step scaling policy asks for when its metric is by
// breach above (or, negative, below) the threshold of its alarm. It is false when
// no step adjustment covers that. The bounds of the target are not applied.
//
// Above the threshold a step includes its lower bound, below it its upper bound.
func Step(c *types.StepScalingPolicyConfiguration, current int, breach float64) (int, bool) {
	for _, s := range c.StepAdjustments {
		if covers(&s, breach) && s.ScalingAdjustment != nil {
			magnitude := 0
			if c.MinAdjustmentMagnitude != nil {
				magnitude = int(*c.MinAdjustmentMagnitude)
			}
			return adjust(c.AdjustmentType, current, int(*s.ScalingAdjustment), magnitude), true
		}
	}
	return 0, false
}

func covers(s *types.StepAdjustment, breach float64) bool {
	low, high := math.Inf(-1), math.Inf(1)
	if s.MetricIntervalLowerBound != nil {
		low = *s.MetricIntervalLowerBound
	}
	if s.MetricIntervalUpperBound != nil {
		high = *s.MetricIntervalUpperBound
	}
	above := low <= breach && breach < high
	below := low < breach && breach <= high
	return above && breach >= 0 || below && breach <= 0
}

// adjust applies an adjustment to a capacity. A percentage of more than one task is
// rounded towards zero, one of less than a task counts as one.
func adjust(kind types.AdjustmentType, current, by, magnitude int) int {
	switch kind {
	case types.AdjustmentTypeExactCapacity:
		return max(by, 0)
	case types.AdjustmentTypePercentChangeInCapacity:
		by = percent(current, by, magnitude)
	}
	return max(current+by, 0)
}

func percent(current, by, magnitude int) int {
	n := current * by / 100
	if n == 0 && by != 0 && current > 0 {
		n = sign(by)
	}
	if by != 0 && n*sign(by) < magnitude {
		n = magnitude * sign(by)
	}
	return n
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
}
