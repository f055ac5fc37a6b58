package alarm

import (
	"errors"
	"math"
)

// fillNode is FILL: missing datapoints become a number, the value of another
// series, the datapoint before (REPEAT), or lie on a line between their
// neighbours (LINEAR).
func fillNode(series node, how string, with node) node {
	return func(e *Env) (Value, error) {
		v, err := series(e)
		if err != nil {
			return Value{}, err
		}
		if v.IsScalar() {
			return Value{}, errors.New("FILL takes a series")
		}
		other := scalar(none)
		if with != nil {
			if other, err = with(e); err != nil {
				return Value{}, err
			}
			if other.kind == listKind {
				return Value{}, errors.New("FILL takes a number or one series to fill with")
			}
		}
		out := Value{kind: v.kind}
		for _, in := range v.series {
			row := append([]float64(nil), in...)
			switch how {
			case "REPEAT":
				repeat(row)
			case "LINEAR":
				linear(row)
			default:
				for t := range row {
					if math.IsNaN(row[t]) {
						row[t] = other.at(0, t)
					}
				}
			}
			out.series = append(out.series, row)
		}
		return out, nil
	}
}

func repeat(row []float64) {
	last := none
	for t, v := range row {
		if math.IsNaN(v) {
			row[t] = last
		}
		last = row[t]
	}
}

func linear(row []float64) {
	last := -1
	for t, v := range row {
		if math.IsNaN(v) {
			continue
		}
		for gap := last + 1; last >= 0 && gap < t; gap++ {
			row[gap] = row[last] + (v-row[last])*float64(gap-last)/float64(t-last)
		}
		last = t
	}
}
