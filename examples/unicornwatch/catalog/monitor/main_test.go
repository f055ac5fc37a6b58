package main

import (
	"testing"

	"github.com/grue-ecs/grue/examples/unicornwatch/load"
)

func TestJudge(t *testing.T) {
	tally := load.Tally{Versions: map[string]*load.Version{"v1": {Answers: 900}, "v2": {Answers: 100, Wrong: 1}}}
	if a := judge(tally, 1); a.HookStatus != "SUCCEEDED" {
		t.Errorf("one of a hundred: %+v", a)
	}
	tally.Versions["v2"].Errors = 1
	if a := judge(tally, 1); a.HookStatus != "FAILED" {
		t.Errorf("two of a hundred: %+v", a)
	}
}
