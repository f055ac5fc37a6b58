package watch

import (
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/store"
)

// emit appends an EventBridge event of an alarm.
func emit(tx *store.Tx, a *Alarm, kind string, detail map[string]any, now time.Time) {
	doc, err := json.Marshal(detail)
	if err != nil { // maps of strings and numbers
		panic(err)
	}
	tx.Emit(store.Event{
		DetailType: kind, Source: "aws.cloudwatch", Account: a.Account, Region: a.Region, Time: now,
		Resources: []string{a.ARN()}, Detail: doc,
	})
}

func (w *Watcher) emitConfiguration(tx *store.Tx, a *Alarm, operation string, now time.Time) {
	c := a.configuration()
	c["alarmName"], c["actionsEnabled"], c["timestamp"] = a.Name, a.ActionsEnabled(), stamp(a.Configured)
	c["okActions"], c["alarmActions"], c["insufficientDataActions"] = actionLists(a)
	emit(tx, a, "CloudWatch Alarm Configuration Change", map[string]any{
		"alarmName": a.Name, "operation": operation, "state": a.state(), "configuration": c,
	}, now)
}

func actionLists(a *Alarm) (ok, alarmed, unknown []string) {
	ok, alarmed, unknown = a.allActions()
	full := func(l []string) []string { return append([]string{}, l...) }
	return full(ok), full(alarmed), full(unknown)
}

func stamp(t time.Time) string { return t.UTC().Format(alarm.Timestamp) }

// state is the state member of an event.
func (a *Alarm) state() map[string]any {
	s := map[string]any{"value": a.State, "reason": a.Reason, "timestamp": stamp(a.Updated)}
	if a.Data != "" {
		s["reasonData"] = a.Data
	}
	if a.Held.By != "" {
		s["actionsSuppressedBy"], s["actionsSuppressedReason"] = string(a.Held.By), a.Held.Reason
	}
	return s
}

// configuration is the configuration member of an event.
func (a *Alarm) configuration() map[string]any {
	c := map[string]any{}
	if d := a.Description(); d != "" {
		c["description"] = d
	}
	if a.Composite != nil {
		v := &a.Composite.V
		c["alarmRule"] = aws.ToString(v.AlarmRule)
		if v.ActionsSuppressor != nil {
			c["actionsSuppressor"] = *v.ActionsSuppressor
			c["actionsSuppressorWaitPeriod"] = aws.ToInt32(v.ActionsSuppressorWaitPeriod)
			c["actionsSuppressorExtensionPeriod"] = aws.ToInt32(v.ActionsSuppressorExtensionPeriod)
		}
		return c
	}
	v := &a.Metric.V
	c["threshold"], c["comparisonOperator"] = aws.ToFloat64(v.Threshold), string(v.ComparisonOperator)
	c["evaluationPeriods"] = aws.ToInt32(v.EvaluationPeriods)
	if v.TreatMissingData != nil {
		c["treatMissingData"] = *v.TreatMissingData
	}
	metrics := []map[string]any{}
	for _, q := range Queries(v) {
		metrics = append(metrics, queryDetail(&q))
	}
	c["metrics"] = metrics
	return c
}

func queryDetail(q *types.MetricDataQuery) map[string]any {
	d := map[string]any{"id": aws.ToString(q.Id), "returnData": q.ReturnData == nil || *q.ReturnData}
	if q.Label != nil {
		d["label"] = *q.Label
	}
	if q.Expression != nil {
		d["expression"] = *q.Expression
		return d
	}
	m := q.MetricStat.Metric
	dims := map[string]string{}
	for _, x := range m.Dimensions {
		dims[aws.ToString(x.Name)] = aws.ToString(x.Value)
	}
	stat := map[string]any{
		"metric": map[string]any{"namespace": aws.ToString(m.Namespace), "name": aws.ToString(m.MetricName), "dimensions": dims},
		"period": aws.ToInt32(q.MetricStat.Period), "stat": aws.ToString(q.MetricStat.Stat),
	}
	if q.MetricStat.Unit != "" {
		stat["unit"] = string(q.MetricStat.Unit)
	}
	d["metricStat"] = stat
	return d
}
