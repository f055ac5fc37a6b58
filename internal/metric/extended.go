package metric

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// extended is a statistic over a part of the distribution: the samples between two
// ranks (shares of all samples), or between two values.
type extended struct {
	kind     string // tm, wm, tc, ts, pr
	from, to float64
	ranks    bool
}

var (
	shortForm = regexp.MustCompile(`^(tm|wm|tc|ts)(\d{1,3}(?:\.\d{1,10})?)$`)
	rangeForm = regexp.MustCompile(`^(TM|WM|TC|TS|PR)\((-?[\d.]+%?)?:(-?[\d.]+%?)?\)$`)
)

// parseExtended reads the names of CloudWatch's trimmed mean, winsorized mean,
// trimmed count, trimmed sum, percentile rank and interquartile mean: tm90, wm98,
// TC(0.005:0.030), TS(80%:), PR(:300), IQM.
func parseExtended(name string) (extended, bool) {
	if name == "IQM" {
		return extended{"tm", 0.25, 0.75, true}, true
	}
	if m := shortForm.FindStringSubmatch(name); m != nil {
		p, err := strconv.ParseFloat(m[2], 64)
		return extended{m[1], 0, p / 100, true}, err == nil && p <= 100
	}
	m := rangeForm.FindStringSubmatch(name)
	if m == nil || m[2] == "" && m[3] == "" {
		return extended{}, false
	}
	x := extended{kind: strings.ToLower(m[1]), ranks: strings.HasSuffix(m[2]+m[3], "%")}
	from, ok := x.bound(m[2], math.Inf(-1))
	to, ok2 := x.bound(m[3], math.Inf(1))
	x.from, x.to = from, to
	if x.ranks {
		x.from, x.to = max(from/100, 0), min(to/100, 1)
	}
	return x, ok && ok2 && x.from < x.to && !(x.ranks && (x.kind == "pr" || from < 0 && m[2] != "" || to > 100 && m[3] != ""))
}

// bound reads one end of a range; both ends are of the same sort.
func (x *extended) bound(s string, absent float64) (float64, bool) {
	if s == "" {
		return absent, true
	}
	digits, percent := strings.CutSuffix(s, "%")
	v, err := strconv.ParseFloat(digits, 64)
	return v, err == nil && percent == x.ranks
}

// ValidStatistic tells whether Datapoint.Statistic knows a name.
func ValidStatistic(name string) bool {
	if slices.Contains([]string{"Sum", "Average", "Minimum", "Maximum", "SampleCount"}, name) {
		return true
	}
	if _, ok := PercentileOf(name); ok {
		return true
	}
	_, ok := parseExtended(name)
	return ok
}

// extended computes a statistic over a part of the distribution. It is false when
// the distribution is not known, or a mean is asked of no samples.
func (d *Datapoint) extended(x extended) (float64, bool) {
	values := d.values
	if d.Minimum == d.Maximum {
		values = sketch{{bucketOf(d.Minimum), float32(d.SampleCount)}}
	} else if d.opaque || len(values) == 0 {
		return 0, false
	}
	var below, within, sum, above, first, last float64
	seen, total := 0.0, d.SampleCount
	for _, b := range values {
		v, n := min(max(valueOf(b.i), d.Minimum), d.Maximum), float64(b.n)
		in, under := x.part(b.i, n, seen, total)
		if in > 0 {
			if within == 0 {
				first = v
			}
			last = v
		}
		below, within, sum, above = below+under, within+in, sum+in*v, above+n-in-under
		seen += n
	}
	switch x.kind {
	case "tc":
		return within, true
	case "ts":
		return sum, true
	case "pr":
		return 100 * within / total, true
	case "wm": // what lies outside counts as the nearest value inside
		return (sum + below*first + above*last) / total, within > 0
	}
	return sum / within, within > 0
}

// part tells how many of the n samples of a bucket lie within the range, and how
// many below it; seen samples are smaller. A value at the lower end lies below, one
// at the upper end within.
func (x *extended) part(bucket int16, n, seen, total float64) (within, below float64) {
	if !x.ranks {
		switch {
		case !math.IsInf(x.from, 0) && bucket <= bucketOf(x.from):
			return 0, n
		case !math.IsInf(x.to, 0) && bucket > bucketOf(x.to):
			return 0, 0
		}
		return n, 0
	}
	from, to := x.from*total, x.to*total
	below = min(max(from-seen, 0), n)
	return max(min(to, seen+n)-max(from, seen), 0), below
}
