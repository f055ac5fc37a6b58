package cloudwatch

import (
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/metric"
)

const (
	maxName       = 255
	maxDimensions = 30
	maxValue      = 1024
	maxActions    = 5
)

// checkMetric checks the name of a metric.
func checkMetric(namespace, name string, dims []types.Dimension) error {
	switch {
	case namespace == "":
		return missing("Namespace")
	case name == "":
		return missing("MetricName")
	case len(namespace) > maxName || strings.HasPrefix(namespace, ":"):
		return invalid("The value %s for parameter Namespace is invalid.", namespace)
	case len(name) > maxName:
		return invalid("The parameter MetricName must be shorter than %d characters.", maxName+1)
	}
	return checkDimensions(dims)
}

func checkDimensions(dims []types.Dimension) error {
	if len(dims) > maxDimensions {
		return invalid("The collection Dimensions must not have a size greater than %d.", maxDimensions)
	}
	seen := map[string]bool{}
	for _, d := range dims {
		name, value := get(d.Name), get(d.Value)
		switch {
		case name == "" || value == "":
			return missing("Dimensions.member.Name and Value")
		case len(name) > maxName || len(value) > maxValue || strings.HasPrefix(name, ":"):
			return invalid("The dimension %s is invalid: a name has at most %d characters and no colon in front, a value at most %d.", name, maxName, maxValue)
		case seen[name]:
			return invalid("No Metric may specify the same dimension more than once: %s.", name)
		}
		seen[name] = true
	}
	return nil
}

func checkUnit(u types.StandardUnit) error {
	if u != "" && !slices.Contains(u.Values(), u) {
		return invalid("The value %s for parameter Unit is invalid.", u)
	}
	return nil
}

// checkStatistic knows the statistics that the metric store computes.
func checkStatistic(stat string) error {
	if metric.ValidStatistic(stat) {
		return nil
	}
	return invalid("The value %s for parameter Statistic is invalid: use SampleCount, Sum, Average, Minimum, Maximum, a percentile from p0 to p100, tm90, wm90, tc90, ts90, IQM, or a range such as TM(10%%:90%%) or PR(:0.5).", stat)
}

// validPeriod: 1, 5, 10, 20, 30 or a multiple of 60.
func validPeriod(p int32) bool {
	return p > 0 && p%60 == 0 || slices.Contains([]int32{1, 5, 10, 20, 30}, p)
}

func checkAlarmName(name *string) (string, error) {
	n := get(name)
	switch {
	case n == "":
		return "", missing("AlarmName")
	case len([]rune(n)) > maxName:
		return "", refused("1 validation error detected: Value '%s' at 'alarmName' failed to satisfy constraint: Member must have length less than or equal to %d", n, maxName)
	case strings.ContainsFunc(n, unicode.IsControl):
		return "", refused("The name of an alarm has no control characters.")
	}
	return n, nil
}

func checkActions(lists ...[]string) error {
	for _, l := range lists {
		if len(l) > maxActions {
			return refused("An alarm has at most %d actions for a state.", maxActions)
		}
		for _, a := range l {
			if len(a) < 1 || len(a) > 1024 || !strings.HasPrefix(a, "arn:") {
				return refused("Invalid action: %q is not an ARN.", a)
			}
		}
	}
	return nil
}

func readTags(tags []types.Tag) (map[string]string, error) {
	out := map[string]string{}
	for _, t := range tags {
		k, v := get(t.Key), get(t.Value)
		if k == "" || len([]rune(k)) > 128 || len([]rune(v)) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return nil, invalid("The tag %q is not allowed: a key has 1 to 128 characters and does not begin with aws:, a value has at most 256.", k)
		}
		out[k] = v
	}
	if len(out) > 50 {
		return nil, invalid("A resource can have no more than 50 tags.")
	}
	return out, nil
}
