package cloudwatch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// in is a request as JSON writes it; query flattens it.
type in = map[string]any

// call is an operation with a word that its answer must hold.
type call struct {
	operation string
	in        in
	want      string
}

// life uses every operation once, in an order in which each has something to do.
func life() []call {
	now := time.Now()
	dims := []any{in{"Name": "d", "Value": "v"}}
	stat := in{"Metric": in{"Namespace": "shop", "MetricName": "m", "Dimensions": dims}, "Period": 60, "Stat": "Sum"}
	alarm := in{
		"AlarmName": "a", "Namespace": "shop", "MetricName": "m", "Dimensions": dims, "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 3,
		"DatapointsToAlarm": 2, "Threshold": 1.5, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
		"AlarmActions": []any{"arn:aws:sns:region:account-id:my-topic"}, "Tags": []any{in{"Key": "team", "Value": "shop"}},
	}
	start, end := now.Add(-time.Hour), now.Add(time.Hour)
	resource := "arn:aws:cloudwatch:eu-west-1:000000000000:alarm:a"
	return []call{
		{"PutMetricData", in{"Namespace": "shop", "MetricData": []any{in{"MetricName": "m", "Value": 7, "Unit": "Count", "Timestamp": now, "Dimensions": dims}}}, ""},
		{"ListMetrics", in{"Namespace": "shop", "MetricName": "m", "Dimensions": []any{in{"Name": "d"}}, "RecentlyActive": "PT3H"}, "shop"},
		{"GetMetricStatistics", in{"Namespace": "shop", "MetricName": "m", "Dimensions": dims, "StartTime": start, "EndTime": end, "Period": 60, "Statistics": []any{"Sum"}}, "Count"},
		{"GetMetricData", in{"StartTime": start, "EndTime": end, "MetricDataQueries": []any{in{"Id": "m1", "MetricStat": stat}, in{"Id": "twice", "Expression": "m1*2"}}}, "Complete"},
		{"PutMetricAlarm", alarm, ""},
		{"PutCompositeAlarm", in{"AlarmName": "c", "AlarmRule": `ALARM("a")`}, ""},
		{"DescribeAlarms", in{"AlarmNames": []any{"a"}}, "INSUFFICIENT_DATA"},
		{"DescribeAlarmsForMetric", in{"Namespace": "shop", "MetricName": "m", "Dimensions": dims}, resource},
		{"SetAlarmState", in{"AlarmName": "a", "StateValue": "ALARM", "StateReason": "by hand"}, ""},
		{"DescribeAlarms", in{"AlarmTypes": []any{"CompositeAlarm"}, "StateValue": "ALARM"}, "transitioned to ALARM"},
		{"DescribeAlarmHistory", in{"AlarmName": "a", "HistoryItemType": "StateUpdate"}, "from INSUFFICIENT_DATA to ALARM"},
		{"DisableAlarmActions", in{"AlarmNames": []any{"a"}}, ""},
		{"EnableAlarmActions", in{"AlarmNames": []any{"a"}}, ""},
		{"TagResource", in{"ResourceARN": resource, "Tags": []any{in{"Key": "more", "Value": "x"}}}, ""},
		{"UntagResource", in{"ResourceARN": resource, "TagKeys": []any{"more"}}, ""},
		{"ListTagsForResource", in{"ResourceARN": resource}, "team"},
		{"DeleteAlarms", in{"AlarmNames": []any{"a", "c"}}, ""},
	}
}

// Every operation answers JSON and query; the SDK's client, in the other tests,
// speaks CBOR.
func TestEveryOperationInJSONAndQuery(t *testing.T) {
	for name, send := range map[string]func(*world, call) (int, string){"json": (*world).json, "query": (*world).query} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, c := range life() {
				status, body := send(w, c)
				if status != 200 || !strings.Contains(strings.ReplaceAll(body, "&#34;", `"`), c.want) {
					t.Errorf("%s: %d %s", c.operation, status, body)
				}
			}
			status, body := send(w, call{"SetAlarmState", in{"AlarmName": "a", "StateValue": "OK", "StateReason": "r"}, ""})
			if status != 404 || !strings.Contains(body, "ResourceNotFound") {
				t.Errorf("an alarm that does not exist: %d %s", status, body)
			}
		})
	}
}

func (w *world) json(c call) (int, string) {
	w.Helper()
	body, err := json.Marshal(plain(c.in))
	w.must(err)
	return w.post(body, "application/x-amz-json-1.0", map[string]string{
		"X-Amz-Target": "GraniteServiceVersion20100801." + c.operation, "X-Amzn-Query-Mode": "true",
	})
}

// plain writes moments as JSON does, in seconds.
func plain(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.Unix()
	case in:
		out := in{}
		for k, x := range v {
			out[k] = plain(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = plain(x)
		}
		return out
	}
	return v
}

func (w *world) query(c call) (int, string) {
	w.Helper()
	form := url.Values{"Action": {c.operation}, "Version": {"2010-08-01"}}
	flatten(form, "", c.in)
	return w.post([]byte(form.Encode()), "application/x-www-form-urlencoded", nil)
}

func flatten(form url.Values, at string, v any) {
	switch v := v.(type) {
	case in:
		for k, x := range v {
			flatten(form, strings.TrimPrefix(at+"."+k, "."), x)
		}
	case []any:
		for i, x := range v {
			flatten(form, fmt.Sprintf("%s.member.%d", at, i+1), x)
		}
	case time.Time:
		form.Set(at, v.UTC().Format(time.RFC3339))
	default:
		form.Set(at, fmt.Sprint(v))
	}
}

func (w *world) post(body []byte, kind string, header map[string]string) (int, string) {
	w.Helper()
	req, err := http.NewRequest(http.MethodPost, w.url, bytes.NewReader(body))
	w.must(err)
	req.Header.Set("Content-Type", kind)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	sign(w.T, req, body)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(req)
	w.must(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	w.must(err)
	return res.StatusCode, string(text)
}

// What PutMetricAlarm takes and refuses, member by member; "" = taken.
func TestAlarmChecklist(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	const bad = "ValidationError"
	type put = cw.PutMetricAlarmInput
	span := func(period, n int32) func(*put) {
		return func(i *put) { i.Period, i.EvaluationPeriods = aws.Int32(period), aws.Int32(n) }
	}
	extended := func(stat string) func(*put) {
		return func(i *put) { i.Statistic, i.ExtendedStatistic = "", &stat }
	}
	for _, c := range []struct {
		name   string
		change func(*put)
		want   string
	}{
		{"as it is", func(*put) {}, ""},
		{"empty name", func(i *put) { i.AlarmName = aws.String("") }, "MissingParameter"},
		{"name with a control character", func(i *put) { i.AlarmName = aws.String("a\x01") }, bad},
		{"no operator", func(i *put) { i.ComparisonOperator = "" }, bad},
		{"no evaluation periods", func(i *put) { i.EvaluationPeriods = nil }, bad},
		{"0 evaluation periods", span(60, 0), bad},
		{"M of N", func(i *put) { i.EvaluationPeriods, i.DatapointsToAlarm = aws.Int32(5), aws.Int32(3) }, ""},
		{"M = 0", func(i *put) { i.DatapointsToAlarm = aws.Int32(0) }, bad},
		{"1 second", span(1, 1), ""},
		{"10 seconds", span(10, 6), ""},
		{"30 seconds", span(30, 1), ""},
		{"45 seconds", span(45, 1), bad},
		{"2 minutes", span(120, 1), ""},
		{"1 day", span(86_400, 1), ""},
		{"a day of minutes", span(60, 1440), ""},
		{"more than a day of minutes", span(60, 1441), bad},
		{"a week of hours", span(3600, 168), ""},
		{"more than a week of hours", span(3600, 169), bad},
		{"a week of days", span(86_400, 7), ""},
		{"more than a week of days", span(86_400, 8), bad},
		{"p99.9", extended("p99.9"), ""},
		{"tm90", extended("tm90"), ""},
		{"p101", extended("p101"), "InvalidParameterValue"},
		{"ignore few samples", func(i *put) {
			extended("p99")(i)
			i.EvaluateLowSampleCountPercentile = aws.String("ignore")
		}, ""},
		{"missing", func(i *put) { i.TreatMissingData = aws.String("missing") }, ""},
		{"ignore", func(i *put) { i.TreatMissingData = aws.String("ignore") }, ""},
		{"breaching", func(i *put) { i.TreatMissingData = aws.String("breaching") }, ""},
		{"notBreaching", func(i *put) { i.TreatMissingData = aws.String("notBreaching") }, ""},
		{"no metric", func(i *put) { i.MetricName = nil }, "MissingParameter"},
		{"no dimensions", func(i *put) { i.Dimensions = nil }, ""},
		{"an action that does not exist", func(i *put) { i.OKActions = []string{"arn:aws:sns:region:account-id:my-topic"} }, ""},
		{"six actions", func(i *put) { i.AlarmActions = strings.Split(strings.Repeat("arn:aws:x ", 6), " ")[:6] }, bad},
		{"anomaly band", func(i *put) { i.ThresholdMetricId = aws.String("ad1") }, bad},
		{"ratio", ratio("100*errors/requests"), ""},
		{"ratio with IF", ratio("IF(requests>0, 100*errors/requests, 0)"), ""},
		{"formula over an id that does not exist", ratio("errors/nobody"), bad},
		{"formula that does not parse", ratio("errors/"), bad},
		{"formula of two series", ratio("[errors, requests]"), bad},
	} {
		i := alarmInput("checklist")
		c.change(i)
		_, err := w.PutMetricAlarm(ctx, i)
		if c.want == "" && err != nil || c.want != "" && code(err) != c.want {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// ratio makes an alarm on a formula of errors and requests.
func ratio(formula string) func(*cw.PutMetricAlarmInput) {
	return func(i *cw.PutMetricAlarmInput) {
		stat := func(name string) types.MetricDataQuery {
			return types.MetricDataQuery{Id: &name, ReturnData: aws.Bool(false), MetricStat: &types.MetricStat{
				Metric: &types.Metric{Namespace: aws.String("shop"), MetricName: &name}, Period: aws.Int32(60), Stat: aws.String("Sum"),
			}}
		}
		i.Namespace, i.MetricName, i.Statistic, i.Period, i.Dimensions = nil, nil, "", nil, nil
		i.Metrics = []types.MetricDataQuery{stat("errors"), stat("requests"), {Id: aws.String("rate"), Expression: &formula}}
	}
}

// An alarm that is put again keeps its state and its tags; all else is replaced.
func TestPutAlarmAgain(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	_, err := w.PutMetricAlarm(ctx, alarmInput("a"))
	w.must(err)
	_, err = w.SetAlarmState(ctx, &cw.SetAlarmStateInput{AlarmName: aws.String("a"), StateValue: "ALARM", StateReason: aws.String("test")})
	w.must(err)
	again := alarmInput("a")
	again.Threshold, again.Tags, again.AlarmDescription, again.AlarmActions = aws.Float64(9), nil, aws.String("new"), nil
	_, err = w.PutMetricAlarm(ctx, again)
	w.must(err)
	out, err := w.DescribeAlarms(ctx, &cw.DescribeAlarmsInput{AlarmNames: []string{"a"}})
	w.must(err)
	a := out.MetricAlarms[0]
	if a.StateValue != "ALARM" || *a.StateReason != "test" || *a.Threshold != 9 || *a.AlarmDescription != "new" || len(a.AlarmActions) != 0 {
		t.Errorf("%+v", a)
	}
	tags, err := w.ListTagsForResource(ctx, &cw.ListTagsForResourceInput{ResourceARN: a.AlarmArn})
	w.must(err)
	if len(tags.Tags) != 1 {
		t.Errorf("%+v", tags.Tags)
	}
}

// A metric is its exact set of dimensions and its unit: there is no roll-up.
func TestNoRollUp(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	pair := []types.Dimension{{Name: aws.String("a"), Value: aws.String("1")}, {Name: aws.String("b"), Value: aws.String("2")}}
	_, err := w.PutMetricData(ctx, &cw.PutMetricDataInput{Namespace: aws.String("shop"), MetricData: []types.MetricDatum{
		{MetricName: aws.String("m"), Value: aws.Float64(1), Unit: "Count", Dimensions: pair},
		{MetricName: aws.String("m"), Value: aws.Float64(5), Unit: "Bytes", Dimensions: pair},
	}})
	w.must(err)
	for _, c := range []struct {
		name string
		dims []types.Dimension
		unit types.StandardUnit
		want []float64
	}{
		{"exact", []types.Dimension{pair[1], pair[0]}, "Count", []float64{1}},
		{"every unit", pair, "", []float64{1, 5}},
		{"another unit", pair, "Seconds", nil},
		{"a part of the dimensions", pair[:1], "", nil},
		{"no dimensions", nil, "", nil},
	} {
		out, err := w.GetMetricStatistics(ctx, &cw.GetMetricStatisticsInput{
			Namespace: aws.String("shop"), MetricName: aws.String("m"), Dimensions: c.dims, Unit: c.unit, Period: aws.Int32(60),
			StartTime: aws.Time(time.Now().Add(-time.Hour)), EndTime: aws.Time(time.Now().Add(time.Hour)), Statistics: []types.Statistic{"Sum"},
		})
		w.must(err)
		sum, want := 0.0, 0.0
		for _, d := range out.Datapoints {
			sum += *d.Sum
		}
		for _, v := range c.want {
			want += v
		}
		if len(out.Datapoints) != len(c.want) || sum != want {
			t.Errorf("%s: %+v", c.name, out.Datapoints)
		}
	}
}
