package cloudwatch

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/watch"
)

// maxDatapoints is how many datapoints GetMetricStatistics returns.
const maxDatapoints = 1440

// GetMetricStatistics returns the statistics of one metric.
func (s *Service) GetMetricStatistics(ctx context.Context, in *cw.GetMetricStatisticsInput) (*cw.GetMetricStatisticsOutput, error) {
	if err := s.checkStatistics(in); err != nil {
		return nil, err
	}
	points := s.o.Metrics.Query(metric.Metric{
		Scope: scopeOf(ctx), Namespace: *in.Namespace, Name: *in.MetricName,
		Dimensions: watch.Dimensions(in.Dimensions), Unit: string(in.Unit),
	}, *in.StartTime, *in.EndTime, int(*in.Period))
	if len(points) > maxDatapoints {
		return nil, combination("You have requested up to %d datapoints, which exceeds the limit of %d. You may reduce the datapoints requested by increasing Period, or decreasing the time range.", len(points), maxDatapoints)
	}
	out := &cw.GetMetricStatisticsOutput{Label: in.MetricName, Datapoints: []types.Datapoint{}}
	for i := range points {
		if d, ok := datapoint(&points[i], in.Statistics, in.ExtendedStatistics); ok {
			out.Datapoints = append(out.Datapoints, d)
		}
	}
	return out, nil
}

func (s *Service) checkStatistics(in *cw.GetMetricStatisticsInput) error {
	if err := checkMetric(get(in.Namespace), get(in.MetricName), in.Dimensions); err != nil {
		return err
	}
	if err := checkUnit(in.Unit); err != nil {
		return err
	}
	switch {
	case in.Period == nil:
		return missing("Period")
	case !validPeriod(*in.Period):
		return invalid("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60; it was %d.", *in.Period)
	case len(in.Statistics) == 0 && len(in.ExtendedStatistics) == 0:
		return missing("Statistics or ExtendedStatistics")
	case len(in.Statistics) > 0 && len(in.ExtendedStatistics) > 0:
		return combination("Statistics and ExtendedStatistics exclude each other.")
	}
	for _, stat := range in.Statistics {
		if !slices.Contains(stat.Values(), stat) {
			return invalid("The value %s for parameter Statistics is invalid.", stat)
		}
	}
	for _, stat := range in.ExtendedStatistics {
		if err := checkStatistic(stat); err != nil {
			return err
		}
	}
	return checkTimes(in.StartTime, in.EndTime)
}

func checkTimes(start, end *time.Time) error {
	switch {
	case start == nil:
		return missing("StartTime")
	case end == nil:
		return missing("EndTime")
	case !start.Before(*end):
		return invalid("The parameter StartTime must be less than the parameter EndTime.")
	}
	return nil
}

// datapoint shapes one; it is false when none of its statistics is known.
func datapoint(p *metric.Datapoint, stats []types.Statistic, extended []string) (types.Datapoint, bool) {
	d := types.Datapoint{Timestamp: aws.Time(p.At.UTC()), Unit: types.StandardUnit(p.Unit)}
	if d.Unit == "" {
		d.Unit = types.StandardUnitNone
	}
	for _, stat := range stats {
		v, _ := p.Statistic(string(stat))
		switch stat {
		case types.StatisticAverage:
			d.Average = &v
		case types.StatisticMaximum:
			d.Maximum = &v
		case types.StatisticMinimum:
			d.Minimum = &v
		case types.StatisticSampleCount:
			d.SampleCount = &v
		case types.StatisticSum:
			d.Sum = &v
		}
	}
	for _, stat := range extended {
		if v, ok := p.Statistic(stat); ok {
			if d.ExtendedStatistics == nil {
				d.ExtendedStatistics = map[string]float64{}
			}
			d.ExtendedStatistics[stat] = v
		}
	}
	return d, len(stats) > 0 || d.ExtendedStatistics != nil
}
