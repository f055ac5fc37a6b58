package watch

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
)

// Actions perform what alarms ask for. Both promise it as part of a transaction;
// an error means that nothing was promised, and the alarm's history tells it.
type Actions interface {
	// Publish sends a message to an SNS topic.
	Publish(tx *store.Tx, topicARN, subject, message string) error
	// Invoke calls a Lambda function.
	Invoke(tx *store.Tx, functionARN string, event []byte) error
}

// Past is the state that an alarm had before.
type Past struct {
	State, Reason, Data string
	Updated             time.Time
}

// past is the state of an alarm, for the one that follows.
func (a *Alarm) past() Past { return Past{a.State, a.Reason, a.Data, a.Updated} }

// act performs the actions of the state that an alarm is in, and writes down what
// came of each.
func (w *Watcher) act(tx *store.Tx, a *Alarm, now time.Time) {
	for _, action := range a.Actions(a.State) {
		err := w.perform(tx, a, action)
		summary, state, text := "Successfully executed action "+action, "Succeeded", any(nil)
		if err != nil {
			summary, state, text = "Failed to execute action "+action, "Failed", err.Error()
			w.opts.Log.Warn("alarm action failed", "alarm", a.Name, "action", action, "err", err)
		}
		w.record(tx, a, types.HistoryItemTypeAction, now, summary, map[string]any{
			"version": "1.0", "actionState": state, "notificationResource": action,
			"stateUpdateTimestamp": a.Updated.UnixMilli(), "error": text,
		})
	}
}

func (w *Watcher) perform(tx *store.Tx, a *Alarm, action string) error {
	to, ok := arn.Parse(action)
	switch {
	case ok && to.Service == "autoscaling" && w.opts.Scale != nil:
		return w.opts.Scale(tx, action, a)
	case w.opts.Actions == nil:
		return errors.New("grue performs no actions here; follow the event \"CloudWatch Alarm State Change\" instead")
	case ok && to.Service == "sns":
		message, err := a.message()
		if err != nil {
			return err
		}
		return w.opts.Actions.Publish(tx, action, a.subject(), message)
	case ok && to.Service == "lambda":
		event, err := a.lambdaEvent()
		if err != nil {
			return err
		}
		return w.opts.Actions.Invoke(tx, action, event)
	}
	return fmt.Errorf("grue does not perform actions of this kind: SNS topics, Lambda functions and scaling policies can be actions; %q is none of them", action)
}

// subject of a message, which SNS bounds.
func (a *Alarm) subject() string {
	return alarm.Clip(fmt.Sprintf("%s: %q in %s", a.State, a.Name, regionName(a.Region)), 100)
}

// message is what SNS subscribers of an alarm get: a JSON document in a string.
func (a *Alarm) message() (string, error) {
	ok, alarmed, unknown := actionLists(a)
	m := map[string]any{
		"AlarmName": a.Name, "AlarmDescription": orNull(a.Description()), "AWSAccountId": a.Account,
		"AlarmConfigurationUpdatedTimestamp": stamp(a.Configured), "NewStateValue": a.State, "NewStateReason": a.Reason,
		"StateChangeTime": stamp(a.Updated), "Region": regionName(a.Region), "AlarmArn": a.ARN(), "OldStateValue": a.Before.State,
		"OKActions": ok, "AlarmActions": alarmed, "InsufficientDataActions": unknown,
	}
	if a.Composite != nil {
		m["AlarmRule"] = a.Composite.V.AlarmRule
	} else {
		m["Trigger"] = trigger(&a.Metric.V)
	}
	doc, err := json.Marshal(m)
	return string(doc), err
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// statisticNames are the statistics in the words of messages.
var statisticNames = map[types.Statistic]string{
	types.StatisticAverage: "AVERAGE", types.StatisticSum: "SUM", types.StatisticMinimum: "MINIMUM",
	types.StatisticMaximum: "MAXIMUM", types.StatisticSampleCount: "SAMPLE_COUNT",
}

// trigger says what a metric alarm looks at.
func trigger(v *types.MetricAlarm) map[string]any {
	m := map[string]any{
		"Period": PeriodOf(v), "EvaluationPeriods": v.EvaluationPeriods, "ComparisonOperator": v.ComparisonOperator,
		"Threshold": v.Threshold, "TreatMissingData": text(v.TreatMissingData), "EvaluateLowSampleCountPercentile": text(v.EvaluateLowSampleCountPercentile),
	}
	if v.DatapointsToAlarm != nil {
		m["DatapointsToAlarm"] = v.DatapointsToAlarm
	}
	if len(v.Metrics) > 0 {
		list := []map[string]any{}
		for _, q := range v.Metrics {
			list = append(list, triggerQuery(&q))
		}
		m["Metrics"] = list
		return m
	}
	m["MetricName"], m["Namespace"], m["Unit"], m["Dimensions"] = v.MetricName, v.Namespace, orNull(string(v.Unit)), triggerDimensions(v.Dimensions)
	if v.ExtendedStatistic != nil {
		m["StatisticType"], m["ExtendedStatistic"] = "ExtendedStatistic", v.ExtendedStatistic
	} else {
		m["StatisticType"], m["Statistic"] = "Statistic", statisticNames[v.Statistic]
	}
	return m
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func triggerQuery(q *types.MetricDataQuery) map[string]any {
	m := map[string]any{"Id": q.Id, "ReturnData": q.ReturnData == nil || *q.ReturnData}
	if q.Label != nil {
		m["Label"] = q.Label
	}
	if q.Expression != nil {
		m["Expression"] = q.Expression
	}
	if s := q.MetricStat; s != nil {
		m["MetricStat"] = map[string]any{
			"Metric": map[string]any{"MetricName": s.Metric.MetricName, "Namespace": s.Metric.Namespace, "Dimensions": triggerDimensions(s.Metric.Dimensions)},
			"Period": s.Period, "Stat": s.Stat,
		}
	}
	return m
}

func triggerDimensions(list []types.Dimension) []map[string]any {
	out := []map[string]any{}
	for _, d := range list {
		out = append(out, map[string]any{"value": d.Value, "name": d.Name})
	}
	return out
}

// lambdaEvent is what a function gets that is an alarm's action.
func (a *Alarm) lambdaEvent() ([]byte, error) {
	before := map[string]any{"value": a.Before.State, "reason": a.Before.Reason, "timestamp": stamp(a.Before.Updated)}
	if a.Before.Data != "" {
		before["reasonData"] = a.Before.Data
	}
	return json.Marshal(map[string]any{
		"source": "aws.cloudwatch", "alarmArn": a.ARN(), "accountId": a.Account, "time": stamp(a.Updated), "region": a.Region,
		"alarmData": map[string]any{"alarmName": a.Name, "state": a.state(), "previousState": before, "configuration": a.configuration()},
	})
}

// regionNames are how CloudWatch calls regions in messages.
var regionNames = map[string]string{
	"us-east-1": "US East (N. Virginia)", "us-east-2": "US East (Ohio)", "us-west-1": "US West (N. California)", "us-west-2": "US West (Oregon)",
	"af-south-1": "Africa (Cape Town)", "ap-east-1": "Asia Pacific (Hong Kong)", "ap-south-1": "Asia Pacific (Mumbai)",
	"ap-northeast-1": "Asia Pacific (Tokyo)", "ap-northeast-2": "Asia Pacific (Seoul)", "ap-northeast-3": "Asia Pacific (Osaka)",
	"ap-southeast-1": "Asia Pacific (Singapore)", "ap-southeast-2": "Asia Pacific (Sydney)", "ca-central-1": "Canada (Central)",
	"eu-central-1": "EU (Frankfurt)", "eu-west-1": "EU (Ireland)", "eu-west-2": "EU (London)", "eu-west-3": "EU (Paris)",
	"eu-north-1": "EU (Stockholm)", "eu-south-1": "EU (Milan)", "me-south-1": "Middle East (Bahrain)", "sa-east-1": "South America (Sao Paulo)",
}

func regionName(region string) string {
	if name, ok := regionNames[region]; ok {
		return name
	}
	return strings.ToUpper(region)
}
