package watch

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

const (
	// usual is how often alarms are looked at, in CloudWatch's seconds: late
	// datapoints and alarms just made are seen soon, and a period of 10 s has its
	// own evaluation. Alarms with shorter periods are looked at once a period.
	usual = 10
	// least is the real time between two looks, whatever a minute is.
	least = 20 * time.Millisecond
)

// clock tells when alarms are due: at marks that are counted from the beginning of
// each minute, so that a period is looked at in the moment in which it ends.
type clock struct {
	minute  time.Duration
	last    time.Time // the look before; zero = none
	now     time.Time
	seconds int // the shortest period of an alarm, at most usual
}

// begin begins a look.
func (c *clock) begin(now time.Time) { c.last, c.now, c.seconds = c.now, now, usual }

// due tells whether an alarm with a period is due in this look.
func (c *clock) due(period int) bool {
	period = min(max(period, 1), usual)
	c.seconds = min(c.seconds, period)
	step := c.step(period)
	return c.last.IsZero() || step >= c.minute || c.mark(c.now, step).After(c.last)
}

// next is the time of the next look.
func (c *clock) next(now time.Time) time.Time {
	step := c.step(c.seconds)
	if step >= c.minute {
		return now.Add(step)
	}
	next, end := c.mark(now, step).Add(step), now.Truncate(c.minute).Add(c.minute)
	if end.Sub(next) < step/2 {
		return end // what is left is rounding
	}
	return next
}

// mark is the last mark that is not after t.
func (c *clock) mark(t time.Time, step time.Duration) time.Time {
	start := t.Truncate(c.minute)
	return start.Add(t.Sub(start) / step * step)
}

// step is the real time between looks at alarms with a period of some seconds.
func (c *clock) step(seconds int) time.Duration {
	return max(time.Duration(seconds)*c.minute/60, least)
}

// shortest is the shortest period in an alarm's queries.
func shortest(v *types.MetricAlarm) int {
	if len(v.Metrics) == 0 {
		return int(aws.ToInt32(v.Period))
	}
	out := usual
	for _, q := range v.Metrics {
		if q.MetricStat != nil {
			out = min(out, int(aws.ToInt32(q.MetricStat.Period)))
		}
	}
	return out
}
