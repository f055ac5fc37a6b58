package metric

import (
	"math"
	"testing"
)

// The values 1 to 100, once each. Those of a distribution are within 1 %.
func TestExtendedStatistics(t *testing.T) {
	var d Datapoint
	for v := 1; v <= 100; v++ {
		s := Of(float64(v), 1)
		d.add(&s)
	}
	for name, want := range map[string]float64{
		"p50": 50.5, "tm90": 45.5, "tc90": 90, "ts90": 4095, "wm90": (4095 + 10*90) / 100.0,
		"IQM": 50.5, "TM(10%:90%)": 50.5, "TM(10%:)": 55.5, "TC(:25%)": 25, "TS(50%:100%)": 3775,
		"TC(10:20)": 10, "TM(10:20)": 15.5, "TS(10:20)": 155, "PR(:25)": 25, "PR(75:)": 25, "PR(0:1000)": 100, "PR(200:)": 0,
		"WM(10%:90%)": (10*11 + 4040 + 10*90) / 100.0, "tm100": 50.5,
	} {
		got, ok := d.Statistic(name)
		if !ok || math.Abs(got-want) > 0.03*math.Abs(want)+0.01 || !ValidStatistic(name) {
			t.Errorf("%s = %v, %v; want %v", name, got, ok, want)
		}
	}
	for _, name := range []string{"TM(200:)", "WM(200:)"} {
		if got, ok := d.Statistic(name); ok {
			t.Errorf("%s of no samples is %v", name, got)
		}
	}
	for _, name := range []string{"", "tm", "tm101", "TM(:)", "TM(90%:10%)", "TM(10:90%)", "PR(10%:90%)", "TM(10%:110%)", "iqm", "xx90", "TM(a:b)"} {
		if ValidStatistic(name) {
			t.Errorf("%q is accepted", name)
		}
	}
}

func TestExtendedOfEqualAndUnknownValues(t *testing.T) {
	var d Datapoint
	s := Of(4, 10)
	d.add(&s)
	for name, want := range map[string]float64{"tm90": 4, "tc90": 9, "IQM": 4, "PR(:4)": 100} {
		if got, ok := d.Statistic(name); !ok || math.Abs(got-want) > 0.05 {
			t.Errorf("%s = %v, %v; want %v", name, got, ok, want)
		}
	}
	set := Sample{Sum: 10, Count: 2, Min: 1, Max: 9}
	d.add(&set)
	if _, ok := d.Statistic("tm90"); ok {
		t.Error("a distribution that is not known has a trimmed mean")
	}
}
