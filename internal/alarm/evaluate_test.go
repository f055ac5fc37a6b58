package alarm

import (
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// points reads "0 - X": fine, missing, breaching; oldest first.
func points(s string) []Point {
	var out []Point
	for i, f := range strings.Fields(s) {
		p := Point{At: noon.Add(time.Duration(i) * time.Minute), Present: f != "-"}
		if f == "X" {
			p.Value = 7
		}
		out = append(out, p)
	}
	return out
}

func over5(n, m int, treat string) Settings {
	return Settings{Operator: "GreaterThanThreshold", Threshold: 5, Evaluate: n, Datapoints: m, TreatAs: treat, Period: 60}
}

// The tables of the CloudWatch guide: five periods, N = 3. "keep" is the state before.
func TestMissingData(t *testing.T) {
	const keep = "INSUFFICIENT_DATA"
	for _, c := range []struct {
		points                                   string
		m                                        int
		missing, ignore, breaching, notBreaching string
	}{
		{"0 - X - X", 3, OK, OK, OK, OK},
		{"0 - - - -", 3, OK, OK, OK, OK},
		{"- - - - -", 3, Insufficient, keep, Alarm, OK},
		{"0 X X - X", 3, Alarm, Alarm, Alarm, Alarm},
		{"- - X - -", 3, Alarm, keep, Alarm, OK},
		{"0 - X - X", 2, Alarm, Alarm, Alarm, Alarm},
		{"0 0 X - X", 2, Alarm, Alarm, Alarm, Alarm},
		{"0 - X - -", 2, OK, OK, Alarm, OK},
		{"- - - - 0", 2, OK, OK, Alarm, OK},
		{"- - - X -", 2, Alarm, keep, Alarm, OK},
		{"- - - - X", 2, OK, keep, Alarm, OK},
		{"X X X 0 0", 2, OK, OK, OK, OK},
	} {
		for treat, want := range map[string]string{
			"missing": c.missing, "ignore": c.ignore, "breaching": c.breaching, "notBreaching": c.notBreaching, "": c.missing,
		} {
			if got := Evaluate(over5(3, c.m, treat), keep, points(c.points)); got.State != want {
				t.Errorf("%s M=%d %s: %s, want %s (%s)", c.points, c.m, treat, got.State, want, got.Reason)
			}
		}
	}
}

func TestOperators(t *testing.T) {
	for op, want := range map[Operator][3]bool{ // 4, 5, 6 against 5
		"GreaterThanThreshold": {false, false, true}, "GreaterThanOrEqualToThreshold": {false, true, true},
		"LessThanThreshold": {true, false, false}, "LessThanOrEqualToThreshold": {true, true, false},
		"GreaterThanUpperThreshold": {},
	} {
		for i, v := range []float64{4, 5, 6} {
			if op.Breaches(v, 5) != want[i] {
				t.Errorf("%v %s 5", v, op)
			}
		}
	}
}

func TestReasons(t *testing.T) {
	for _, c := range []struct {
		points, current string
		s               Settings
		want            string
	}{
		{"X X X", OK, over5(3, 3, ""), "Threshold Crossed: 3 out of the last 3 datapoints [7.0 (20/11/26 12:02:00), 7.0 (20/11/26 12:01:00), 7.0 (20/11/26 12:00:00)] were greater than the threshold (5.0) (minimum 3 datapoints for OK -> ALARM transition)."},
		{"0", Alarm, over5(1, 1, ""), "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (20/11/26 12:00:00)] was not greater than the threshold (5.0) (minimum 1 datapoint for ALARM -> OK transition)."},
		{"- - -", OK, over5(3, 3, ""), "Insufficient Data: 3 datapoints were unknown."},
		{"-", OK, over5(1, 1, "breaching"), "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching]."},
	} {
		if got := Evaluate(c.s, c.current, points(c.points)); got.Reason != c.want {
			t.Errorf("got  %s\nwant %s", got.Reason, c.want)
		}
	}
	got := Evaluate(over5(500, 500, ""), OK, points(strings.Repeat("X ", 500)))
	if len(got.Data) > maxData || len(got.Reason) > maxReason {
		t.Errorf("%d bytes of data, %d of reason", len(got.Data), len(got.Reason))
	}
}

func TestFewSamplesKeepTheState(t *testing.T) {
	s := over5(1, 1, "")
	s.LowSamples = LowSamples(99) // 1000
	p := points("X")
	p[0].Samples = 900
	if got := Evaluate(s, OK, p); got.State != OK {
		t.Error(got.State)
	}
	p[0].Samples = 1100
	if got := Evaluate(s, OK, p); got.State != Alarm {
		t.Error(got.State)
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{7: "7.0", 0.25: "0.25", 12e6: "1.2E7", 0: "0.0", 1e-5: "1.0E-5", -3: "-3.0"} {
		if got := Number(v); got != want {
			t.Errorf("%v: %s", v, got)
		}
	}
}
