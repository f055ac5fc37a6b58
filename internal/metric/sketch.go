package metric

import (
	"math"
	"slices"
)

// gamma is the ratio of neighbouring buckets' bounds: 2 % apart, the middle of a
// bucket is within 1 % of all that it holds.
const gamma = 1.02

var logGamma = math.Log(gamma)

// Buckets of values too near zero, and how far bucket numbers go.
const (
	bucketZero = 0
	bucketBase = 1 << 13 // of the value 1; smaller and larger ones around it
	bucketMost = 1<<14 - 1
)

// bucket counts samples whose size has the same bucket number.
type bucket struct {
	i int16 // negative for negative values
	n float32
}

// sketch is a distribution: buckets in ascending order.
type sketch []bucket

// bucketOf numbers a value: signed, monotonous, zero for zero.
func bucketOf(v float64) int16 {
	size := math.Abs(v)
	if size < 1e-60 {
		return bucketZero
	}
	i := bucketBase + int(math.Round(math.Log(size)/logGamma))
	i = min(max(i, 1), bucketMost)
	if v < 0 {
		return int16(-i)
	}
	return int16(i)
}

// valueOf is the middle of a bucket.
func valueOf(i int16) float64 {
	switch {
	case i == bucketZero:
		return 0
	case i < 0:
		return -valueOf(-i)
	}
	return math.Exp(float64(int(i)-bucketBase) * logGamma)
}

func (s *sketch) add(v, n float64) { s.addBucket(bucketOf(v), float32(n)) }

func (s *sketch) addBucket(i int16, n float32) {
	at, found := slices.BinarySearchFunc(*s, i, func(b bucket, i int16) int { return int(b.i) - int(i) })
	if found {
		(*s)[at].n += n
		return
	}
	*s = slices.Insert(*s, at, bucket{i, n})
}

func (s *sketch) merge(other sketch) {
	for _, b := range other {
		s.addBucket(b.i, b.n)
	}
}

// quantile is the value below which the share q of all samples lies.
func (s sketch) quantile(q float64) float64 {
	total := 0.0
	for _, b := range s {
		total += float64(b.n)
	}
	rank := q * max(total-1, 0)
	seen := 0.0
	for _, b := range s {
		seen += float64(b.n)
		if seen > rank {
			return valueOf(b.i)
		}
	}
	if len(s) == 0 {
		return 0
	}
	return valueOf(s[len(s)-1].i)
}
