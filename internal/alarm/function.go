package alarm

import (
	"errors"
	"math"
	"time"
)

// function is one of CloudWatch's, with the bounds of its number of arguments.
type function struct {
	least, most int
	apply       func(e *Env, args []Value) (Value, error)
}

var functions = map[string]function{
	"ABS": each(math.Abs), "CEIL": each(math.Ceil), "FLOOR": each(math.Floor),
	"LOG": each(math.Log), "LOG10": each(math.Log10),
	"AVG": aggregate(mean), "SUM": aggregate(sum), "MIN": aggregate(least), "MAX": aggregate(most),
	"STDDEV": aggregate(deviation), "DATAPOINT_COUNT": aggregate(func(v []float64) float64 { return float64(len(v)) }),
	"FIRST": aggregate(func(v []float64) float64 { return v[0] }), "LAST": aggregate(func(v []float64) float64 { return v[len(v)-1] }),
	"DIFF":         rows(diff),
	"RATE":         rows(func(e *Env, in, out []float64) { diff(e, in, out); perSecond(e, in, out) }),
	"DIFF_TIME":    rows(func(e *Env, in, out []float64) { gaps(e, in, out) }),
	"RUNNING_SUM":  rows(runningSum),
	"REMOVE_EMPTY": {1, 1, removeEmpty},
	"METRIC_COUNT": {1, 1, func(_ *Env, a []Value) (Value, error) { return scalar(float64(len(a[0].series))), nil }},
	"PERIOD":       {1, 1, func(e *Env, _ []Value) (Value, error) { return scalar(e.Grid.Seconds), nil }},
	"IF":           {2, 3, choose},
	"TIME_SERIES":  {1, 1, timeSeries},
	"SLICE":        {2, 3, slice},
	"EPOCH":        moment(func(t time.Time) float64 { return float64(t.Unix()) }),
	"MINUTE":       moment(func(t time.Time) float64 { return float64(t.Minute()) }),
	"HOUR":         moment(func(t time.Time) float64 { return float64(t.Hour()) }),
	"DAY":          moment(func(t time.Time) float64 { return float64((t.Weekday()+6)%7 + 1) }),
	"DATE":         moment(func(t time.Time) float64 { return float64(t.Day()) }),
	"MONTH":        moment(func(t time.Time) float64 { return float64(t.Month()) }),
	"YEAR":         moment(func(t time.Time) float64 { return float64(t.Year()) }),
}

func callNode(apply func(*Env, []Value) (Value, error), args []node) node {
	return func(e *Env) (Value, error) {
		values := make([]Value, len(args))
		for i, arg := range args {
			v, err := arg(e)
			if err != nil {
				return Value{}, err
			}
			values[i] = v
		}
		return apply(e, values)
	}
}

// each applies fn to every value.
func each(fn func(float64) float64) function {
	return function{1, 1, func(e *Env, args []Value) (Value, error) {
		return combine(e, func(v, _ float64) float64 { return fn(v) }, args[0], scalar(0))
	}}
}

// aggregate makes a number of a series, and a series, point by point, of a list.
func aggregate(fn func(present []float64) float64) function {
	over := func(values []float64) float64 {
		present := make([]float64, 0, len(values))
		for _, v := range values {
			if !math.IsNaN(v) {
				present = append(present, v)
			}
		}
		if len(present) == 0 {
			return none
		}
		return fn(present)
	}
	return function{1, 1, func(e *Env, args []Value) (Value, error) {
		switch v := args[0]; v.kind {
		case scalarKind:
			return v, nil
		case seriesKind:
			return scalar(over(v.series[0])), nil
		default:
			out, column := make([]float64, e.Grid.Periods), make([]float64, len(v.series))
			for t := range out {
				for i := range v.series {
					column[i] = v.series[i][t]
				}
				out[t] = over(column)
			}
			return Series(out), nil
		}
	}}
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}
func mean(v []float64) float64 { return sum(v) / float64(len(v)) }

func least(v []float64) float64 {
	m := v[0]
	for _, x := range v {
		m = min(m, x)
	}
	return m
}

func most(v []float64) float64 {
	m := v[0]
	for _, x := range v {
		m = max(m, x)
	}
	return m
}

func deviation(v []float64) float64 {
	m, s := mean(v), 0.0
	for _, x := range v {
		s += (x - m) * (x - m)
	}
	return math.Sqrt(s / float64(len(v)))
}

// rows applies fn to each series; out begins without datapoints.
func rows(fn func(e *Env, in, out []float64)) function {
	return function{1, 1, func(e *Env, args []Value) (Value, error) {
		if args[0].IsScalar() {
			return Value{}, errors.New("a function of series was given a number")
		}
		res := Value{kind: args[0].kind}
		for _, in := range args[0].series {
			out := make([]float64, len(in))
			for t := range out {
				out[t] = none
			}
			fn(e, in, out)
			res.series = append(res.series, out)
		}
		return res, nil
	}}
}

// diff is the difference of a datapoint to the one before it.
func diff(_ *Env, in, out []float64) {
	last := none
	for t, v := range in {
		if math.IsNaN(v) {
			continue
		}
		if !math.IsNaN(last) {
			out[t] = v - last
		}
		last = v
	}
}

// gaps are the seconds between a datapoint and the one before it.
func gaps(e *Env, in, out []float64) {
	last := -1
	for t, v := range in {
		if math.IsNaN(v) {
			continue
		}
		if last >= 0 {
			out[t] = float64(t-last) * e.Grid.Seconds
		}
		last = t
	}
}

func perSecond(e *Env, in, out []float64) {
	seconds := make([]float64, len(in))
	gaps(e, in, seconds)
	for t := range out {
		if seconds[t] > 0 {
			out[t] /= seconds[t]
		}
	}
}

func runningSum(_ *Env, in, out []float64) {
	total := 0.0
	for t, v := range in {
		if !math.IsNaN(v) {
			total += v
			out[t] = total
		}
	}
}

// removeEmpty drops the series of a list that have no datapoint.
func removeEmpty(_ *Env, args []Value) (Value, error) {
	if args[0].IsScalar() {
		return Value{}, errors.New("REMOVE_EMPTY takes series")
	}
	out := Value{kind: args[0].kind}
	for _, s := range args[0].series {
		for _, v := range s {
			if !math.IsNaN(v) {
				out.series = append(out.series, s)
				break
			}
		}
	}
	if out.kind == seriesKind && out.series == nil {
		return args[0], nil
	}
	return out, nil
}

// moment is a function of the time of each datapoint.
func moment(fn func(time.Time) float64) function {
	return rows(func(e *Env, in, out []float64) {
		for t, v := range in {
			if !math.IsNaN(v) {
				out[t] = fn(e.Grid.Start.Add(time.Duration(t) * e.Grid.Step).UTC())
			}
		}
	})
}

func timeSeries(e *Env, args []Value) (Value, error) {
	if !args[0].IsScalar() {
		return Value{}, errors.New("TIME_SERIES takes a number")
	}
	out := make([]float64, e.Grid.Periods)
	for t := range out {
		out[t] = args[0].scalar
	}
	return Series(out), nil
}

// choose is IF. With a series as the condition it chooses at each datapoint of
// it; without an else, the other datapoints are dropped.
func choose(e *Env, args []Value) (Value, error) {
	c, then, otherwise := args[0], args[1], scalar(none)
	if len(args) == 3 {
		otherwise = args[2]
	}
	for _, v := range args {
		if v.kind == listKind {
			return Value{}, errors.New("IF takes numbers and series, not lists")
		}
	}
	if c.IsScalar() && then.IsScalar() && (len(args) == 2 || otherwise.IsScalar()) {
		if c.scalar != 0 {
			return then, nil
		}
		return otherwise, nil
	}
	out := make([]float64, e.Grid.Periods)
	for t := range out {
		switch on := c.at(0, t); {
		case math.IsNaN(on):
			out[t] = none
		case on != 0:
			out[t] = then.at(0, t)
		default:
			out[t] = otherwise.at(0, t)
		}
	}
	return Series(out), nil
}
