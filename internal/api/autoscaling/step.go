package autoscaling

import (
	"math"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
)

const maxSteps = 20

// checkStep checks the configuration of a step scaling policy.
func checkStep(c *types.StepScalingPolicyConfiguration) error {
	switch {
	case c.AdjustmentType == "":
		return invalid("AdjustmentType is required: ChangeInCapacity, PercentChangeInCapacity or ExactCapacity.")
	case !slices.Contains(c.AdjustmentType.Values(), c.AdjustmentType):
		return violated("stepScalingPolicyConfiguration.adjustmentType", c.AdjustmentType, "Member must satisfy enum value set: "+list(c.AdjustmentType.Values()))
	case c.MetricAggregationType != "" && !slices.Contains(c.MetricAggregationType.Values(), c.MetricAggregationType):
		return violated("stepScalingPolicyConfiguration.metricAggregationType", c.MetricAggregationType, "Member must satisfy enum value set: "+list(c.MetricAggregationType.Values()))
	case c.MinAdjustmentMagnitude != nil && c.AdjustmentType != types.AdjustmentTypePercentChangeInCapacity:
		return invalid("MinAdjustmentMagnitude goes with the adjustment type PercentChangeInCapacity only.")
	case get(c.MinAdjustmentMagnitude) < 0:
		return invalid("MinAdjustmentMagnitude must not be negative; it was %d.", *c.MinAdjustmentMagnitude)
	case get(c.Cooldown) < 0:
		return invalid("Cooldown must not be negative; it was %d.", *c.Cooldown)
	case len(c.StepAdjustments) == 0:
		return invalid("At least one step adjustment must be specified.")
	case len(c.StepAdjustments) > maxSteps:
		return limitExceeded("A scaling policy has at most %d step adjustments.", maxSteps)
	}
	for _, x := range c.StepAdjustments {
		switch {
		case x.ScalingAdjustment == nil:
			return absent("stepScalingPolicyConfiguration.stepAdjustments.member.scalingAdjustment")
		case c.AdjustmentType == types.AdjustmentTypeExactCapacity && *x.ScalingAdjustment < 0:
			return invalid("ExactCapacity takes scaling adjustments of 0 and more; there was %d.", *x.ScalingAdjustment)
		}
	}
	return checkIntervals(c.StepAdjustments)
}

// interval is what a step covers; infinite where a bound is absent.
type interval struct{ low, high float64 }

// checkIntervals: steps cover one range without gaps, which has an end on the side
// of the threshold only.
func checkIntervals(steps []types.StepAdjustment) error {
	all := make([]interval, len(steps))
	for i, x := range steps {
		if x.MetricIntervalLowerBound == nil && x.MetricIntervalUpperBound == nil {
			return invalid("A step adjustment must have a MetricIntervalLowerBound, a MetricIntervalUpperBound or both.")
		}
		all[i] = interval{math.Inf(-1), math.Inf(1)}
		if x.MetricIntervalLowerBound != nil {
			all[i].low = *x.MetricIntervalLowerBound
		}
		if x.MetricIntervalUpperBound != nil {
			all[i].high = *x.MetricIntervalUpperBound
		}
		if !(all[i].low < all[i].high) { // not a number, either
			return invalid("The lower bound of a step adjustment must be less than its upper bound.")
		}
	}
	slices.SortFunc(all, func(a, b interval) int {
		if a.low < b.low {
			return -1
		}
		return 1
	})
	for i := 1; i < len(all); i++ {
		if all[i-1].high != all[i].low {
			return invalid("The ranges of step adjustments must neither overlap nor leave gaps: one ends at %g, the next begins at %g.", all[i-1].high, all[i].low)
		}
	}
	first, last := all[0].low, all[len(all)-1].high
	switch {
	case first < 0 && !math.IsInf(first, 0):
		return invalid("With a negative lower bound there must be a step adjustment without a lower bound.")
	case last > 0 && !math.IsInf(last, 0):
		return invalid("With a positive upper bound there must be a step adjustment without an upper bound.")
	}
	return nil
}
