package alarm

import (
	"errors"
	"math"
	"slices"
)

// keys are what SORT can sort by.
var keys = map[string]func([]float64) float64{"AVG": mean, "MIN": least, "MAX": most, "SUM": sum}

// sorting reads what follows SORT's series: function, order and, if it is there, how
// many series to keep.
func (p *formulaParser) sorting(series node) (node, error) {
	var key func([]float64) float64
	for name, fn := range keys {
		if p.keyword(name) {
			key = fn
		}
	}
	if key == nil {
		return nil, p.unexpected("expected AVG, MIN, MAX or SUM")
	}
	if err := p.expect(","); err != nil {
		return nil, err
	}
	sign := 1
	switch {
	case p.keyword("ASC"):
	case p.keyword("DESC"):
		sign = -1
	default:
		return nil, p.unexpected("expected ASC or DESC")
	}
	limit := constant(math.MaxInt32)
	if p.take(",") {
		var err error
		if limit, err = p.binary(0); err != nil {
			return nil, err
		}
	}
	return sortNode(series, key, sign, limit), nil
}

// sortNode orders the series of a list; those without a datapoint come last.
func sortNode(series node, key func([]float64) float64, sign int, limit node) node {
	return func(e *Env) (Value, error) {
		v, err := series(e)
		if err != nil {
			return Value{}, err
		}
		n, err := limit(e)
		switch {
		case err != nil:
			return Value{}, err
		case v.IsScalar() || !n.IsScalar():
			return Value{}, errors.New("SORT takes series, a function, an order and a number")
		}
		type ranked struct {
			row   []float64
			value float64
		}
		var all []ranked
		for _, row := range v.series {
			x := ranked{row, none}
			if present := slices.DeleteFunc(slices.Clone(row), math.IsNaN); len(present) > 0 {
				x.value = key(present)
			}
			all = append(all, x)
		}
		slices.SortStableFunc(all, func(a, b ranked) int {
			switch {
			case math.IsNaN(a.value) || math.IsNaN(b.value):
				return int(truth(math.IsNaN(a.value)) - truth(math.IsNaN(b.value)))
			case a.value < b.value:
				return -sign
			case a.value > b.value:
				return sign
			}
			return 0
		})
		out := [][]float64{}
		for i := 0; i < len(all) && float64(i) < n.scalar; i++ {
			out = append(out, all[i].row)
		}
		return list(out), nil
	}
}

// slice is SLICE: the series of a list from one index, up to and without another.
func slice(_ *Env, args []Value) (Value, error) {
	n := len(args[0].series)
	bounds := []int{0, n}
	for i, a := range args[1:] {
		if !a.IsScalar() || math.IsNaN(a.scalar) || a.scalar < 0 {
			return Value{}, errors.New("SLICE takes series and indexes from 0")
		}
		bounds[i] = int(min(a.scalar, float64(n)))
	}
	if args[0].IsScalar() || bounds[0] > bounds[1] {
		return Value{}, errors.New("SLICE takes series, the first index, and one that is not smaller")
	}
	return list(args[0].series[bounds[0]:bounds[1]]), nil
}
