package alarm

import (
	"errors"
	"math"
	"strings"
	"time"
)

// Grid are the periods that a formula is computed over.
type Grid struct {
	Start   time.Time     // of the first period
	Step    time.Duration // real length of a period
	Periods int
	Seconds float64 // CloudWatch's length of a period
}

// Value is a scalar, a series, or a list of series.
type Value struct {
	kind   kind
	scalar float64
	series [][]float64 // one for a series; each has Grid.Periods values, NaN = none
}

type kind int

const (
	scalarKind kind = iota
	seriesKind
	listKind
)

// Series makes a Value of one value a period; NaN where there is no datapoint.
func Series(values []float64) Value { return Value{kind: seriesKind, series: [][]float64{values}} }

func scalar(v float64) Value       { return Value{scalar: v} }
func list(all [][]float64) Value   { return Value{kind: listKind, series: all} }
func (v Value) IsScalar() bool     { return v.kind == scalarKind }
func (v Value) Lists() [][]float64 { return v.series }

// One returns the values of a single series; false for scalars and lists.
func (v Value) One() ([]float64, bool) {
	if v.kind != seriesKind {
		return nil, false
	}
	return v.series[0], true
}

// Env is what a formula is computed from.
type Env struct {
	Grid   Grid
	Values map[string]Value
	// Metrics are the ids of the metrics, not of formulas, in their order.
	Metrics []string
	// Labels of them, for METRICS("part").
	Labels map[string]string
}

var none = math.NaN()

func constant(v float64) node { return func(*Env) (Value, error) { return scalar(v), nil } }

// arithmetic holds the operators; a result that is no number is no datapoint.
var arithmetic = map[string]func(a, b float64) float64{
	"+":  func(a, b float64) float64 { return a + b },
	"-":  func(a, b float64) float64 { return a - b },
	"*":  func(a, b float64) float64 { return a * b },
	"/":  func(a, b float64) float64 { return a / b },
	"^":  math.Pow,
	"==": func(a, b float64) float64 { return truth(a == b) },
	"!=": func(a, b float64) float64 { return truth(a != b) },
	"<":  func(a, b float64) float64 { return truth(a < b) },
	"<=": func(a, b float64) float64 { return truth(a <= b) },
	">":  func(a, b float64) float64 { return truth(a > b) },
	">=": func(a, b float64) float64 { return truth(a >= b) },
	"&&": and, "AND": and, "||": or, "OR": or,
}

func and(a, b float64) float64 { return truth(a != 0 && b != 0) }
func or(a, b float64) float64  { return truth(a != 0 || b != 0) }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// finite drops what is no number: a division by zero has no datapoint.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return none
	}
	return v
}

func binaryNode(op func(a, b float64) float64, left, right node) node {
	return func(e *Env) (Value, error) {
		a, err := left(e)
		if err != nil {
			return Value{}, err
		}
		b, err := right(e)
		if err != nil {
			return Value{}, err
		}
		return combine(e, op, a, b)
	}
}

// combine applies op point by point. A series and a list combine with each
// series of the list; two lists do not combine.
func combine(e *Env, op func(a, b float64) float64, a, b Value) (Value, error) {
	if a.IsScalar() && b.IsScalar() {
		return scalar(finite(op(a.scalar, b.scalar))), nil
	}
	if a.kind == listKind && b.kind == listKind {
		return Value{}, errors.New("two lists of series cannot be combined with an operator")
	}
	out := Value{kind: max(a.kind, b.kind)}
	wide := a
	if b.kind > a.kind {
		wide = b
	}
	for i := range wide.series {
		row := make([]float64, e.Grid.Periods)
		for t := range row {
			x, y := a.at(i, t), b.at(i, t)
			switch {
			case missing(a, x) && missing(b, y), missing(a, x) && b.IsScalar(), missing(b, y) && a.IsScalar():
				row[t] = none
			default:
				row[t] = finite(op(zero(a, x), zero(b, y)))
			}
		}
		out.series = append(out.series, row)
	}
	return out, nil
}

// missing tells of a value of a series that it has no datapoint.
func missing(v Value, x float64) bool { return !v.IsScalar() && math.IsNaN(x) }

func zero(v Value, x float64) float64 {
	if missing(v, x) {
		return 0
	}
	return x
}

// at is the value of the i-th series at period t.
func (v Value) at(i, t int) float64 {
	switch v.kind {
	case scalarKind:
		return v.scalar
	case seriesKind:
		return v.series[0][t]
	}
	return v.series[i][t]
}

func listNode(items []node) node {
	return func(e *Env) (Value, error) {
		all := [][]float64{}
		for _, item := range items {
			v, err := item(e)
			if err != nil {
				return Value{}, err
			}
			if v.IsScalar() {
				return Value{}, errors.New("a list holds series, not numbers")
			}
			all = append(all, v.series...)
		}
		return list(all), nil
	}
}

func metricsNode(part string) node {
	return func(e *Env) (Value, error) {
		all := [][]float64{}
		for _, id := range e.Metrics {
			if part == "" || strings.Contains(id, part) || strings.Contains(e.Labels[id], part) {
				all = append(all, e.Values[id].series...)
			}
		}
		return list(all), nil
	}
}
