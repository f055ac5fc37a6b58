package watch

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/store"
)

// performed remembers actions.
type performed struct{ subjects, messages, events []string }

func (p *performed) Publish(_ *store.Tx, topicARN, subject, message string) error {
	if strings.HasSuffix(topicARN, ":gone") {
		return errors.New("Topic does not exist")
	}
	p.subjects, p.messages = append(p.subjects, subject), append(p.messages, message)
	return nil
}

func (p *performed) Invoke(_ *store.Tx, functionARN string, event []byte) error {
	p.events = append(p.events, functionARN+" "+string(event))
	return nil
}

func TestActions(t *testing.T) {
	w := newWorld(t)
	got := &performed{}
	w.watcher.opts.Actions = got
	w.metricAlarm("a", func(v *types.MetricAlarm) {
		v.AlarmDescription = aws.String("too many")
		v.Dimensions = []types.Dimension{{Name: aws.String("Svc"), Value: aws.String("web")}}
		v.AlarmActions = []string{
			"arn:aws:sns:us-east-1:123456789012:topic", "arn:aws:sns:us-east-1:123456789012:gone",
			"arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws:automate:us-east-1:ec2:stop",
		}
		v.OKActions = []string{"arn:aws:sns:us-east-1:123456789012:topic"}
	})
	w.pass(time.Second)
	w.set("a", alarm.Alarm)
	w.set("a", alarm.Alarm) // no change
	w.pass(time.Second)
	w.set("a", alarm.OK)
	want := []string{
		`Alarm "a" created`, "Alarm updated from INSUFFICIENT_DATA to ALARM",
		"Successfully executed action arn:aws:sns:us-east-1:123456789012:topic", "Failed to execute action arn:aws:sns:us-east-1:123456789012:gone",
		"Successfully executed action arn:aws:lambda:us-east-1:123456789012:function:f", "Failed to execute action arn:aws:automate:us-east-1:ec2:stop",
		"Alarm updated from ALARM to OK", "Successfully executed action arn:aws:sns:us-east-1:123456789012:topic",
	}
	if h := w.history("a"); !slices.Equal(h, want) {
		t.Errorf("%q", h)
	}
	if !slices.Equal(got.subjects, []string{`ALARM: "a" in US East (N. Virginia)`, `OK: "a" in US East (N. Virginia)`}) {
		t.Errorf("%q", got.subjects)
	}
	var m struct {
		AlarmName, AlarmDescription, AWSAccountID, NewStateValue, NewStateReason, StateChangeTime, Region, AlarmArn, OldStateValue string
		OKActions, AlarmActions, InsufficientDataActions                                                                           []string
		Trigger                                                                                                                    struct {
			MetricName, Namespace, StatisticType, Statistic, ComparisonOperator string
			Period, EvaluationPeriods                                           int
			Threshold                                                           float64
			Dimensions                                                          []struct{ Name, Value string }
		}
	}
	if err := json.Unmarshal([]byte(got.messages[0]), &m); err != nil {
		t.Fatal(err)
	}
	if m.AlarmName != "a" || m.AlarmDescription != "too many" || m.AWSAccountID != "123456789012" || m.NewStateValue != alarm.Alarm ||
		m.OldStateValue != alarm.Insufficient || m.NewStateReason != "by hand" || m.StateChangeTime != "2026-11-20T12:00:11.000+0000" ||
		m.Region != "US East (N. Virginia)" || len(m.AlarmActions) != 4 || m.InsufficientDataActions == nil ||
		m.Trigger.Statistic != "SUM" || m.Trigger.Period != 60 || m.Trigger.Threshold != 5 || m.Trigger.Dimensions[0].Value != "web" {
		t.Errorf("%s", got.messages[0])
	}
	name, doc, _ := strings.Cut(got.events[0], " ")
	var e struct {
		Source, AlarmArn, AccountID, Time, Region string
		AlarmData                                 struct {
			AlarmName            string
			State, PreviousState struct{ Value, Reason, Timestamp string }
			Configuration        struct{ Metrics []any }
		}
	}
	if err := json.Unmarshal([]byte(doc), &e); err != nil {
		t.Fatal(err)
	}
	if d := e.AlarmData; len(got.events) != 1 || name != "arn:aws:lambda:us-east-1:123456789012:function:f" || e.Source != "aws.cloudwatch" || e.AccountID != "123456789012" ||
		d.State.Value != alarm.Alarm || d.PreviousState.Value != alarm.Insufficient || len(d.Configuration.Metrics) != 1 {
		t.Errorf("%s", got.events)
	}
}

func TestActionsOfMathAndComposites(t *testing.T) {
	w := newWorld(t)
	got := &performed{}
	w.watcher.opts.Actions = got
	w.metricAlarm("ratio", func(v *types.MetricAlarm) {
		v.Namespace, v.MetricName, v.Statistic, v.Period, v.Dimensions = nil, nil, "", nil, nil
		stat := &types.MetricStat{Metric: &types.Metric{Namespace: aws.String("n"), MetricName: aws.String("m")}, Period: aws.Int32(60), Stat: aws.String("Sum")}
		v.Metrics = []types.MetricDataQuery{{Id: aws.String("e"), MetricStat: stat, ReturnData: aws.Bool(false)}, {Id: aws.String("x"), Expression: aws.String("e*2")}}
	})
	w.compositeAlarm("all", "ALARM(ratio)", nil)
	w.pass(time.Second)
	w.set("ratio", alarm.Alarm)
	if len(got.messages) != 2 || !strings.Contains(got.messages[0], `"Expression":"e*2"`) || !strings.Contains(got.messages[1], `"AlarmRule":"ALARM(ratio)"`) {
		t.Errorf("%q", got.messages)
	}
}
