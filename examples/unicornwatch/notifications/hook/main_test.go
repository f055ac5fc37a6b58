package main

import (
	"testing"
	"time"
)

const revisions = "arn:aws:ecs:us-east-1:000000000000:service-revision/unicorns/notifications/"

func event(d Details, weights map[string]float64) (e Event) {
	e.HookDetails = d
	e.ExecutionDetails.ProductionTrafficWeights = map[string]float64{}
	for number, w := range weights {
		e.ExecutionDetails.ProductionTrafficWeights[revisions+number] = w
	}
	return e
}

// TestTurn: nobody is active for a while, then the revision with the traffic is; a
// rollback of the same deployment, which gets the details of before, turns back.
func TestTurn(t *testing.T) {
	var active string
	set := func(v string) error { active = v; return nil }
	now := time.Unix(1000, 0)
	call := func(d Details, weights map[string]float64) Answer {
		t.Helper()
		a, err := turn(event(d, weights), func() time.Time { return now }, set)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	d := Details{Parameter: "/p"}
	for _, step := range []map[string]float64{{"7": 0, "8": 100}, {"7": 100, "8": 0}} {
		a := call(d, step)
		if a.HookStatus != "IN_PROGRESS" || active != nobody {
			t.Fatalf("first call: %+v, active %s", a, active)
		}
		now = now.Add(Quiet - time.Millisecond)
		if a = call(*a.HookDetails, step); a.HookStatus != "IN_PROGRESS" || active != nobody {
			t.Fatalf("too early: %+v, active %s", a, active)
		}
		d = *a.HookDetails
		now = now.Add(time.Second)
		if a = call(d, step); a.HookStatus != "SUCCEEDED" || active != favourite(event(d, step).ExecutionDetails.ProductionTrafficWeights) {
			t.Fatalf("last call: %+v, active %s", a, active)
		}
	}
	if active != "7" {
		t.Errorf("after the rollback %s is active", active)
	}
}

func TestTurnRefuses(t *testing.T) {
	for name, e := range map[string]Event{
		"no parameter": event(Details{}, map[string]float64{"7": 100}),
		"no weights":   event(Details{Parameter: "/p"}, nil),
	} {
		if a, err := turn(e, time.Now, func(string) error { t.Error("set"); return nil }); err == nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
}
