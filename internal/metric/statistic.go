package metric

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Sample is one or more measurements that are added together.
type Sample struct {
	Sum, Count, Min, Max float64
	// Values is the distribution; empty when only the statistics are known,
	// which leaves percentiles unknown unless all samples are equal.
	Values []Value
}

// Value is a measured value and how often it occurred.
type Value struct{ Value, Count float64 }

// Of makes a sample of one value that occurred n times.
func Of(v, n float64) Sample { return Sample{Sum: v * n, Count: n, Min: v, Max: v} }

// Spread makes a sample of several values.
func Spread(values []Value) Sample {
	s := Sample{Min: math.Inf(1), Max: math.Inf(-1), Values: values}
	for _, v := range values {
		s.Sum += v.Value * v.Count
		s.Count += v.Count
		s.Min, s.Max = min(s.Min, v.Value), max(s.Max, v.Value)
	}
	return s
}

// Datapoint is what was measured in one period.
type Datapoint struct {
	At   time.Time // beginning of the period
	Unit string
	Sum, SampleCount,
	Minimum, Maximum float64

	values sketch
	opaque bool // some samples came without their distribution
}

// Average of the samples.
func (d *Datapoint) Average() float64 {
	if d.SampleCount == 0 {
		return 0
	}
	return d.Sum / d.SampleCount
}

// Percentile returns the value below which p percent of the samples lie. It is
// false when the distribution is not known.
func (d *Datapoint) Percentile(p float64) (float64, bool) {
	if d.Minimum == d.Maximum {
		return d.Minimum, true
	}
	if d.opaque || len(d.values) == 0 {
		return 0, false
	}
	switch {
	case p <= 0:
		return d.Minimum, true
	case p >= 100:
		return d.Maximum, true
	}
	return min(max(d.values.quantile(p/100), d.Minimum), d.Maximum), true
}

// Statistic returns a statistic by CloudWatch's name: Sum, Average, Minimum,
// Maximum, SampleCount, p99.9, tm90, IQM, PR(:0.3). It is false for other names and
// where the distribution is not known.
func (d *Datapoint) Statistic(name string) (float64, bool) {
	switch name {
	case "Sum":
		return d.Sum, true
	case "Average":
		return d.Average(), true
	case "Minimum":
		return d.Minimum, true
	case "Maximum":
		return d.Maximum, true
	case "SampleCount":
		return d.SampleCount, true
	}
	if p, ok := PercentileOf(name); ok {
		return d.Percentile(p)
	}
	if x, ok := parseExtended(name); ok && d.SampleCount > 0 {
		return d.extended(x)
	}
	return 0, false
}

// PercentileOf reads the name of a percentile: "p50", "p99.99".
func PercentileOf(name string) (p float64, ok bool) {
	digits, ok := strings.CutPrefix(name, "p")
	if !ok || digits == "" || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	p, err := strconv.ParseFloat(digits, 64)
	return p, err == nil && p >= 0 && p <= 100
}

// add adds a sample.
func (d *Datapoint) add(s *Sample) {
	if s.Count <= 0 {
		return
	}
	equal := s.Min == s.Max
	known := equal || len(s.Values) > 0
	if d.SampleCount == 0 {
		d.Minimum, d.Maximum = s.Min, s.Max
	} else if d.values == nil && !d.opaque && (!equal || s.Min != d.Minimum) {
		d.values.add(d.Minimum, d.SampleCount) // all equal until now
	}
	differs := d.values != nil || !equal
	d.Sum += s.Sum
	d.SampleCount += s.Count
	d.Minimum, d.Maximum = min(d.Minimum, s.Min), max(d.Maximum, s.Max)
	switch {
	case !known:
		d.opaque, d.values = true, nil
	case d.opaque || !differs:
	case equal:
		d.values.add(s.Min, s.Count)
	default:
		for _, v := range s.Values {
			d.values.add(v.Value, v.Count)
		}
	}
}

// merge adds another point.
func (d *Datapoint) merge(o *Datapoint) {
	if o.SampleCount == 0 {
		return
	}
	if o.values == nil {
		s := Sample{Sum: o.Sum, Count: o.SampleCount, Min: o.Minimum, Max: o.Maximum}
		d.add(&s)
		return
	}
	if d.SampleCount == 0 {
		d.Minimum, d.Maximum = o.Minimum, o.Maximum
	} else if d.values == nil && !d.opaque {
		d.values.add(d.Minimum, d.SampleCount)
	}
	d.Sum += o.Sum
	d.SampleCount += o.SampleCount
	d.Minimum, d.Maximum = min(d.Minimum, o.Minimum), max(d.Maximum, o.Maximum)
	if !d.opaque {
		d.values.merge(o.values)
	}
}
