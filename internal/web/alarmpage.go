package web

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
)

// alarmsKind is the view alarms: every alarm of a region.
func alarmsKind() Kind {
	return Kind{Name: "alarms", Open: func(_ *Site, scope arn.Scope, _ []string) View {
		prefix := scope.Key("")
		return View{
			All: func(b *Build) (Items, error) {
				out := Items{}
				for _, a := range watch.Alarms.Prefix(b.Tx, prefix) {
					out["alarm/"+a.Name] = b.alarmItem(a, false)
				}
				return out, nil
			},
			Touch: func(c store.Change) []string {
				if name, ok := strings.CutPrefix(c.ID, prefix); ok && c.Kind == watch.Alarms.Kind() {
					return []string{"alarm/" + name}
				}
				return nil
			},
			Item: func(b *Build, key string) any {
				if a, ok := watch.Alarms.Get(b.Tx, prefix+strings.TrimPrefix(key, "alarm/")); ok {
					return b.alarmItem(a, false)
				}
				return nil
			},
		}
	}}
}

// alarmKind is the view alarm/NAME: an alarm, its metric and its history.
func alarmKind() Kind {
	return Kind{Name: "alarm", Parts: 1, Open: func(_ *Site, scope arn.Scope, parts []string) View {
		key, history := scope.Key(parts[0]), watch.HistoryPrefix(scope, parts[0])
		return View{
			All: func(b *Build) (Items, error) {
				a, ok := watch.Alarms.Get(b.Tx, key)
				if !ok {
					return nil, &Problem{Code: "ResourceNotFound", Message: "There is no alarm " + parts[0] + " in " + scope.Region + ".", Status: http.StatusNotFound}
				}
				out := Items{"alarm": b.alarmDetail(a)}
				items := slices.Collect(values(watch.History.Prefix(b.Tx, history)))
				for _, x := range items[max(0, len(items)-maxAlarmEvents):] {
					out["history/"+x.At.UTC().Format("20060102T150405.000000000")+string(x.Type)] = alarmEvent(x)
				}
				return out, nil
			},
			Touch: func(c store.Change) []string {
				if c.Kind == watch.Alarms.Kind() && c.ID == key || c.Kind == watch.History.Kind() && strings.HasPrefix(c.ID, history) {
					return Everything
				}
				return nil
			},
			Measure: func(b *Build) Items {
				if a, ok := watch.Alarms.Get(b.Tx, key); ok {
					return Items{"alarm": b.alarmDetail(a), "series": b.alarmSeries(a)}
				}
				return nil
			},
		}
	}}
}

// maxAlarmEvents bounds the history that is shown.
const maxAlarmEvents = 200

// values drops the keys of a walk.
func values[T any](walk func(func(string, *T) bool)) func(func(*T) bool) {
	return func(yield func(*T) bool) {
		walk(func(_ string, v *T) bool { return yield(v) })
	}
}

// missing says what a period without data counts as.
var missing = map[string]string{
	"": "keep the state as it is", "missing": "keep the state as it is", "ignore": "keep the state as it is", "breaching": "count as breaching", "notBreaching": "count as good",
}

// alarmDetail is an alarm with all that decides about it.
func (b *Build) alarmDetail(a *watch.Alarm) *AlarmDetail {
	out := &AlarmDetail{
		AlarmItem: *b.alarmItem(a, true), Description: a.Description(), Enabled: a.ActionsEnabled(),
		Services: []string{}, SuppressedBy: arn.Name(a.Suppressor()),
	}
	if a.Metric != nil {
		v := &a.Metric.V
		out.Periods, out.Actions, out.Missing = int(aws.ToInt32(v.EvaluationPeriods)), v.AlarmActions, missing[aws.ToString(v.TreatMissingData)]
		out.ToAlarm = out.Periods
		if v.DatapointsToAlarm != nil {
			out.ToAlarm = int(*v.DatapointsToAlarm)
		}
	} else {
		out.Actions = a.Composite.V.AlarmActions
	}
	for _, svc := range state.Services.Prefix(b.Tx, b.Scope.Key("")) {
		if c := svc.Body.V.DeploymentConfiguration; svc.Status == "ACTIVE" && c != nil && c.Alarms != nil && slices.Contains(c.Alarms.AlarmNames, a.Name) {
			out.Services = append(out.Services, svc.Cluster+"/"+svc.Name)
		}
	}
	return out
}

// maxAlarmPoints is how many periods the chart of an alarm shows.
const maxAlarmPoints = 60

// alarmSeries is the metric of an alarm; nil for a composite alarm.
func (b *Build) alarmSeries(a *watch.Alarm) any {
	if b.opts.Watcher == nil {
		return nil
	}
	points := b.opts.Watcher.Points(a, maxAlarmPoints)
	if len(points) < 2 {
		return nil
	}
	out := &AlarmSeries{From: At(points[0].At), Step: points[1].At.Sub(points[0].At).Seconds()}
	for _, p := range points {
		var v *float64
		if p.Present {
			x := digits(p.Value)
			v = &x
		}
		out.Values = append(out.Values, v)
	}
	return out
}

// alarmEvent is an entry of an alarm's history.
func alarmEvent(x *watch.Item) *AlarmEvent {
	out := &AlarmEvent{At: At(x.At), Kind: string(x.Type), Summary: x.Summary, Tone: "info"}
	if x.Type != types.HistoryItemTypeStateUpdate {
		return out
	}
	var data struct {
		NewState struct {
			StateValue  string `json:"stateValue"`
			StateReason string `json:"stateReason"`
		} `json:"newState"`
	}
	if json.Unmarshal([]byte(x.Data), &data) == nil {
		out.Reason = data.NewState.StateReason
		out.Tone = map[string]string{"OK": "good", "ALARM": "bad"}[data.NewState.StateValue]
	}
	if out.Tone == "" {
		out.Tone = "info"
	}
	return out
}
