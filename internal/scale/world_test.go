package scale

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var home = arn.Scope{Account: "123456789012", Region: "eu-west-1"}

const resource = "service/c/web"

// world is a scaler and a watcher under a clock that the test moves. Its service has
// no tasks; the desired count is all that happens.
type world struct {
	*testing.T
	path    string
	now     time.Time
	store   *store.Store
	metrics *metric.Store
	watcher *watch.Watcher
	scaler  *Scaler
	sets    int // how often the desired count was set
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), path: filepath.Join(t.TempDir(), "state.db")}
	w.metrics = metric.New(metric.Options{Now: w.clock})
	w.open()
	t.Cleanup(func() { w.store.Close() })
	w.update(func(tx *store.Tx) {
		svc := &state.Service{Scope: home, Cluster: "c", Name: "web", Status: "ACTIVE", Desired: 2}
		state.Services.Put(tx, svc.Key(), svc)
	})
	return w
}

func (w *world) clock() time.Time { return w.now }

func (w *world) open() {
	var err error
	if w.store, err = store.Open(w.path, store.Options{}); err != nil {
		w.Fatal(err)
	}
	w.watcher = watch.New(watch.Options{Store: w.store, Metrics: w.metrics, Now: w.clock, Scale: func(tx *store.Tx, policyARN string, a *watch.Alarm) error {
		return w.scaler.Perform(tx, policyARN, a)
	}})
	w.scaler = New(Options{Store: w.store, Watcher: w.watcher, Now: w.clock, SetDesired: func(tx *store.Tx, svc *state.Service, n int, event string) error {
		next := *svc
		next.Desired = n
		next.Events = append([]state.ServiceEvent{{Message: event}}, svc.Events...)
		state.Services.Put(tx, next.Key(), &next)
		w.sets++
		return nil
	}})
}

// restart is what a crash leaves: the records.
func (w *world) restart() {
	w.Helper()
	if err := w.store.Close(); err != nil {
		w.Fatal(err)
	}
	w.open()
}

func (w *world) update(fn func(tx *store.Tx)) {
	w.Helper()
	if err := w.store.Update(func(tx *store.Tx) error { fn(tx); return nil }); err != nil {
		w.Fatal(err)
	}
}

func (w *world) target(low, high int) {
	w.Helper()
	w.update(func(tx *store.Tx) {
		t := &Target{Scope: home, Resource: resource}
		if old, ok := Targets.Get(tx, t.Key()); ok {
			*t = *old
		}
		t.Min, t.Max = low, high
		w.scaler.PutTarget(tx, t)
	})
}

func (w *world) change(fn func(*Target)) {
	w.Helper()
	w.update(func(tx *store.Tx) {
		t, _ := Targets.Get(tx, home.Key(resource))
		next := *t
		fn(&next)
		Targets.Put(tx, next.Key(), &next)
	})
}

func (w *world) service(fn func(*state.Service)) {
	w.Helper()
	w.update(func(tx *store.Tx) {
		svc, _ := state.Services.Get(tx, home.Key("c", "web"))
		next := *svc
		fn(&next)
		state.Services.Put(tx, next.Key(), &next)
	})
}

// track puts a policy that keeps the average of n/name at 50.
func (w *world) track(name string, change func(*types.TargetTrackingScalingPolicyConfiguration)) *Policy {
	w.Helper()
	c := types.TargetTrackingScalingPolicyConfiguration{
		TargetValue: aws.Float64(50), ScaleOutCooldown: aws.Int32(180), ScaleInCooldown: aws.Int32(120),
		CustomizedMetricSpecification: &types.CustomizedMetricSpecification{Namespace: aws.String("n"), MetricName: &name, Statistic: types.MetricStatisticAverage},
	}
	if change != nil {
		change(&c)
	}
	var p *Policy
	w.update(func(tx *store.Tx) {
		p = w.scaler.PutPolicy(tx, &Policy{Scope: home, Resource: resource, Name: name, Tracking: &wire.Stored[types.TargetTrackingScalingPolicyConfiguration]{V: c}})
	})
	return p
}

// step puts a step scaling policy and an alarm on the average of n/m, over 50, that
// calls it.
func (w *world) step(name string, c types.StepScalingPolicyConfiguration) *Policy {
	w.Helper()
	var p *Policy
	w.update(func(tx *store.Tx) {
		p = w.scaler.PutPolicy(tx, &Policy{Scope: home, Resource: resource, Name: name, Step: &wire.Stored[types.StepScalingPolicyConfiguration]{V: c}})
		w.watcher.Put(tx, &watch.Alarm{Scope: home, Name: name + "-alarm", Metric: &wire.Stored[cw.MetricAlarm]{V: cw.MetricAlarm{
			Namespace: aws.String("n"), MetricName: aws.String("m"), Statistic: cw.StatisticAverage, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1),
			Threshold: aws.Float64(50), ComparisonOperator: cw.ComparisonOperatorGreaterThanThreshold, ActionsEnabled: aws.Bool(true), AlarmActions: []string{p.ARN()},
		}}})
	})
	return p
}

// minutes lets minutes pass in which a metric has a value, and the watcher and the
// scaler look at the end of each.
func (w *world) minutes(n int, values map[string]float64) {
	w.Helper()
	for range n {
		for name, value := range values {
			w.metrics.Add(metric.Metric{Scope: home, Namespace: "n", Name: name}, value, w.now.Add(30*time.Second))
		}
		w.now = w.now.Add(time.Minute)
		w.look()
	}
}

// look lets the watcher and the scaler look.
func (w *world) look() {
	w.Helper()
	if err := w.watcher.Evaluate(); err != nil {
		w.Fatal(err)
	}
	for range 10 {
		wait, err := w.scaler.Look()
		if err != nil {
			w.Fatal(err)
		}
		if wait > 0 {
			return
		}
	}
	w.Fatal("the scaler finds no rest")
}

func (w *world) set(name, to string) {
	w.Helper()
	w.update(func(tx *store.Tx) {
		a, ok := watch.Alarms.Get(tx, home.Key(name))
		if !ok {
			w.Fatalf("there is no alarm %s", name)
		}
		w.watcher.SetState(tx, a, alarm.Result{State: to, Reason: "by hand"})
	})
}

func (w *world) desired(want int, when string) {
	w.Helper()
	w.store.View(func(tx *store.Tx) {
		if svc, _ := state.Services.Get(tx, home.Key("c", "web")); svc.Desired != want {
			w.Errorf("%s: desired count %d, want %d", when, svc.Desired, want)
		}
	})
}

// activities are the descriptions and reasons, newest first.
func (w *world) activities() (out []string) {
	w.store.View(func(tx *store.Tx) {
		for _, a := range Activities.Prefix(tx, Prefix(home, resource)) {
			out = append(out, string(a.Status)+" "+a.Description+a.Unscaled)
		}
	})
	return out
}
