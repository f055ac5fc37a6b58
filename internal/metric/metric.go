package metric

import (
	"cmp"
	"slices"

	"github.com/grue-ecs/grue/internal/arn"
)

// Metric names a series. Dimensions may stand in any order.
type Metric struct {
	arn.Scope
	Namespace, Name string
	Dimensions      []Dimension
	// Unit of the samples, "Count" or "Seconds"; in a query, "" is any.
	Unit string
	// High asks for points of one second. It takes effect with the first sample.
	High bool
	// Any lets Slide read a metric without dimensions as all metrics of its name
	// together, of those with the fewest dimensions: the same request is counted
	// for a load balancer and for its target groups.
	Any bool
}

// Dimension is one name-value pair of a metric.
type Dimension struct{ Name, Value string }

// Dims makes dimensions out of names and values in turn.
func Dims(pairs ...string) []Dimension {
	d := make([]Dimension, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		d = append(d, Dimension{pairs[i], pairs[i+1]})
	}
	return d
}

// sorted returns dimensions in order of name, without changing d.
func sorted(d []Dimension) []Dimension {
	byName := func(a, b Dimension) int { return cmp.Compare(a.Name, b.Name) }
	if slices.IsSortedFunc(d, byName) {
		return d
	}
	d = slices.Clone(d)
	slices.SortFunc(d, byName)
	return d
}

// key identifies a metric without its unit.
func (m *Metric) key() string { return string(m.appendKey(nil)) }

func (m *Metric) appendKey(b []byte) []byte {
	for _, s := range [...]string{m.Account, m.Region, m.Namespace, m.Name} {
		b = append(append(b, s...), 0)
	}
	for _, d := range sorted(m.Dimensions) {
		b = append(append(b, d.Name...), 1)
		b = append(append(b, d.Value...), 0)
	}
	return b
}
