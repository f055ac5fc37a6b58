package rig

import (
	"cmp"
	"slices"
	"time"
)

// Median of the samples; 0 without any.
func Median[T cmp.Ordered](samples []T) T { return Quantile(samples, 0.5) }

// Quantile is the sample that the share q of all samples does not exceed.
func Quantile[T cmp.Ordered](samples []T, q float64) T {
	var zero T
	if len(samples) == 0 {
		return zero
	}
	s := slices.Clone(samples)
	slices.Sort(s)
	return s[min(len(s)-1, int(q*float64(len(s))))]
}

// Millis is a duration in milliseconds.
func Millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
