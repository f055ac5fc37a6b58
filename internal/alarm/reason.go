package alarm

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Initial is the reason of an alarm that was never evaluated.
const Initial = "Unchecked: Initial alarm creation"

// Timestamp is how CloudWatch writes moments into events and reason data.
const Timestamp = "2006-01-02T15:04:05.000-0700"

const (
	maxReason = 1023 // characters of StateReason
	maxData   = 4000 // of StateReasonData
)

// Clip shortens a text to what a member holds.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "")
}

// reason tells why the state is what it is.
func (v *view) reason(s *Settings, state string) string {
	n := len(v.real)
	switch {
	case state == Insufficient:
		return fmt.Sprintf("Insufficient Data: %s unknown.", plural(v.missing, "datapoint was", "datapoints were"))
	case n == 0:
		return fmt.Sprintf("Threshold Crossed: no datapoints were received for %s and %s treated as [%s].",
			plural(s.Evaluate, "period", "periods"), plural(s.Evaluate, "missing datapoint was", "missing datapoints were"), treatment(s.TreatAs))
	}
	counted, not, need := v.breaching, "", s.m()
	if state != Alarm {
		counted, not, need = n-v.breaching, "not ", max(s.Evaluate-s.m()+1, 1)
	}
	verb := "were"
	if counted == 1 {
		verb = "was"
	}
	var values []string
	for _, p := range v.real {
		if s.Operator.Breaches(p.Value, s.Threshold) == (state == Alarm) {
			values = append(values, fmt.Sprintf("%s (%s)", Number(p.Value), p.At.UTC().Format("02/01/06 15:04:05")))
		}
	}
	var filled string
	if v.missing > 0 && (s.TreatAs == "breaching" || s.TreatAs == "notBreaching") {
		filled = fmt.Sprintf(" and %s treated as [%s]", plural(v.missing, "missing datapoint was", "missing datapoints were"), treatment(s.TreatAs))
	}
	return Clip(fmt.Sprintf("Threshold Crossed: %d out of the last %d datapoints [%s] %s %s%s the threshold (%s)%s (minimum %s for %s -> %s transition).",
		counted, n, strings.Join(values, ", "), verb, not, operators[s.Operator].text,
		Number(s.Threshold), filled, plural(need, "datapoint", "datapoints"), opposite(state), state), maxReason)
}

// opposite is the state that the sentence of AWS names as the one before: the
// minimum is that of a change between OK and ALARM, whatever came before.
func opposite(state string) string {
	if state == Alarm {
		return OK
	}
	return Alarm
}

func treatment(treatAs string) string {
	if treatAs == "breaching" {
		return "Breaching"
	}
	return "NonBreaching"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// Number writes a number as CloudWatch does: 7.0, 0.25, 1.2E7.
func Number(v float64) string {
	if abs := math.Abs(v); abs != 0 && (abs >= 1e7 || abs < 1e-3) {
		mantissa, exp, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, 64), "E")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		n, _ := strconv.Atoi(exp)
		return mantissa + "E" + strconv.Itoa(n)
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// reasonData is StateReasonData.
type reasonData struct {
	Version    string           `json:"version"`
	QueryDate  string           `json:"queryDate"`
	StartDate  string           `json:"startDate,omitempty"`
	Statistic  string           `json:"statistic,omitempty"`
	Unit       string           `json:"unit,omitempty"`
	Period     int              `json:"period"`
	Recent     []float64        `json:"recentDatapoints"`
	Threshold  float64          `json:"threshold"`
	Datapoints []evaluatedPoint `json:"evaluatedDatapoints,omitempty"`
}

type evaluatedPoint struct {
	At      string  `json:"timestamp"`
	Samples float64 `json:"sampleCount,omitempty"`
	Value   float64 `json:"value"`
}

func (v *view) data(s *Settings) string {
	d := reasonData{
		Version: "1.0", QueryDate: s.EvaluatedAt.UTC().Format(Timestamp), Statistic: s.Statistic, Unit: s.Unit,
		Period: s.Period, Recent: []float64{}, Threshold: s.Threshold,
	}
	for _, p := range v.real {
		d.Datapoints = append(d.Datapoints, evaluatedPoint{stamp(p.At), p.Samples, p.Value})
		d.Recent = append(d.Recent, p.Value)
	}
	slices.Reverse(d.Recent)
	if n := len(v.real); n > 0 {
		d.StartDate = stamp(v.real[n-1].At)
	}
	for {
		b, err := json.Marshal(d)
		if err != nil { // no number in it can fail: values are finite
			return ""
		}
		if len(b) <= maxData || len(d.Datapoints) == 0 && len(d.Recent) == 0 {
			return string(b)
		}
		d.Datapoints = d.Datapoints[:len(d.Datapoints)/2]
		if len(d.Datapoints) == 0 {
			d.Recent = d.Recent[(len(d.Recent)+1)/2:]
		}
	}
}

func stamp(t time.Time) string { return t.UTC().Format(Timestamp) }
