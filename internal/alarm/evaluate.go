package alarm

import "time"

// Settings of a metric alarm.
type Settings struct {
	Operator    Operator
	Threshold   float64
	Evaluate    int    // EvaluationPeriods, N
	Datapoints  int    // DatapointsToAlarm, M; 0 = N
	TreatAs     string // TreatMissingData: missing, ignore, breaching, notBreaching; "" = missing
	Period      int    // seconds, for the reason data
	Statistic   string // for the reason data; "" for a formula
	Unit        string
	LowSamples  float64 // keep the state when a datapoint has fewer samples; 0 = never
	EvaluatedAt time.Time
}

// Point is a datapoint of one period; Present is false where there is none.
type Point struct {
	At      time.Time // beginning of the period
	Value   float64
	Samples float64 // how many samples; 0 = not known
	Present bool
}

// Result is what an evaluation found. Where the state stays as it was there is
// neither reason nor data: those of the last change stay, too.
type Result struct {
	State  string
	Reason string
	Data   string // JSON
}

// Range is how many periods Evaluate wants to see: AWS reads more datapoints
// than EvaluationPeriods, so that late ones do not matter.
func Range(evaluationPeriods int) int { return evaluationPeriods + 2 }

func (s *Settings) m() int {
	if s.Datapoints <= 0 {
		return s.Evaluate
	}
	return s.Datapoints
}

// Evaluate tells the state that points, oldest first, mean for an alarm that is
// in the state current. Only the newest Range points count.
func Evaluate(s Settings, current string, points []Point) Result {
	if n := Range(s.Evaluate); len(points) > n {
		points = points[len(points)-n:]
	}
	v := look(&s, points)
	state := v.state(&s, current)
	if s.LowSamples > 0 && v.few(s.LowSamples) {
		state = current
	}
	if state == current {
		return Result{State: state}
	}
	return Result{State: state, Reason: v.reason(&s, state), Data: v.data(&s)}
}

// view is the evaluation range as the rules see it.
type view struct {
	real      []Point // those that exist, newest first, at most N
	breaching int     // of real
	oldest    int     // position of the oldest real point, the newest period is 1
	missing   int     // how many of N are not there
}

func look(s *Settings, points []Point) *view {
	v := &view{}
	for i := len(points) - 1; i >= 0 && len(v.real) < s.Evaluate; i-- {
		p := points[i]
		if !p.Present {
			continue
		}
		v.real = append(v.real, p)
		v.oldest = len(points) - i
		if s.Operator.Breaches(p.Value, s.Threshold) {
			v.breaching++
		}
	}
	v.missing = s.Evaluate - len(v.real)
	return v
}

// few tells whether a datapoint stands for too few samples to say anything.
func (v *view) few(limit float64) bool {
	for _, p := range v.real {
		if p.Samples > 0 && p.Samples < limit {
			return true
		}
	}
	return false
}

// LowSamples is the number of samples under which a percentile says little:
// 10/(1-p) for the upper half of the percentiles, 10/p for the lower.
func LowSamples(percentile float64) float64 {
	p := percentile / 100
	if p >= 0.5 {
		p = 1 - p
	}
	if p <= 0 {
		return 0
	}
	return 10 / p
}
