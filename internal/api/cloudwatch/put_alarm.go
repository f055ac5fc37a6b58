package cloudwatch

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/alarm"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

// PutMetricAlarm creates a metric alarm, or replaces all of one but its state
// and its tags.
func (s *Service) PutMetricAlarm(ctx context.Context, in *cw.PutMetricAlarmInput) (*cw.PutMetricAlarmOutput, error) {
	name, err := checkAlarmName(in.AlarmName)
	if err != nil {
		return nil, err
	}
	if err := checkMetricAlarm(in); err != nil {
		return nil, err
	}
	tags, err := readTags(in.Tags)
	if err != nil {
		return nil, err
	}
	a := &watch.Alarm{Scope: scopeOf(ctx), Name: name, Tags: tags, Metric: &wire.Stored[types.MetricAlarm]{V: definition(in)}}
	return &cw.PutMetricAlarmOutput{}, s.o.Store.Update(func(tx *store.Tx) error {
		if old, ok := watch.Alarms.Get(tx, a.Key()); ok && old.Composite != nil {
			return refused("A composite alarm has the name %s already.", name)
		}
		s.o.Watcher.Put(tx, a)
		return nil
	})
}

// definition is what DescribeAlarms shows of the request.
func definition(in *cw.PutMetricAlarmInput) types.MetricAlarm {
	v := types.MetricAlarm{
		AlarmName: in.AlarmName, AlarmDescription: in.AlarmDescription, ActionsEnabled: in.ActionsEnabled,
		OKActions: in.OKActions, AlarmActions: in.AlarmActions, InsufficientDataActions: in.InsufficientDataActions,
		MetricName: in.MetricName, Namespace: in.Namespace, Statistic: in.Statistic, ExtendedStatistic: in.ExtendedStatistic,
		Dimensions: in.Dimensions, Period: in.Period, Unit: in.Unit, Metrics: in.Metrics,
		EvaluationPeriods: in.EvaluationPeriods, DatapointsToAlarm: in.DatapointsToAlarm, Threshold: in.Threshold,
		ComparisonOperator: in.ComparisonOperator, TreatMissingData: in.TreatMissingData,
		EvaluateLowSampleCountPercentile: in.EvaluateLowSampleCountPercentile, ActionConfiguration: in.ActionConfiguration,
	}
	if v.ActionsEnabled == nil {
		v.ActionsEnabled = aws.Bool(true)
	}
	return v
}

// checkMetricAlarm checks what decides about the state of the alarm.
func checkMetricAlarm(in *cw.PutMetricAlarmInput) error {
	switch {
	case in.EvaluationCriteria != nil || in.EvaluationInterval != nil || in.EvaluationWindow != nil || in.WarmUpConfiguration != nil:
		return refused("grue evaluates alarms on metrics and metric math only: leave out EvaluationCriteria, EvaluationInterval, EvaluationWindow and WarmUpConfiguration.")
	case in.ComparisonOperator == "":
		return refused("1 validation error detected: Value null at 'comparisonOperator' failed to satisfy constraint: Member must not be null")
	case in.EvaluationPeriods == nil:
		return refused("1 validation error detected: Value null at 'evaluationPeriods' failed to satisfy constraint: Member must not be null")
	case in.ThresholdMetricId != nil:
		return refused("grue has no anomaly detection: give a Threshold, not a ThresholdMetricId.")
	case !slices.Contains(in.ComparisonOperator.Values(), in.ComparisonOperator):
		return refused("1 validation error detected: Value '%s' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: %v", in.ComparisonOperator, in.ComparisonOperator.Values())
	case !alarm.Operator(in.ComparisonOperator).Known():
		return refused("The comparison operator %s needs an anomaly detection band, which grue does not have.", in.ComparisonOperator)
	case in.Threshold == nil:
		return refused("The parameter Threshold is required.")
	case !slices.Contains([]string{"", "missing", "ignore", "breaching", "notBreaching"}, get(in.TreatMissingData)):
		return refused("Option %s is not supported, supported options for treating missing data are [breaching, notBreaching, ignore, missing].", *in.TreatMissingData)
	case !slices.Contains([]string{"", "evaluate", "ignore"}, get(in.EvaluateLowSampleCountPercentile)):
		return refused("Option %s is not supported, supported options for evaluating low sample count percentiles are [evaluate, ignore].", *in.EvaluateLowSampleCountPercentile)
	}
	if err := checkNumbers(*in.Threshold); err != nil {
		return err
	}
	if err := checkActions(in.OKActions, in.AlarmActions, in.InsufficientDataActions); err != nil {
		return err
	}
	period, err := checkSource(in)
	if err != nil {
		return err
	}
	return checkSpan(in, period)
}

// checkSource checks the metric or the formula, and returns its period.
func checkSource(in *cw.PutMetricAlarmInput) (int, error) {
	if len(in.Metrics) > 0 {
		if in.MetricName != nil || in.Namespace != nil || in.Statistic != "" || in.ExtendedStatistic != nil || in.Period != nil || len(in.Dimensions) > 0 || in.Unit != "" {
			return 0, refused("Metrics list and MetricName, Namespace, Dimensions, Period, Unit, Statistic or ExtendedStatistic are mutually exclusive.")
		}
		m, err := checkQueries(in.Metrics, 20)
		if err != nil {
			return 0, err
		}
		returned := 0
		for _, q := range in.Metrics {
			if q.ReturnData == nil || *q.ReturnData {
				returned++
			}
		}
		if returned != 1 {
			return 0, refused("Exactly one element of the metrics list should return data.")
		}
		if !m.One(watch.Returned(in.Metrics)) {
			return 0, refused("The expression of an alarm must return one time series.")
		}
		return m.Period(watch.Returned(in.Metrics)), nil
	}
	if err := checkMetric(get(in.Namespace), get(in.MetricName), in.Dimensions); err != nil {
		return 0, err
	}
	if err := checkUnit(in.Unit); err != nil {
		return 0, err
	}
	switch {
	case (in.Statistic == "") == (in.ExtendedStatistic == nil):
		return 0, refused("Exactly one of Statistic and ExtendedStatistic must be specified.")
	case in.Statistic != "" && !slices.Contains(in.Statistic.Values(), in.Statistic):
		return 0, refused("1 validation error detected: Value '%s' at 'statistic' failed to satisfy constraint: Member must satisfy enum value set: %v", in.Statistic, in.Statistic.Values())
	case in.ExtendedStatistic != nil:
		if err := checkStatistic(*in.ExtendedStatistic); err != nil {
			return 0, err
		}
	}
	return int(get(in.Period)), nil
}

// checkSpan: an alarm looks back a day at most, a week with periods of an hour.
func checkSpan(in *cw.PutMetricAlarmInput, period int) error {
	n, m := int(*in.EvaluationPeriods), int(get(in.DatapointsToAlarm))
	longest := 86_400
	if period >= 3600 {
		longest = 604_800
	}
	switch {
	case period <= 0 || period%60 != 0 && !slices.Contains([]int{1, 5, 10, 20, 30}, period):
		return refused("The period must be 1, 5, 10, 20, 30 or a multiple of 60; it was %d.", period)
	case n < 1:
		return refused("EvaluationPeriods must be at least 1.")
	case in.DatapointsToAlarm != nil && (m < 1 || m > n):
		return refused("DatapointsToAlarm must be between 1 and EvaluationPeriods.")
	case period > longest || n > longest/period:
		return refused("Metrics cannot be checked across more than %d seconds (EvaluationPeriods * Period must be <= %d).", longest, longest)
	}
	return nil
}
