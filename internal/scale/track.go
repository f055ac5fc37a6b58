package scale

import "math"

// TrackOut is the capacity that brings a metric, which is above its target, down to
// it: in proportion, rounded up, and at least one more. The metric must fall as
// capacity rises, as an average over tasks does.
func TrackOut(current int, metric, target float64) int {
	return max(proportion(current, metric, target), current+1)
}

// TrackIn is the capacity that brings a metric, which is well below its target, up
// to it, rounded up so that it does not go beyond; never more than there is.
func TrackIn(current int, metric, target float64) int {
	return min(proportion(current, metric, target), current)
}

// proportion is ceil(current × metric ÷ target) within what a capacity can be.
func proportion(current int, metric, target float64) int {
	n := math.Ceil(float64(current)*metric/target - 1e-9) // what is left is rounding
	switch {
	case math.IsNaN(n):
		return current
	case n < 0:
		return 0
	case n > math.MaxInt32:
		return math.MaxInt32
	}
	return int(n)
}
