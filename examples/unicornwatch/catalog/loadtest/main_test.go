package main

import (
	"testing"

	"github.com/grue-ecs/grue/examples/unicornwatch/load"
)

func TestJudge(t *testing.T) {
	d := Details{Quantile: 0.75, MaxMillis: 300}
	took := func(h load.Histogram) load.Tally {
		return load.Tally{Versions: map[string]*load.Version{"v2": {Answers: 4, Took: h}}}
	}
	lost := took(load.Histogram{5: 4})
	lost.Lost = 1
	for name, c := range map[string]struct {
		tally load.Tally
		want  string
	}{
		"quick":            {took(load.Histogram{5: 3, 900: 1}), "SUCCEEDED"},
		"late":             {took(load.Histogram{5: 2, 301: 2}), "FAILED"},
		"one answer lost":  {lost, "FAILED"},
		"nobody answered":  {load.Tally{Sent: 3}, "FAILED"},
		"just in time":     {took(load.Histogram{300: 4}), "SUCCEEDED"},
		"the last bucket":  {took(load.Histogram{10000: 4}), "FAILED"},
		"as many are late": {took(load.Histogram{1: 3, 10000: 1}), "SUCCEEDED"},
	} {
		if got := judge(c.tally, d); got.HookStatus != c.want {
			t.Errorf("%s: %s", name, got.HookStatus)
		}
	}
}
