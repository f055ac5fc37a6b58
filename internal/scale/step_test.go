package scale

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
)

// step is an adjustment between two bounds, nil = none.
func step(low, high any, by int32) types.StepAdjustment {
	bound := func(v any) *float64 {
		if f, ok := v.(float64); ok {
			return &f
		}
		return nil
	}
	return types.StepAdjustment{MetricIntervalLowerBound: bound(low), MetricIntervalUpperBound: bound(high), ScalingAdjustment: &by}
}

func TestStep(t *testing.T) {
	const change, percent, exact = types.AdjustmentTypeChangeInCapacity, types.AdjustmentTypePercentChangeInCapacity, types.AdjustmentTypeExactCapacity
	out := []types.StepAdjustment{step(0.0, 10.0, 1), step(10.0, 20.0, 2), step(20.0, nil, 4)}
	in := []types.StepAdjustment{step(-10.0, 0.0, -1), step(nil, -10.0, -3)}
	for _, c := range []struct {
		kind      types.AdjustmentType
		steps     []types.StepAdjustment
		magnitude int32
		current   int
		breach    float64
		want      int // -1 = none
	}{
		{change, out, 0, 5, 0, 6},
		{change, out, 0, 5, 9.9, 6},
		{change, out, 0, 5, 10, 7}, // above the threshold a lower bound is inclusive
		{change, out, 0, 5, 20, 9},
		{change, out, 0, 5, 1e9, 9},
		{change, out, 0, 5, -1, -1},
		{change, in, 0, 5, 0, 4},
		{change, in, 0, 5, -9.9, 4},
		{change, in, 0, 5, -10, 2}, // below it an upper bound is
		{change, in, 0, 5, -99, 2},
		{change, in, 0, 5, 1, -1},
		{change, in, 0, 1, -99, 0}, // never negative
		{exact, []types.StepAdjustment{step(0.0, nil, 7)}, 0, 5, 3, 7},
		{exact, []types.StepAdjustment{step(0.0, nil, 0)}, 0, 5, 3, 0},
		{percent, []types.StepAdjustment{step(0.0, nil, 25)}, 0, 51, 3, 63},   // 12.75 is 12
		{percent, []types.StepAdjustment{step(0.0, nil, 10)}, 0, 4, 3, 5},     // 0.4 is 1
		{percent, []types.StepAdjustment{step(0.0, nil, 25)}, 2, 4, 3, 6},     // 1 is less than the magnitude
		{percent, []types.StepAdjustment{step(nil, 0.0, -10)}, 0, 4, -3, 3},   // -0.4 is -1
		{percent, []types.StepAdjustment{step(nil, 0.0, -33)}, 0, 20, -3, 14}, // -6.6 is -6
		{percent, []types.StepAdjustment{step(nil, 0.0, -10)}, 3, 10, -3, 7},
		{percent, []types.StepAdjustment{step(0.0, nil, 0)}, 3, 10, 3, 10},
		{percent, []types.StepAdjustment{step(0.0, nil, 50)}, 0, 0, 3, 0},
	} {
		got, ok := Step(&types.StepScalingPolicyConfiguration{AdjustmentType: c.kind, StepAdjustments: c.steps, MinAdjustmentMagnitude: aws.Int32(c.magnitude)}, c.current, c.breach)
		if !ok {
			got = -1
		}
		if got != c.want {
			t.Errorf("%s from %d, breach %v: %d, want %d", c.kind, c.current, c.breach, got, c.want)
		}
	}
}

func TestTrack(t *testing.T) {
	for _, c := range []struct {
		current        int
		metric, target float64
		out, in        int
	}{
		{1, 100, 50, 2, 1},
		{4, 75, 50, 6, 4},
		{4, 51, 50, 5, 4},
		{4, 50, 50, 5, 4}, // an alarm says that it is too much
		{10, 44, 50, 11, 9},
		{10, 0, 50, 11, 0},
		{3, 40, 50, 4, 3}, // 2.4 is 3
		{3, 33, 50, 4, 2},
		{3, 33.3333333333333333, 50, 4, 2}, // 2 and what is left of rounding
		{0, 1000, 10, 1, 0},
		{5, 1e300, 1e-100, 1<<31 - 1, 5},
	} {
		if got := TrackOut(c.current, c.metric, c.target); got != c.out {
			t.Errorf("%d at %v of %v: out to %d, want %d", c.current, c.metric, c.target, got, c.out)
		}
		if got := TrackIn(c.current, c.metric, c.target); got != c.in {
			t.Errorf("%d at %v of %v: in to %d, want %d", c.current, c.metric, c.target, got, c.in)
		}
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		current int
		asked   []int
		want    int // -1 = nothing
	}{
		{5, nil, -1},
		{5, []int{5, 5}, -1},
		{5, []int{7, 6}, 7},
		{5, []int{2, 6, 3}, 6}, // scale-out wins
		{5, []int{2, 3}, 3},    // the largest of those that scale in
		{5, []int{2, 5}, 2},
	} {
		var all []proposal
		for _, to := range c.asked {
			all = append(all, proposal{to: to})
		}
		got := -1
		if best := choose(c.current, all); best != nil {
			got = best.to
		}
		if got != c.want {
			t.Errorf("%v from %d: %d, want %d", c.asked, c.current, got, c.want)
		}
	}
}

func TestBounds(t *testing.T) {
	l := limits{2, 8}
	for _, c := range [][3]int{ // current, to, want
		{4, 6, 6},
		{4, 9, 8},
		{4, 1, 2},
		{8, 9, 8},
		{2, 1, 2},
		{1, 3, 3},
		{0, 1, 2}, // below the minimum a scale-out goes to it at least
		{1, 0, 1}, // and a scale-in nowhere
		{12, 11, 8},
		{12, 13, 12},
	} {
		if got := l.bound(c[0], c[1]); got != c[2] {
			t.Errorf("from %d to %d: %d, want %d", c[0], c[1], got, c[2])
		}
	}
}
