package web

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cloudwatch "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

func TestAlarmView(t *testing.T) {
	t.Parallel()
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	now := time.Date(2026, 11, 20, 12, 0, 10, 0, time.UTC)
	clock := func() time.Time { return now }
	scope := arn.Scope{Account: "1", Region: "r"}
	metrics := metric.New(metric.Options{Now: clock})
	watcher := watch.New(watch.Options{Store: st, Metrics: metrics, Now: clock})
	a := &watch.Alarm{Scope: scope, Name: "high-5xx", Metric: &wire.Stored[cloudwatch.MetricAlarm]{V: cloudwatch.MetricAlarm{
		Namespace: aws.String("n"), MetricName: aws.String("m"), Statistic: "Sum", Period: aws.Int32(60), EvaluationPeriods: aws.Int32(3),
		DatapointsToAlarm: aws.Int32(2), Threshold: aws.Float64(5), ComparisonOperator: "GreaterThanThreshold", TreatMissingData: aws.String("notBreaching"),
	}}}
	err = st.Update(func(tx *store.Tx) error {
		watcher.Put(tx, a)
		svc := &state.Service{Scope: scope, Cluster: "c", Name: "web", Status: "ACTIVE"}
		svc.Body.V.DeploymentConfiguration = &ecs.DeploymentConfiguration{Alarms: &ecs.DeploymentAlarms{AlarmNames: []string{"high-5xx"}}}
		state.Services.Put(tx, svc.Key(), svc)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		metrics.Add(metric.Metric{Scope: scope, Namespace: "n", Name: "m"}, float64(i), now.Add(time.Duration(i-4)*time.Minute))
	}
	err = st.Update(func(tx *store.Tx) error {
		x, _ := watch.Alarms.Get(tx, scope.Key("high-5xx"))
		watcher.SetState(tx, x, alarm.Result{State: alarm.Alarm, Reason: "too many"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	site := &Site{opts: Options{Store: st, Metrics: metrics, Watcher: watcher, Now: clock, Minute: time.Minute}}
	v := alarmKind().Open(site, scope, []string{"high-5xx"})
	st.View(func(tx *store.Tx) {
		b := &Build{Site: site, Tx: tx, Now: now, Scope: scope}
		items, err := v.All(b)
		if err != nil {
			t.Fatal(err)
		}
		d := items["alarm"].(*AlarmDetail)
		if d.State != "ALARM" || d.Periods != 3 || d.ToAlarm != 2 || d.Missing != "count as good" || !slices.Equal(d.Services, []string{"c/web"}) {
			t.Errorf("%+v", d)
		}
		var kinds []string
		for key, doc := range items {
			if strings.HasPrefix(key, "history/") {
				e := doc.(*AlarmEvent)
				kinds = append(kinds, e.Kind+" "+e.Tone+" "+e.Reason)
			}
		}
		slices.Sort(kinds)
		if !slices.Equal(kinds, []string{"ConfigurationUpdate info ", "StateUpdate bad too many"}) {
			t.Errorf("%q", kinds)
		}
		series := v.Measure(b)["series"].(*AlarmSeries)
		text, _ := json.Marshal(series.Values[maxAlarmPoints-5:])
		if len(series.Values) != maxAlarmPoints || series.Step != 60 || string(text) != "[null,0,1,2,3]" {
			t.Errorf("%d points, %v s, %s", len(series.Values), series.Step, text)
		}
		if _, err := alarmKind().Open(site, scope, []string{"none"}).All(b); err == nil {
			t.Error("an alarm that does not exist was found")
		}
		all, _ := alarmsKind().Open(site, scope, nil).All(b)
		if len(all) != 1 || all["alarm/high-5xx"] == nil {
			t.Error(all)
		}
	})
	if got := v.Touch(store.Change{Kind: watch.Alarms.Kind(), ID: scope.Key("high-5xx")}); !slices.Equal(got, Everything) {
		t.Error(got)
	}
	if got := v.Touch(store.Change{Kind: watch.Alarms.Kind(), ID: scope.Key("other")}); got != nil {
		t.Error(got)
	}
}
