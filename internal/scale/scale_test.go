package scale

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

func TestTargetTracking(t *testing.T) {
	w := newWorld(t)
	w.target(1, 10)
	w.track("cpu", nil)
	w.minutes(2, map[string]float64{"cpu": 100})
	w.desired(2, "after two of three minutes")
	w.minutes(1, map[string]float64{"cpu": 100})
	w.desired(4, "after three minutes at twice the target")
	w.minutes(1, map[string]float64{"cpu": 100})
	w.desired(4, "what was added is to take effect first")
	w.minutes(1, map[string]float64{"cpu": 150})
	w.desired(6, "three times the target of what there was")
	w.minutes(5, map[string]float64{"cpu": 300})
	w.desired(10, "the maximum")
}

func TestAlarmsOfTargetTracking(t *testing.T) {
	w := newWorld(t)
	w.target(1, 10)
	p := w.track("cpu", nil)
	check := func(want ...string) {
		t.Helper()
		var got []string
		w.store.View(func(tx *store.Tx) {
			for _, a := range AlarmsOf(tx, p) {
				got = append(got, strings.TrimSuffix(strings.TrimSuffix(a.Name, p.High), p.Low))
				v := a.Metric.V
				periods, threshold := int32(3), 50.0
				if a.Name == p.LowAlarm() {
					periods, threshold = 15, 45
				}
				if *v.EvaluationPeriods != periods || *v.Threshold != threshold || *v.Period != 60 || v.AlarmActions[0] != p.ARN() {
					t.Errorf("%s: %+v", a.Name, v)
				}
			}
		})
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
	check("TargetTracking-service/c/web-AlarmHigh-", "TargetTracking-service/c/web-AlarmLow-")
	high := p.High
	p = w.track("cpu", func(c *types.TargetTrackingScalingPolicyConfiguration) { c.DisableScaleIn = aws.Bool(true) })
	check("TargetTracking-service/c/web-AlarmHigh-")
	if p.High != high {
		t.Error("an update made another alarm")
	}
	w.update(func(tx *store.Tx) { w.scaler.DeletePolicy(tx, p) })
	check()
}

func TestStepScaling(t *testing.T) {
	w := newWorld(t)
	w.target(1, 9)
	w.step("more", types.StepScalingPolicyConfiguration{
		AdjustmentType: types.AdjustmentTypeChangeInCapacity, Cooldown: aws.Int32(120),
		StepAdjustments: []types.StepAdjustment{step(0.0, 20.0, 2), step(20.0, nil, 3)},
	})
	w.minutes(1, map[string]float64{"m": 60})
	w.desired(4, "with the alarm")
	w.minutes(1, map[string]float64{"m": 60})
	w.desired(4, "during the cool-down")
	w.minutes(1, map[string]float64{"m": 90})
	w.desired(7, "after it")
	w.minutes(1, map[string]float64{"m": 60})
	w.desired(7, "the smaller step during the cool-down")
	w.minutes(1, map[string]float64{"m": 90})
	w.desired(9, "at the maximum")
	w.minutes(5, map[string]float64{"m": 90})
	w.desired(9, "at the maximum still")
	if got := w.activities(); len(got) != 4 || got[0] != "Failed Attempting to scale due to alarm triggeredAlreadyAtMaxCapacity" {
		t.Errorf("%q", got)
	}
	w.minutes(1, map[string]float64{"m": 10})
	w.set("more-alarm", alarm.Alarm)
	w.desired(9, "by hand, at the maximum")
}

// A larger step during the cool-down adds what it adds more than the smaller.
func TestLargerStepDuringCooldown(t *testing.T) {
	w := newWorld(t)
	w.target(1, 20)
	w.step("more", types.StepScalingPolicyConfiguration{
		AdjustmentType: types.AdjustmentTypeChangeInCapacity, Cooldown: aws.Int32(600),
		StepAdjustments: []types.StepAdjustment{step(0.0, 20.0, 2), step(20.0, nil, 3)},
	})
	w.minutes(1, map[string]float64{"m": 60})
	w.desired(4, "with the alarm")
	w.minutes(1, map[string]float64{"m": 90})
	w.desired(5, "3 more in all")
	w.minutes(3, map[string]float64{"m": 90})
	w.desired(5, "and no more than that")
}

// While an alarm stays in its state its policy acts each minute, but not more often.
func TestActsEachMinute(t *testing.T) {
	w := newWorld(t)
	w.target(1, 50)
	w.step("more", types.StepScalingPolicyConfiguration{
		AdjustmentType: types.AdjustmentTypeChangeInCapacity, Cooldown: aws.Int32(0), StepAdjustments: []types.StepAdjustment{step(0.0, nil, 1)},
	})
	w.minutes(1, map[string]float64{"m": 60})
	w.desired(3, "with the alarm")
	w.look()
	w.desired(3, "at once again")
	w.restart()
	w.look()
	w.desired(3, "after a crash")
	w.minutes(3, map[string]float64{"m": 60})
	w.desired(6, "three minutes later")
	if got := len(w.activities()); got != 4 || w.sets != 4 {
		t.Errorf("%d activities, set %d times", got, w.sets)
	}
}

func TestScaleIn(t *testing.T) {
	w := newWorld(t)
	w.service(func(svc *state.Service) { svc.Desired = 8 })
	w.target(1, 10)
	w.track("cpu", nil)
	w.track("memory", nil)
	w.minutes(15, map[string]float64{"cpu": 20, "memory": 40})
	w.desired(7, "the policy that wants more wins") // 3.2 and 6.4
	w.minutes(1, map[string]float64{"cpu": 20, "memory": 40})
	w.desired(7, "during the cool-down")
	w.minutes(1, map[string]float64{"cpu": 20, "memory": 40})
	w.desired(6, "after it")
	w.minutes(1, map[string]float64{"cpu": 20, "memory": 49})
	w.minutes(5, map[string]float64{"cpu": 20, "memory": 40})
	w.desired(6, "one of them does not agree")
	w.minutes(40, map[string]float64{"cpu": 0, "memory": 0})
	w.desired(1, "no load")
}

func TestScaleOutEndsCooldownOfScaleIn(t *testing.T) {
	w := newWorld(t)
	w.service(func(svc *state.Service) { svc.Desired = 8 })
	w.target(1, 10)
	w.track("cpu", func(c *types.TargetTrackingScalingPolicyConfiguration) { c.ScaleInCooldown = aws.Int32(3600) })
	w.minutes(15, map[string]float64{"cpu": 25})
	w.desired(4, "half the load")
	w.minutes(3, map[string]float64{"cpu": 100})
	w.desired(8, "twice the load")
	w.minutes(15, map[string]float64{"cpu": 25})
	w.desired(4, "half of it again, within the hour")
}

func TestDeployment(t *testing.T) {
	w := newWorld(t)
	w.service(func(svc *state.Service) { svc.Desired, svc.Deployment = 4, "d" })
	w.target(1, 10)
	w.track("cpu", nil)
	w.minutes(20, map[string]float64{"cpu": 10})
	w.desired(4, "scale-in during a deployment")
	if got := w.activities(); !slices.Equal(got, []string{"Failed Attempting to scale due to alarm triggeredTargetServicePutResourceAsUnscalable"}) {
		t.Errorf("%q", got)
	}
	w.minutes(3, map[string]float64{"cpu": 100})
	w.desired(8, "scale-out during a deployment")
	w.target(1, 6)
	w.desired(8, "a lower maximum during a deployment")
	w.service(func(svc *state.Service) { svc.Deployment = "" })
	w.look()
	w.desired(6, "a lower maximum after it")
}

func TestSuspended(t *testing.T) {
	w := newWorld(t)
	w.target(1, 10)
	w.track("cpu", nil)
	w.change(func(x *Target) { x.Suspended = Suspended{Out: true} })
	w.minutes(4, map[string]float64{"cpu": 100})
	w.desired(2, "scale-out suspended")
	w.change(func(x *Target) { x.Suspended = Suspended{In: true} })
	w.minutes(1, map[string]float64{"cpu": 100})
	w.desired(4, "no longer")
	w.minutes(20, map[string]float64{"cpu": 10})
	w.desired(4, "scale-in suspended")
}

func TestRegistration(t *testing.T) {
	w := newWorld(t)
	w.target(3, 10)
	w.desired(3, "below the minimum")
	w.target(1, 2)
	w.desired(2, "above the maximum")
	w.target(1, 5)
	w.desired(2, "inside")
	want := []string{"InProgress Setting desired count to 2.", "Overridden Setting desired count to 3."}
	if got := w.activities(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	w.store.View(func(tx *store.Tx) {
		svc, _ := state.Services.Get(tx, home.Key("c", "web"))
		if e := svc.Events[0].Message; e != "Message: Successfully set desired count to 2. Waiting for change to be fulfilled by ecs. Cause: maximum capacity was set to 2" {
			t.Errorf("%q", e)
		}
	})
}

func TestFulfilled(t *testing.T) {
	w := newWorld(t)
	w.target(3, 3)
	w.look()
	w.update(func(tx *store.Tx) {
		svc, _ := state.Services.Get(tx, home.Key("c", "web"))
		for _, id := range []string{"a", "b", "c"} {
			state.PutTask(tx, &state.Task{Scope: home, Cluster: "c", ID: id, Service: svc.Name, LastStatus: "RUNNING", DesiredStatus: "RUNNING"})
		}
	})
	w.look()
	if got := w.activities(); !slices.Equal(got, []string{"Successful Setting desired count to 3."}) {
		t.Errorf("%q", got)
	}
	events, err := w.store.Events(0, 100)
	if err != nil || len(events) != 1 || !strings.Contains(string(events[0].Detail), `"scaledToMax":true`) {
		t.Errorf("%v %+v", err, events)
	}
}

// During a blue/green deployment a change is fulfilled when both revisions have it.
func TestFulfilledDuringDeployment(t *testing.T) {
	w := newWorld(t)
	w.service(func(svc *state.Service) {
		svc.Desired, svc.Deployment, svc.Goals = 1, "d", []deploy.Goal{{Rev: "1", Want: 1}, {Rev: "2", Want: 1}}
	})
	run := func(ids ...string) {
		w.update(func(tx *store.Tx) {
			for _, id := range ids {
				state.PutTask(tx, &state.Task{Scope: home, Cluster: "c", ID: id, Service: "web", LastStatus: "RUNNING", DesiredStatus: "RUNNING"})
			}
		})
	}
	want := func(status types.ScalingActivityStatusCode, when string) {
		t.Helper()
		w.look()
		if got := w.activities(); !slices.Equal(got, []string{string(status) + " Setting desired count to 2."}) {
			t.Errorf("%s: %q", when, got)
		}
	}
	run("blue", "green")
	w.target(2, 4)
	want(types.ScalingActivityStatusCodeInProgress, "before the engine knows")
	w.service(func(svc *state.Service) { svc.Goals = []deploy.Goal{{Rev: "1", Want: 2}, {Rev: "2", Want: 2}} })
	run("blue2")
	want(types.ScalingActivityStatusCodeInProgress, "without the fourth task")
	run("green2")
	want(types.ScalingActivityStatusCodeSuccessful, "with four tasks")
}

func TestScheduledActions(t *testing.T) {
	w := newWorld(t)
	w.target(1, 10)
	put := func(name, schedule, zone string, low, high *int, fn func(*Scheduled)) {
		t.Helper()
		a := &Scheduled{Scope: home, Resource: resource, Name: name, Schedule: schedule, Zone: zone, Min: low, Max: high}
		if fn != nil {
			fn(a)
		}
		w.update(func(tx *store.Tx) {
			if err := w.scaler.PutScheduled(tx, a); err != nil {
				t.Fatal(err)
			}
		})
	}
	five, four, six := 5, 4, 6
	put("once", "at(2026-11-20T13:10:00)", "Europe/Berlin", &five, nil, nil)
	put("cron", "cron(20 7 ? * FRI *)", "America/New_York", nil, &four, func(a *Scheduled) { a.End = w.now.Add(24 * time.Hour) })
	w.minutes(9, nil)
	w.desired(2, "before")
	w.minutes(1, nil)
	w.desired(5, "at ten past twelve")
	w.minutes(9, nil)
	w.minutes(1, nil)
	w.desired(5, "a maximum below the minimum is refused")
	if got := w.activities(); got[0] != "Failed Setting max capacity to 4" || got[1] != "InProgress Setting desired count to 5." || got[2] != "Successful Setting min capacity to 5" {
		t.Errorf("%q", got)
	}
	put("rate", "rate(2 minutes)", "", &six, &six, func(a *Scheduled) { a.Start = w.now.Add(3 * time.Minute) })
	w.minutes(2, nil)
	w.desired(5, "before its start")
	w.restart()
	w.minutes(1, nil)
	w.desired(6, "at its start")
	w.target(1, 10)
	w.service(func(svc *state.Service) { svc.Desired = 2 })
	w.change(func(x *Target) { x.Suspended.Scheduled = true })
	w.minutes(2, nil)
	w.desired(2, "suspended")
	w.change(func(x *Target) { x.Suspended.Scheduled = false })
	w.minutes(2, nil)
	w.desired(6, "two minutes later")
	w.store.View(func(tx *store.Tx) {
		for _, a := range Scheduleds.All(tx) {
			if (a.Name == "rate") == a.Next.IsZero() {
				t.Errorf("%s is due at %v", a.Name, a.Next)
			}
		}
	})
}

// A policy acts on the state that its alarm has, whoever gave it.
func TestSetAlarmState(t *testing.T) {
	w := newWorld(t)
	w.target(1, 10)
	p := w.track("cpu", nil)
	w.set(p.HighAlarm(), alarm.Alarm)
	w.desired(3, "without any datapoint: one more")
	w.store.View(func(tx *store.Tx) {
		a, _ := watch.Alarms.Get(tx, home.Key(p.HighAlarm()))
		if last := a.State; last != alarm.Alarm {
			t.Error(last)
		}
	})
}

func TestCooldownsFollowTheMinute(t *testing.T) {
	s := New(Options{Minute: time.Second})
	if got := s.cooling(aws.Int32(180)); got != 3*time.Second {
		t.Error(got)
	}
	if got := s.cooling(nil); got != 5*time.Second {
		t.Error(got)
	}
}
