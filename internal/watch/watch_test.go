package watch

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var scope = arn.Scope{Account: "123456789012", Region: "us-east-1"}

// world is a watcher under a clock that the test moves.
type world struct {
	*testing.T
	now     time.Time
	store   *store.Store
	metrics *metric.Store
	watcher *Watcher
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, now: time.Date(2026, 11, 20, 12, 0, 10, 0, time.UTC)}
	var err error
	if w.store, err = store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.store.Close() })
	w.metrics = metric.New(metric.Options{Now: w.clock})
	w.restart()
	return w
}

func (w *world) clock() time.Time { return w.now }

func (w *world) restart() {
	w.watcher = New(Options{Store: w.store, Metrics: w.metrics, Now: w.clock})
}

func (w *world) put(a *Alarm) {
	w.Helper()
	a.Scope = scope
	if err := w.store.Update(func(tx *store.Tx) error { w.watcher.Put(tx, a); return nil }); err != nil {
		w.Fatal(err)
	}
}

// metricAlarm fires when the sum of n/m is over 5 in a minute.
func (w *world) metricAlarm(name string, change func(*types.MetricAlarm)) {
	v := types.MetricAlarm{
		Namespace: aws.String("n"), MetricName: aws.String("m"), Statistic: "Sum", Period: aws.Int32(60),
		EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(5), ComparisonOperator: "GreaterThanThreshold",
		ActionsEnabled: aws.Bool(true), AlarmActions: []string{"arn:aws:sns:us-east-1:1:topic"},
	}
	if change != nil {
		change(&v)
	}
	w.put(&Alarm{Name: name, Metric: &wire.Stored[types.MetricAlarm]{V: v}})
}

func (w *world) compositeAlarm(name, rule string, change func(*types.CompositeAlarm)) {
	v := types.CompositeAlarm{AlarmRule: &rule, ActionsEnabled: aws.Bool(true), AlarmActions: []string{"arn:aws:sns:us-east-1:1:topic"}}
	if change != nil {
		change(&v)
	}
	w.put(&Alarm{Name: name, Composite: &wire.Stored[types.CompositeAlarm]{V: v}})
}

func (w *world) add(value float64) {
	w.metrics.Add(metric.Metric{Scope: scope, Namespace: "n", Name: "m"}, value, w.now)
}

// pass lets time go by and evaluates.
func (w *world) pass(d time.Duration) {
	w.Helper()
	w.now = w.now.Add(d)
	if err := w.watcher.Evaluate(); err != nil {
		w.Fatal(err)
	}
}

func (w *world) set(name, state string) {
	w.Helper()
	if err := w.store.Update(func(tx *store.Tx) error {
		a, _ := Alarms.Get(tx, scope.Key(name))
		w.watcher.SetState(tx, a, alarm.Result{State: state, Reason: "by hand"})
		return nil
	}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) want(name, state string) *Alarm {
	w.Helper()
	var a *Alarm
	w.store.View(func(tx *store.Tx) { a, _ = Alarms.Get(tx, scope.Key(name)) })
	if a.State != state {
		w.Errorf("%s is %s (%s), want %s", name, a.State, a.Reason, state)
	}
	return a
}

func (w *world) history(name string) (out []string) {
	w.store.View(func(tx *store.Tx) {
		for _, i := range History.Prefix(tx, HistoryPrefix(scope, name)) {
			out = append(out, i.Summary)
		}
	})
	return out
}

func TestAlarmLife(t *testing.T) {
	w := newWorld(t)
	w.metricAlarm("a", nil)
	w.want("a", alarm.Insufficient)
	w.add(7)
	w.pass(0)
	w.want("a", alarm.Insufficient) // the minute is not over
	w.pass(time.Minute)
	a := w.want("a", alarm.Alarm)
	if !strings.HasPrefix(a.Reason, "Threshold Crossed: 1 out of the last 1 datapoints [7.0 (20/11/26 12:00:00)] was greater than the threshold (5.0)") || !json.Valid([]byte(a.Data)) {
		t.Errorf("%s\n%s", a.Reason, a.Data)
	}
	w.add(1)
	w.pass(time.Minute)
	w.want("a", alarm.OK)
	w.pass(5 * time.Minute)
	w.want("a", alarm.Insufficient)
	want := []string{
		`Alarm "a" created`, "Alarm updated from INSUFFICIENT_DATA to ALARM", "Failed to execute action arn:aws:sns:us-east-1:1:topic",
		"Alarm updated from ALARM to OK", "Alarm updated from OK to INSUFFICIENT_DATA",
	}
	if got := w.history("a"); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	events, err := w.store.Events(0, 100)
	if err != nil || len(events) != 4 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	e := events[1]
	var d struct {
		AlarmName            string
		State, PreviousState struct{ Value string }
		Configuration        struct {
			Metrics []struct{ MetricStat struct{ Stat string } }
		}
	}
	if err := json.Unmarshal(e.Detail, &d); err != nil || e.DetailType != "CloudWatch Alarm State Change" || e.Source != "aws.cloudwatch" ||
		e.Resources[0] != "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a" || d.State.Value != alarm.Alarm ||
		d.PreviousState.Value != alarm.Insufficient || d.Configuration.Metrics[0].MetricStat.Stat != "Sum" {
		t.Errorf("%+v %s", e, e.Detail)
	}
}

func TestFormulaAlarm(t *testing.T) {
	w := newWorld(t)
	count := func(name string, n float64) {
		w.metrics.Add(metric.Metric{Scope: scope, Namespace: "n", Name: name}, n, w.now)
	}
	stat := func(id, name string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: aws.String(id), ReturnData: aws.Bool(false), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: aws.String("n"), MetricName: aws.String(name)}, Period: aws.Int32(60), Stat: aws.String("Sum"),
		}}
	}
	w.metricAlarm("ratio", func(v *types.MetricAlarm) {
		v.Namespace, v.MetricName, v.Statistic, v.Period = nil, nil, "", nil
		v.Metrics = []types.MetricDataQuery{
			stat("errors", "errors"), stat("requests", "requests"),
			{Id: aws.String("rate"), Expression: aws.String("100 * errors / requests")},
		}
	})
	count("requests", 100)
	w.pass(time.Minute)
	w.want("ratio", alarm.OK)
	count("requests", 100)
	count("errors", 6)
	w.pass(time.Minute)
	w.want("ratio", alarm.Alarm)
}

// An alarm without dimensions sees nothing, as in AWS, unless its tag says that it
// means all of them: then each request counts once, not once a set of dimensions.
func TestAlarmWithoutDimensions(t *testing.T) {
	w := newWorld(t)
	v := types.MetricAlarm{
		Namespace: aws.String("AWS/ApplicationELB"), MetricName: aws.String("HTTPCode_Target_5XX_Count"), Statistic: "Sum", Period: aws.Int32(60),
		EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(5), ComparisonOperator: "GreaterThanThreshold",
	}
	w.put(&Alarm{Name: "plain", Metric: &wire.Stored[types.MetricAlarm]{V: v}})
	w.put(&Alarm{Name: "any", Tags: map[string]string{AnyTag: "any"}, Metric: &wire.Stored[types.MetricAlarm]{V: v}})
	count := func(n float64) {
		for _, dims := range [][]string{{"LoadBalancer", "a"}, {"LoadBalancer", "b"}, {"LoadBalancer", "a", "TargetGroup", "x"}, {"LoadBalancer", "b", "TargetGroup", "y"}} {
			w.metrics.AddSample(metric.Metric{Scope: scope, Namespace: "AWS/ApplicationELB", Name: "HTTPCode_Target_5XX_Count", Unit: "Count", Dimensions: metric.Dims(dims...)}, metric.Of(1, n), w.now)
		}
	}
	count(2)
	w.pass(time.Minute)
	w.want("any", alarm.OK) // 4 of two load balancers
	count(3)
	w.pass(time.Minute)
	w.want("any", alarm.Alarm)
	w.want("plain", alarm.Insufficient)
}

func TestSetStateStaysForAMinute(t *testing.T) {
	w := newWorld(t)
	w.metricAlarm("a", func(v *types.MetricAlarm) { v.TreatMissingData = aws.String("notBreaching") })
	w.pass(time.Minute)
	w.want("a", alarm.OK)
	w.set("a", alarm.Alarm)
	w.pass(59 * time.Second)
	w.want("a", alarm.Alarm)
	w.pass(2 * time.Second)
	w.want("a", alarm.OK)
}

// Whoever watches commits, as the engine does, hears of SetAlarmState in the commit
// that keeps it, and of the composite alarms that follow from it.
func TestSetStateIsOneCommit(t *testing.T) {
	w := newWorld(t)
	w.metricAlarm("a", nil)
	w.compositeAlarm("c", "ALARM(a)", nil)
	w.pass(time.Second)
	commits := make(chan map[string]string, 10)
	defer w.store.Watch(func(c store.Commit) {
		states := map[string]string{}
		for _, ch := range c.Changes {
			if ch.Kind == Alarms.Kind() {
				a, _ := Alarms.Of(ch)
				states[a.Name] = a.State
			}
		}
		commits <- states
	})()
	w.set("a", alarm.Alarm)
	for {
		heard := <-commits
		if heard["a"] == "" {
			continue // an earlier commit
		}
		if heard["a"] != alarm.Alarm || heard["c"] != alarm.Alarm {
			t.Error(heard)
		}
		return
	}
}

func TestRestartIsNoMissingData(t *testing.T) {
	w := newWorld(t)
	w.metricAlarm("a", func(v *types.MetricAlarm) { v.TreatMissingData = aws.String("breaching") })
	w.add(1)
	w.pass(time.Minute)
	w.want("a", alarm.OK)
	w.now = w.now.Add(time.Minute)
	w.metrics = metric.New(metric.Options{Now: w.clock})
	w.restart()
	w.pass(time.Second)
	w.want("a", alarm.OK)
	w.pass(2 * time.Minute) // now a whole minute without data is after the start
	w.want("a", alarm.Alarm)
}

func TestComposite(t *testing.T) {
	w := newWorld(t)
	w.metricAlarm("a", nil)
	w.metricAlarm("b", nil)
	w.compositeAlarm("both", `ALARM("a") AND ALARM(b)`, nil)
	w.compositeAlarm("top", "ALARM(both)", nil)
	w.want("both", alarm.Insufficient)
	w.pass(time.Second)
	if a := w.want("both", alarm.OK); !strings.HasSuffix(a.Reason, "alarm:both was created and its alarm rule evaluates to OK") {
		t.Error(a.Reason)
	}
	w.set("a", alarm.Alarm)
	w.want("both", alarm.OK)
	w.set("b", alarm.Alarm)
	w.want("top", alarm.Alarm) // in the same transaction
	if a := w.want("both", alarm.Alarm); a.Reason != "arn:aws:cloudwatch:us-east-1:123456789012:alarm:b transitioned to ALARM at Friday 20 November, 2026 12:00:11 UTC" {
		t.Error(a.Reason)
	}
	w.set("both", alarm.OK) // stays until a child changes
	w.pass(time.Second)
	w.want("both", alarm.OK)
	w.want("top", alarm.OK)
	w.set("a", alarm.OK)
	w.set("a", alarm.Alarm)
	w.want("both", alarm.Alarm)
	w.store.View(func(tx *store.Tx) {
		if !Reaches(tx, scope, []string{"top"}, "both") || Reaches(tx, scope, []string{"a"}, "both") {
			t.Error("Reaches")
		}
		if got := Span(tx, scope, []string{"top"}); got != time.Minute {
			t.Error(got)
		}
		if s, ok := State(tx, scope, ARN(scope, "top")); s != alarm.Alarm || !ok {
			t.Error(s, ok)
		}
		if _, ok := State(tx, scope, "nobody"); ok {
			t.Error("an unknown alarm has a state")
		}
	})
}

func TestSuppression(t *testing.T) {
	w := newWorld(t)
	w.metricAlarm("a", nil)
	w.metricAlarm("maintenance", nil)
	w.compositeAlarm("c", "ALARM(a)", func(v *types.CompositeAlarm) {
		v.ActionsSuppressor, v.ActionsSuppressorWaitPeriod, v.ActionsSuppressorExtensionPeriod = aws.String("maintenance"), aws.Int32(20), aws.Int32(30)
	})
	acted := func() (n int) {
		for _, s := range w.history("c") {
			if strings.HasPrefix(s, "Failed to execute") {
				n++
			}
		}
		return n
	}
	held := func(by types.ActionsSuppressedBy, actions int) {
		t.Helper()
		var a *Alarm
		w.store.View(func(tx *store.Tx) { a, _ = Alarms.Get(tx, scope.Key("c")) })
		if a.Held.By != by || acted() != actions {
			t.Errorf("held by %q, %d actions; want %q, %d", a.Held.By, acted(), by, actions)
		}
	}
	w.pass(time.Second)
	w.pass(30 * time.Second) // the first change, to OK, has waited
	w.set("a", alarm.Alarm)
	held(types.ActionsSuppressedByWaitPeriod, 0)
	w.set("maintenance", alarm.Alarm)
	held(types.ActionsSuppressedByAlarm, 0)
	w.pass(25 * time.Second)
	held(types.ActionsSuppressedByAlarm, 0)
	w.set("maintenance", alarm.OK)
	held(types.ActionsSuppressedByExtensionPeriod, 0)
	w.pass(29 * time.Second)
	held(types.ActionsSuppressedByExtensionPeriod, 0)
	w.pass(time.Second)
	held("", 1)
}

func TestMathRefusesCircles(t *testing.T) {
	q := func(id, e string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: &id, Expression: &e}
	}
	for _, list := range [][]types.MetricDataQuery{
		{q("a", "b+1"), q("b", "a+1")}, {q("a", "a")}, {q("a", "b")}, {q("a", "1"), q("a", "2")}, {q("A", "1")}, {{Id: aws.String("a")}},
	} {
		if _, err := NewMath(list); err == nil {
			t.Errorf("accepted: %v", list)
		}
	}
	var chain []types.MetricDataQuery // each names the one before twice
	for i := range 60 {
		id := "e" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		e := "TIME_SERIES(1)"
		if i > 0 {
			e = *chain[i-1].Id + "+" + *chain[i-1].Id
		}
		chain = append(chain, q(id, e))
	}
	if m, err := NewMath(chain); err != nil || !m.One(*chain[59].Id) {
		t.Error(err)
	}
}

func TestRunEnds(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.watcher.Run(ctx) }()
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
