package cloudwatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
	"github.com/grue-ecs/grue/test/intact"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is the service behind the wire, with the SDK's client, which speaks CBOR.
type world struct {
	*testing.T
	*cw.Client
	url     string
	metrics *metric.Store
	watcher *watch.Watcher
}

func newWorld(t *testing.T) *world {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	w := &world{T: t, metrics: metric.New(metric.Options{})}
	w.watcher = watch.New(watch.Options{Store: st, Metrics: w.metrics})
	reg := wire.NewRegistry(wire.Options{LoopbackDevKey: true, Strict: true})
	s := New(Options{Store: st, Metrics: w.metrics, Watcher: w.watcher})
	reg.Add(s.Spec(), s)
	srv := httptest.NewServer(reg)
	t.Cleanup(srv.Close)
	w.url = srv.URL
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	w.Client = cw.New(cw.Options{
		Region: "eu-west-1", BaseEndpoint: &srv.URL, HTTPClient: intact.Client(transport),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	return w
}

func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return fmt.Sprint(err)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) refuses(err error, want string) {
	w.Helper()
	if code(err) != want {
		w.Errorf("got %v, want %s", err, want)
	}
}

func alarmInput(name string) *cw.PutMetricAlarmInput {
	return &cw.PutMetricAlarmInput{
		AlarmName: &name, Namespace: aws.String("shop"), MetricName: aws.String("errors"), Statistic: types.StatisticSum,
		Dimensions: []types.Dimension{{Name: aws.String("d"), Value: aws.String("v")}},
		Period:     aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(5), ComparisonOperator: "GreaterThanThreshold",
		AlarmActions: []string{"arn:aws:sns:region:account-id:my-topic"}, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
	}
}

func TestAlarms(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	for _, name := range []string{"a", "b", "c"} {
		_, err := w.PutMetricAlarm(ctx, alarmInput(name))
		w.must(err)
	}
	_, err := w.PutCompositeAlarm(ctx, &cw.PutCompositeAlarmInput{AlarmName: aws.String("both"), AlarmRule: aws.String("ALARM(a) OR ALARM(b)")})
	w.must(err)

	got, err := w.DescribeAlarms(ctx, &cw.DescribeAlarmsInput{AlarmNames: []string{"a", "nobody", "both"}})
	w.must(err)
	if len(got.MetricAlarms) != 1 || len(got.CompositeAlarms) != 0 {
		t.Fatalf("%+v", got)
	}
	a := got.MetricAlarms[0]
	if *a.AlarmArn != "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:a" || a.StateValue != "INSUFFICIENT_DATA" || *a.Threshold != 5 ||
		!*a.ActionsEnabled || *a.Dimensions[0].Value != "v" || *a.StateReason != "Unchecked: Initial alarm creation" || time.Since(*a.StateUpdatedTimestamp) > time.Minute {
		t.Errorf("%+v", a)
	}

	_, err = w.SetAlarmState(ctx, &cw.SetAlarmStateInput{AlarmName: aws.String("a"), StateValue: "ALARM", StateReason: aws.String("test"), StateReasonData: aws.String(`{"x":1}`)})
	w.must(err)
	all, err := w.DescribeAlarms(ctx, &cw.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{"MetricAlarm", "CompositeAlarm"}, StateValue: "ALARM"})
	w.must(err)
	if len(all.MetricAlarms) != 1 || len(all.CompositeAlarms) != 1 || *all.CompositeAlarms[0].AlarmName != "both" {
		t.Errorf("%+v", all)
	}
	_, err = w.SetAlarmState(ctx, &cw.SetAlarmStateInput{AlarmName: aws.String("a"), StateValue: "OK", StateReason: aws.String("test"), StateReasonData: aws.String(`{`)})
	w.refuses(err, "InvalidFormat")
	_, err = w.SetAlarmState(ctx, &cw.SetAlarmStateInput{AlarmName: aws.String("x"), StateValue: "OK", StateReason: aws.String("test")})
	w.refuses(err, "ResourceNotFound")

	var names []string
	pages := cw.NewDescribeAlarmsPaginator(w.Client, &cw.DescribeAlarmsInput{MaxRecords: aws.Int32(2)})
	for pages.HasMorePages() {
		p, err := pages.NextPage(ctx)
		w.must(err)
		for _, a := range p.MetricAlarms {
			names = append(names, *a.AlarmName)
		}
	}
	if !slices.Equal(names, []string{"a", "b", "c"}) {
		t.Error(names)
	}
	children, err := w.DescribeAlarms(ctx, &cw.DescribeAlarmsInput{ChildrenOfAlarmName: aws.String("both")})
	w.must(err)
	parents, err := w.DescribeAlarms(ctx, &cw.DescribeAlarmsInput{ParentsOfAlarmName: aws.String("b")})
	w.must(err)
	if len(children.MetricAlarms) != 2 || len(parents.CompositeAlarms) != 1 {
		t.Errorf("%+v %+v", children, parents)
	}
	forMetric, err := w.DescribeAlarmsForMetric(ctx, &cw.DescribeAlarmsForMetricInput{
		Namespace: aws.String("shop"), MetricName: aws.String("errors"), Dimensions: []types.Dimension{{Name: aws.String("d"), Value: aws.String("v")}},
	})
	w.must(err)
	if len(forMetric.MetricAlarms) != 3 {
		t.Errorf("%+v", forMetric)
	}
	w.historyAndActions(ctx)
	w.deletion(ctx)
}

func (w *world) historyAndActions(ctx context.Context) {
	h, err := w.DescribeAlarmHistory(ctx, &cw.DescribeAlarmHistoryInput{AlarmName: aws.String("a"), ScanBy: types.ScanByTimestampAscending})
	w.must(err)
	var got []string
	for _, i := range h.AlarmHistoryItems {
		got = append(got, *i.HistorySummary)
	}
	if len(got) != 3 || got[1] != "Alarm updated from INSUFFICIENT_DATA to ALARM" || got[2] != "Failed to execute action arn:aws:sns:region:account-id:my-topic" ||
		!strings.Contains(*h.AlarmHistoryItems[2].HistoryData, "grue performs no actions here") {
		w.Errorf("%q", got)
	}
	_, err = w.DisableAlarmActions(ctx, &cw.DisableAlarmActionsInput{AlarmNames: []string{"a", "nobody"}})
	w.must(err)
	d, err := w.DescribeAlarms(ctx, &cw.DescribeAlarmsInput{AlarmNames: []string{"a"}})
	w.must(err)
	if *d.MetricAlarms[0].ActionsEnabled {
		w.Error("actions are enabled")
	}
	_, err = w.EnableAlarmActions(ctx, &cw.EnableAlarmActionsInput{AlarmNames: []string{"a"}})
	w.must(err)
	resource := d.MetricAlarms[0].AlarmArn
	_, err = w.TagResource(ctx, &cw.TagResourceInput{ResourceARN: resource, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
	w.must(err)
	_, err = w.UntagResource(ctx, &cw.UntagResourceInput{ResourceARN: resource, TagKeys: []string{"team"}})
	w.must(err)
	tags, err := w.ListTagsForResource(ctx, &cw.ListTagsForResourceInput{ResourceARN: resource})
	w.must(err)
	if len(tags.Tags) != 1 || *tags.Tags[0].Key != "k" {
		w.Errorf("%+v", tags.Tags)
	}
	_, err = w.ListTagsForResource(ctx, &cw.ListTagsForResourceInput{ResourceARN: aws.String(*resource + "x")})
	w.refuses(err, "ResourceNotFoundException")
}

func (w *world) deletion(ctx context.Context) {
	_, err := w.DeleteAlarms(ctx, &cw.DeleteAlarmsInput{AlarmNames: []string{"a"}})
	w.refuses(err, "ValidationError")
	_, err = w.DeleteAlarms(ctx, &cw.DeleteAlarmsInput{AlarmNames: []string{"c", "nobody"}})
	w.refuses(err, "ResourceNotFound")
	_, err = w.DeleteAlarms(ctx, &cw.DeleteAlarmsInput{AlarmNames: []string{"a", "b", "both"}})
	w.must(err)
	d, err := w.DescribeAlarms(ctx, &cw.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{"MetricAlarm", "CompositeAlarm"}})
	w.must(err)
	if len(d.MetricAlarms)+len(d.CompositeAlarms) != 0 {
		w.Errorf("%+v", d)
	}
	h, err := w.DescribeAlarmHistory(ctx, &cw.DescribeAlarmHistoryInput{AlarmName: aws.String("a"), MaxRecords: aws.Int32(1)})
	w.must(err)
	if *h.AlarmHistoryItems[0].HistorySummary != `Alarm "a" deleted` || h.NextToken == nil {
		w.Errorf("%+v", h)
	}
}

func TestRefusedAlarms(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	for name, change := range map[string]func(*cw.PutMetricAlarmInput){
		"operator missing": func(i *cw.PutMetricAlarmInput) { i.ComparisonOperator = "LessThanLowerThreshold" },
		"no threshold":     func(i *cw.PutMetricAlarmInput) { i.Threshold = nil },
		"two statistics":   func(i *cw.PutMetricAlarmInput) { i.ExtendedStatistic = aws.String("p99") },
		"period":           func(i *cw.PutMetricAlarmInput) { i.Period = aws.Int32(90) },
		"M over N":         func(i *cw.PutMetricAlarmInput) { i.DatapointsToAlarm = aws.Int32(2) },
		"more than a day":  func(i *cw.PutMetricAlarmInput) { i.EvaluationPeriods = aws.Int32(1441) },
		"missing data":     func(i *cw.PutMetricAlarmInput) { i.TreatMissingData = aws.String("zero") },
		"action":           func(i *cw.PutMetricAlarmInput) { i.OKActions = []string{"topic"} },
		"both sources": func(i *cw.PutMetricAlarmInput) {
			i.Metrics = []types.MetricDataQuery{{Id: aws.String("a"), Expression: aws.String("TIME_SERIES(1)")}}
		},
	} {
		in := alarmInput("x")
		change(in)
		_, err := w.PutMetricAlarm(ctx, in)
		if code(err) != "ValidationError" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, rule := range []string{"ALARM(nobody)", "ALARM(", "ALARM(self)"} {
		_, err := w.PutCompositeAlarm(ctx, &cw.PutCompositeAlarmInput{AlarmName: aws.String("self"), AlarmRule: &rule})
		w.refuses(err, "ValidationError")
	}
	in := alarmInput("scalar")
	in.Namespace, in.MetricName, in.Statistic, in.Period, in.Dimensions = nil, nil, "", nil, nil
	in.Metrics = []types.MetricDataQuery{{Id: aws.String("a"), Expression: aws.String("1+1")}}
	_, err := w.PutMetricAlarm(ctx, in)
	w.refuses(err, "ValidationError")
}
