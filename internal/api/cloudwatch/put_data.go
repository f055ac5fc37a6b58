package cloudwatch

import (
	"context"
	"math"
	"strings"
	"time"

	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/watch"
)

const (
	maxData   = 1000
	maxValues = 150
	oldest    = 14 * 24 * time.Hour
	newest    = 2 * time.Hour
)

// added is a checked datum.
type added struct {
	metric metric.Metric
	sample metric.Sample
	at     time.Time
}

// PutMetricData adds data to metrics: all of a request, or none of it.
func (s *Service) PutMetricData(ctx context.Context, in *cw.PutMetricDataInput) (*cw.PutMetricDataOutput, error) {
	ns := get(in.Namespace)
	if strings.HasPrefix(ns, "AWS/") {
		return nil, invalid("The value %s for parameter Namespace is invalid: namespaces that begin with AWS/ are reserved.", ns)
	}
	data := in.MetricData
	for _, e := range in.EntityMetricData {
		data = append(data, e.MetricData...)
	}
	if len(data) == 0 {
		return nil, missing("MetricData")
	}
	if len(data) > maxData {
		return nil, invalid("The collection MetricData must not have a size greater than %d.", maxData)
	}
	all := make([]added, len(data))
	for i := range data {
		var err error
		if all[i], err = s.datum(scopeOf(ctx), ns, &data[i]); err != nil {
			return nil, err
		}
	}
	for _, a := range all {
		s.o.Metrics.AddSample(a.metric, a.sample, a.at)
	}
	return &cw.PutMetricDataOutput{}, nil
}

func (s *Service) datum(scope arn.Scope, ns string, d *types.MetricDatum) (added, error) {
	if err := checkMetric(ns, get(d.MetricName), d.Dimensions); err != nil {
		return added{}, err
	}
	if err := checkUnit(d.Unit); err != nil {
		return added{}, err
	}
	now := s.o.Now()
	at := now
	if d.Timestamp != nil {
		at = *d.Timestamp
		if at.Before(now.Add(-oldest)) || at.After(now.Add(newest)) {
			return added{}, invalid("The parameter Timestamp must lie between two weeks ago and two hours from now; it was %s.", at.UTC().Format(time.RFC3339))
		}
	}
	resolution := get(d.StorageResolution)
	if resolution != 0 && resolution != 1 && resolution != 60 {
		return added{}, invalid("The parameter StorageResolution must be 1 or 60.")
	}
	sample, err := sampleOf(d)
	unit := string(d.Unit)
	if unit == "" {
		unit = string(types.StandardUnitNone)
	}
	return added{metric.Metric{
		Scope: scope, Namespace: ns, Name: get(d.MetricName), Dimensions: watch.Dimensions(d.Dimensions), Unit: unit, High: resolution == 1,
	}, sample, at}, err
}

// sampleOf reads exactly one of Value, StatisticValues and Values.
func sampleOf(d *types.MetricDatum) (metric.Sample, error) {
	given := 0
	for _, has := range []bool{d.Value != nil, d.StatisticValues != nil, len(d.Values) > 0} {
		if has {
			given++
		}
	}
	switch {
	case given == 0:
		return metric.Sample{}, missing("Value, Values or StatisticValues")
	case given > 1:
		return metric.Sample{}, combination("Value, Values and StatisticValues exclude each other.")
	case d.Value != nil:
		return metric.Of(*d.Value, 1), checkNumbers(*d.Value)
	case d.StatisticValues != nil:
		return statisticSet(d.StatisticValues)
	case len(d.Values) > maxValues:
		return metric.Sample{}, invalid("The collection Values must not have a size greater than %d.", maxValues)
	case len(d.Counts) > 0 && len(d.Counts) != len(d.Values):
		return metric.Sample{}, invalid("The parameters Values and Counts must have the same size.")
	}
	values := make([]metric.Value, len(d.Values))
	for i, v := range d.Values {
		values[i] = metric.Value{Value: v, Count: 1}
		if len(d.Counts) > 0 {
			values[i].Count = d.Counts[i]
		}
		if err := checkNumbers(v, values[i].Count); err != nil {
			return metric.Sample{}, err
		}
		if values[i].Count <= 0 {
			return metric.Sample{}, invalid("The parameter Counts must hold numbers greater than 0.")
		}
	}
	return metric.Spread(values), nil
}

func statisticSet(v *types.StatisticSet) (metric.Sample, error) {
	for name, p := range map[string]*float64{"SampleCount": v.SampleCount, "Sum": v.Sum, "Minimum": v.Minimum, "Maximum": v.Maximum} {
		if p == nil {
			return metric.Sample{}, missing("StatisticValues." + name)
		}
	}
	s := metric.Sample{Sum: *v.Sum, Count: *v.SampleCount, Min: *v.Minimum, Max: *v.Maximum}
	if s.Count <= 0 {
		return s, invalid("The parameter StatisticValues.SampleCount must be greater than 0.")
	}
	if s.Min > s.Max {
		return s, invalid("The parameter StatisticValues.Maximum must be greater than or equal to Minimum.")
	}
	return s, checkNumbers(s.Sum, s.Count, s.Min, s.Max)
}

func checkNumbers(all ...float64) error {
	for _, v := range all {
		if math.IsNaN(v) || math.Abs(v) > math.Ldexp(1, 360) {
			return invalid("The value %v for parameter MetricData.member.Value is invalid: values lie between -2^360 and 2^360.", v)
		}
	}
	return nil
}
