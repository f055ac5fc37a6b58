package cloudwatch

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

// DescribeAlarms lists alarms, metric alarms only unless AlarmTypes says more.
// Names that do not exist are left out.
func (s *Service) DescribeAlarms(ctx context.Context, in *cw.DescribeAlarmsInput) (*cw.DescribeAlarmsOutput, error) {
	if len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil {
		return nil, combination("AlarmNames and AlarmNamePrefix exclude each other.")
	}
	if len(in.AlarmNames) > 100 {
		return nil, refused("1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: Member must have length less than or equal to 100")
	}
	if in.StateValue != "" && !slices.Contains(in.StateValue.Values(), in.StateValue) {
		return nil, refused("1 validation error detected: Value '%s' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: %v", in.StateValue, in.StateValue.Values())
	}
	family := in.ChildrenOfAlarmName != nil || in.ParentsOfAlarmName != nil
	if family && (len(in.AlarmNames) > 0 || in.AlarmNamePrefix != nil || in.StateValue != "" || in.ActionPrefix != nil) {
		return nil, combination("ChildrenOfAlarmName and ParentsOfAlarmName go with AlarmTypes, MaxRecords and NextToken only.")
	}
	var all []*watch.Alarm
	var err error
	s.o.Store.View(func(tx *store.Tx) { all, err = chosen(tx, scopeOf(ctx), in) })
	if err != nil {
		return nil, err
	}
	page, next, err := wire.PageBy(all, func(a *watch.Alarm) string { return a.Name }, in.NextToken, int(get(in.MaxRecords)), 50, 100)
	if err != nil {
		return nil, pageError(in.MaxRecords)
	}
	out := &cw.DescribeAlarmsOutput{MetricAlarms: []types.MetricAlarm{}, CompositeAlarms: []types.CompositeAlarm{}, NextToken: next}
	for _, a := range page {
		if a.Composite != nil {
			out.CompositeAlarms = append(out.CompositeAlarms, describeComposite(a, family))
		} else {
			out.MetricAlarms = append(out.MetricAlarms, describeMetric(a, family))
		}
	}
	return out, nil
}

func pageError(size *int32) error {
	if n := get(size); n < 0 || n > 100 {
		return refused("1 validation error detected: Value '%d' at 'maxRecords' failed to satisfy constraint: Member must be between 1 and 100", n)
	}
	return badToken()
}

// chosen are the alarms that a request asks for, by name.
func chosen(tx *store.Tx, scope arn.Scope, in *cw.DescribeAlarmsInput) ([]*watch.Alarm, error) {
	kinds := in.AlarmTypes
	var only []string
	if name := in.ChildrenOfAlarmName; name != nil {
		a, ok := watch.Alarms.Get(tx, scope.Key(alarm.NameOf(*name)))
		if !ok || a.Composite == nil {
			return nil, notFound("There is no composite alarm %s.", *name)
		}
		only = append(a.Children(), "")
	}
	if name := in.ParentsOfAlarmName; name != nil {
		if _, ok := watch.Alarms.Get(tx, scope.Key(alarm.NameOf(*name))); !ok {
			return nil, notFound("There is no alarm %s.", *name)
		}
		only = []string{""}
		for _, p := range watch.Parents(tx, scope, alarm.NameOf(*name)) {
			only = append(only, p.Name)
		}
	}
	switch {
	case len(kinds) == 0 && only != nil:
		kinds = types.AlarmType("").Values()
	case len(kinds) == 0:
		kinds = []types.AlarmType{types.AlarmTypeMetricAlarm}
	}
	if len(in.AlarmNames) > 0 {
		only = append(slices.Clone(in.AlarmNames), "")
	}
	var out []*watch.Alarm
	for _, a := range watch.Alarms.Prefix(tx, scope.Key(get(in.AlarmNamePrefix))) {
		if slices.Contains(kinds, a.Type()) && (only == nil || slices.Contains(only, a.Name)) &&
			(in.StateValue == "" || string(in.StateValue) == a.State) && hasAction(a, get(in.ActionPrefix)) {
			out = append(out, a)
		}
	}
	return out, nil
}

func hasAction(a *watch.Alarm, prefix string) bool {
	if prefix == "" {
		return true
	}
	for _, action := range a.AllActions() {
		if strings.HasPrefix(action, prefix) {
			return true
		}
	}
	return false
}

// describeMetric shows a metric alarm; short, as in a family, only its state.
func describeMetric(a *watch.Alarm, short bool) types.MetricAlarm {
	v := a.Metric.V
	if short {
		v = types.MetricAlarm{}
	}
	v.AlarmName, v.AlarmArn = aws.String(a.Name), aws.String(a.ARN())
	v.StateValue, v.StateReason = types.StateValue(a.State), aws.String(a.Reason)
	v.StateUpdatedTimestamp, v.StateTransitionedTimestamp = aws.Time(a.Updated), aws.Time(a.Transitioned)
	if a.Data != "" {
		v.StateReasonData = aws.String(a.Data)
	}
	if !short {
		v.AlarmConfigurationUpdatedTimestamp = aws.Time(a.Configured)
		v.OKActions, v.AlarmActions, v.InsufficientDataActions = full(v.OKActions), full(v.AlarmActions), full(v.InsufficientDataActions)
		v.Dimensions = full(v.Dimensions)
	}
	return v
}

func describeComposite(a *watch.Alarm, short bool) types.CompositeAlarm {
	v := a.Composite.V
	if short {
		v = types.CompositeAlarm{}
	}
	v.AlarmName, v.AlarmArn = aws.String(a.Name), aws.String(a.ARN())
	v.StateValue, v.StateReason = types.StateValue(a.State), aws.String(a.Reason)
	v.StateUpdatedTimestamp, v.StateTransitionedTimestamp = aws.Time(a.Updated), aws.Time(a.Transitioned)
	if a.Data != "" {
		v.StateReasonData = aws.String(a.Data)
	}
	if !short {
		v.AlarmConfigurationUpdatedTimestamp = aws.Time(a.Configured)
		v.OKActions, v.AlarmActions, v.InsufficientDataActions = full(v.OKActions), full(v.AlarmActions), full(v.InsufficientDataActions)
	}
	if a.Held.By != "" {
		v.ActionsSuppressedBy, v.ActionsSuppressedReason = a.Held.By, aws.String(a.Held.Reason)
	}
	return v
}

// full makes an absent list an empty one, as AWS answers.
func full[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
