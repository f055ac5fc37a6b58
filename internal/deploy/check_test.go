package deploy

import (
	"strings"
	"testing"
	"time"
)

// TestCheckFinds breaks a sound deployment in one way at a time.
func TestCheckFinds(t *testing.T) {
	now := time.Unix(0, 0).UTC()
	sound := func(s Strategy) *Deployment {
		d := New(Request{
			ID: "sd", Strategy: s, Target: "2", Sources: []Rev{"1"}, RollbackTo: "1", Desired: 2,
			Config: Config{Breaker: BreakerConfig{Enable: true}, TestTraffic: true},
		}, now)
		Step(d, Start{Desired: 2}, now)
		if err := Check(d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	for want, harm := range map[string]func(*Deployment){
		"status is one that ECS knows":        func(d *Deployment) { d.Status = "FAILED" },
		"finishedAt":                          func(d *Deployment) { d.FinishedAt = now.Add(1) },
		"has a timer":                         func(d *Deployment) { d.WakeAt = time.Time{} },
		"stoppedAt":                           func(d *Deployment) { d.StoppedAt = now.Add(1) },
		"has started":                         func(d *Deployment) { d.StartedAt = time.Time{} },
		"in its strategy's table":             func(d *Deployment) { d.Stage = "SHIFT" },
		"exactly in the rollback statuses":    func(d *Deployment) { d.Rollback = &Rollback{} },
		"never goes back to the revision":     func(d *Deployment) { d.RollbackTo = "2" },
		"after the circuit breaker tripped":   func(d *Deployment) { d.Breaker.Failures = 3 },
		"after an alarm fired":                func(d *Deployment) { d.Alarms.Triggered = []string{"high"} },
		"one goal":                            func(d *Deployment) { d.Goals = append(d.Goals, d.Goals[0]) },
		"no more target tasks":                func(d *Deployment) { d.Goals[0].Want = 3 },
		"blue is untouched":                   func(d *Deployment) { d.Goals[1].Want = 1 },
		"shares sum to 100":                   func(d *Deployment) { d.Traffic.Production[0].Tenths = 900 },
		"no version is acknowledged":          func(d *Deployment) { d.Traffic.Acked = 1 },
		"starts after the acknowledged shift": func(d *Deployment) { d.Bake.Ends, d.Traffic.Version = now.Add(1), 1 },
		"hooks belong":                        func(d *Deployment) { d.Hooks = []Hook{{Stage: BakeTime}} },
	} {
		d := sound(BlueGreen)
		harm(d)
		if err := Check(d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", want, err)
		}
	}
}

// TestStagesFollow: every row of every table leads to a row of the same table, and
// all tables end.
func TestStagesFollow(t *testing.T) {
	for name, table := range map[string][]row{"rolling": rollingTable, "shift": shiftTable, "rolling undo": rollingUndo, "shift undo": shiftUndo} {
		at := map[Stage]int{endOfLife: len(table)}
		for i, r := range table {
			at[r.Stage] = i
		}
		for i, r := range table {
			if next, ok := at[r.Next]; !ok || next != i+1 {
				t.Errorf("%s: %s is followed by %s", name, r.Stage, r.Next)
			}
			if more, ok := at[r.More]; r.More != "" && (!ok || more > i) {
				t.Errorf("%s: %s repeats from %s", name, r.Stage, r.More)
			}
		}
	}
}

// TestTrafficPlan: the weights after each step.
func TestTrafficPlan(t *testing.T) {
	for _, c := range []struct {
		s     Strategy
		c     Config
		steps int
		first int
	}{
		{Rolling, Config{}, 0, 0},
		{BlueGreen, Config{}, 1, 1000},
		{Canary, Config{CanaryTenths: 50}, 2, 50},
		{Canary, Config{CanaryTenths: 1}, 2, 1},
		{Canary, Config{CanaryTenths: 1000}, 1, 1000},
		{Linear, Config{LinearTenths: 100}, 10, 100},
		{Linear, Config{LinearTenths: 200}, 5, 200},
		{Linear, Config{LinearTenths: 250}, 4, 250},
		{Linear, Config{LinearTenths: 300}, 4, 300},
		{Linear, Config{LinearTenths: 30}, 34, 30},
		{Linear, Config{LinearTenths: 1000}, 1, 1000},
	} {
		plan := trafficPlan(c.s, &c.c)
		if len(plan) != c.steps || c.steps > 0 && (plan[0] != c.first || plan[len(plan)-1] != 1000) {
			t.Errorf("%s %+v: %v", c.s, c.c, plan)
		}
	}
}
