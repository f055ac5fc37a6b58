package alarm

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func env() *Env {
	nan := math.NaN()
	return &Env{
		Grid: Grid{Start: noon, Step: time.Minute, Periods: 4, Seconds: 60},
		Values: map[string]Value{
			"m1": Series([]float64{1, nan, 3, 4}), "m2": Series([]float64{10, 20, 0, nan}), "e": Series([]float64{nan, nan, nan, nan}),
		},
		Metrics: []string{"m1", "m2"}, Labels: map[string]string{"m1": "errors", "m2": "requests"},
	}
}

// show writes a value as text, "-" where there is no datapoint.
func show(v Value) string {
	if v.IsScalar() {
		return fmt.Sprint(v.scalar)
	}
	var rows []string
	for _, s := range v.Lists() {
		var b []string
		for _, x := range s {
			if math.IsNaN(x) {
				b = append(b, "-")
			} else {
				b = append(b, fmt.Sprintf("%.4g", x))
			}
		}
		rows = append(rows, strings.Join(b, " "))
	}
	return strings.Join(rows, " | ")
}

func TestFormulas(t *testing.T) {
	for src, want := range map[string]string{
		"1 + 2 * 3 ^ 2 - (4 - 1)":       "16",
		"-m1":                           "-1 - -3 -4",
		"m1 + m2":                       "11 20 3 4",
		"m1 / m2":                       "0.1 0 - -",
		"100 * m1 / m2":                 "10 0 - -",
		"IF(m2>0, 100*m1/m2, 0)":        "10 0 0 -",
		"IF(FILL(m2,0)>0, 100*m1/m2,0)": "10 0 0 0",
		"IF(m1 > 1, m1)":                "- - 3 4",
		"m1 > 2 AND m2 < 5":             "0 0 1 0",
		"m1 >= 3 || m2 == 20":           "0 1 1 1",
		"FILL(m1, REPEAT)":              "1 1 3 4",
		"FILL(m1, LINEAR)":              "1 2 3 4",
		"FILL(m1, m2)":                  "1 20 3 4",
		"SUM([m1, m2])":                 "11 20 3 4",
		"SUM(METRICS())":                "11 20 3 4",
		`MAX(METRICS("req"))`:           "10 20 0 -",
		"AVG([m1,m2])":                  "5.5 20 1.5 4",
		"m1 - AVG(m1)":                  "-1.667 - 0.3333 1.333",
		"RATE(m1)":                      "- - 0.01667 0.01667",
		"DIFF(m1)":                      "- - 2 1",
		"RUNNING_SUM(m1)":               "1 - 4 8",
		"MIN(m2)":                       "0",
		"DATAPOINT_COUNT(m1)":           "3",
		"PERIOD(m1)":                    "60",
		"TIME_SERIES(5)":                "5 5 5 5",
		"MINUTE(m1)":                    "0 - 2 3",
		"REMOVE_EMPTY([m1,e])":          "1 - 3 4",
		"ABS(0 - m1)":                   "1 - 3 4",
		"m1 * METRICS()":                "1 - 9 16 | 10 0 0 0",
		"SORT(METRICS(), SUM, DESC)":    "10 20 0 - | 1 - 3 4",
		"SORT([e, m2, m1], AVG, ASC)":   "1 - 3 4 | 10 20 0 - | - - - -",
		"sort(METRICS(), MAX, DESC, 1)": "10 20 0 -",
		"SLICE(METRICS(), 1)":           "10 20 0 -",
		"SLICE([m1, m2, e], 0, 2)":      "1 - 3 4 | 10 20 0 -",
	} {
		f, err := ParseFormula(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		v, err := f.Eval(env())
		if got := show(v); err != nil || got != want {
			t.Errorf("%s = %s (%v), want %s", src, got, err, want)
		}
	}
}

func TestBadFormulas(t *testing.T) {
	for _, src := range []string{
		"", " ", "m1 +", "(m1", "m1)", "M1", "SEARCH('x')", "IF(m1)", "m1 m2", "FILL(m1)", "[m1", "1..2", "SORT(m1)", "SORT(m1, AVG)", "SORT(m1, AVG, UP)", "SLICE(m1)", "$", `"m1`,
		strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500),
	} {
		if _, err := ParseFormula(src); err == nil {
			t.Errorf("%q was accepted", src)
		}
	}
}

func FuzzFormula(f *testing.F) {
	for _, s := range []string{"IF(m2>0, 100*m1/m2, 0)", "SUM([m1,m2])^-2", "FILL(m1,LINEAR) AND METRICS('e')", "AVG(RATE(m1))", "[]", "MAX([])*2", "REMOVE_EMPTY([e])+m1", "SORT(METRICS(),AVG,ASC,1)", "SLICE([m1],0,1)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		formula, err := ParseFormula(src)
		if err != nil {
			return
		}
		v, err := formula.Eval(env())
		if err != nil {
			return
		}
		for _, s := range v.Lists() {
			if len(s) != 4 {
				t.Fatalf("%q: a series of %d values", src, len(s))
			}
		}
	})
}
