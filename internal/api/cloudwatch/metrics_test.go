package cloudwatch

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func TestMetrics(t *testing.T) {
	w, ctx := newWorld(t), context.Background()
	base := time.Now().UTC().Truncate(time.Minute).Add(-10 * time.Minute)
	var data []types.MetricDatum
	for i := range 5 {
		for _, name := range []string{"errors", "requests"} {
			d := types.MetricDatum{MetricName: aws.String(name), Unit: types.StandardUnitCount, Timestamp: aws.Time(base.Add(time.Duration(i) * time.Minute))}
			if name == "errors" {
				d.Value = aws.Float64(float64(i))
			} else {
				d.Values, d.Counts = []float64{1, 3}, []float64{98, 2}
			}
			data = append(data, d)
		}
	}
	for range 20 { // over 10 KiB: the SDK compresses it
		data = append(data, types.MetricDatum{MetricName: aws.String("noise" + strings.Repeat("x", 240)), Value: aws.Float64(1), Dimensions: []types.Dimension{{Name: aws.String("n"), Value: aws.String(strings.Repeat("y", 500))}}})
	}
	_, err := w.PutMetricData(ctx, &cw.PutMetricDataInput{Namespace: aws.String("shop"), MetricData: data})
	w.must(err)

	stats, err := w.GetMetricStatistics(ctx, &cw.GetMetricStatisticsInput{
		Namespace: aws.String("shop"), MetricName: aws.String("requests"), StartTime: &base, EndTime: aws.Time(base.Add(time.Minute)), Period: aws.Int32(60),
		Statistics: []types.Statistic{"Sum", "Average", "Maximum", "SampleCount"},
	})
	w.must(err)
	if d := stats.Datapoints; len(d) != 1 || *d[0].Sum != 104 || *d[0].SampleCount != 100 || *d[0].Maximum != 3 || d[0].Minimum != nil || d[0].Unit != "Count" || !d[0].Timestamp.Equal(base) {
		t.Errorf("%+v", d)
	}
	p, err := w.GetMetricStatistics(ctx, &cw.GetMetricStatisticsInput{
		Namespace: aws.String("shop"), MetricName: aws.String("requests"), StartTime: &base, EndTime: aws.Time(base.Add(10 * time.Minute)), Period: aws.Int32(600),
		ExtendedStatistics: []string{"p50", "p99.5"},
	})
	w.must(err)
	if len(p.Datapoints) == 0 || p.Datapoints[0].ExtendedStatistics["p50"] > 1.02 || p.Datapoints[0].ExtendedStatistics["p99.5"] < 2.9 {
		t.Errorf("%+v", p.Datapoints)
	}

	list, err := w.ListMetrics(ctx, &cw.ListMetricsInput{Namespace: aws.String("shop"), Dimensions: []types.DimensionFilter{{Name: aws.String("n")}}})
	w.must(err)
	if len(list.Metrics) != 1 {
		t.Errorf("%d metrics", len(list.Metrics))
	}
	w.math(ctx, base)

	for want, in := range map[string]*cw.PutMetricDataInput{
		"InvalidParameterValue":       {Namespace: aws.String("AWS/ECS"), MetricData: data[:1]},
		"MissingParameter":            {Namespace: aws.String("shop"), MetricData: []types.MetricDatum{{MetricName: aws.String("m")}}},
		"InvalidParameterCombination": {Namespace: aws.String("shop"), MetricData: []types.MetricDatum{{MetricName: aws.String("m"), Value: aws.Float64(1), Values: []float64{1}}}},
	} {
		_, err := w.PutMetricData(ctx, in)
		w.refuses(err, want)
	}
}

func (w *world) math(ctx context.Context, base time.Time) {
	stat := func(id, name string) types.MetricDataQuery {
		return types.MetricDataQuery{Id: aws.String(id), ReturnData: aws.Bool(false), MetricStat: &types.MetricStat{
			Metric: &types.Metric{Namespace: aws.String("shop"), MetricName: aws.String(name)}, Period: aws.Int32(60), Stat: aws.String("Sum"),
		}}
	}
	in := &cw.GetMetricDataInput{
		StartTime: &base, EndTime: aws.Time(base.Add(5 * time.Minute)), ScanBy: types.ScanByTimestampAscending,
		MetricDataQueries: []types.MetricDataQuery{
			stat("e", "errors"), stat("r", "requests"), {Id: aws.String("rate"), Expression: aws.String("IF(r>0, 104*e/r, 0)"), Label: aws.String("error rate")},
		},
	}
	got, err := w.GetMetricData(ctx, in)
	w.must(err)
	if r := got.MetricDataResults; len(r) != 1 || !slices.Equal(r[0].Values, []float64{0, 1, 2, 3, 4}) || *r[0].Label != "error rate" || r[0].StatusCode != "Complete" {
		w.Errorf("%+v", r)
	}
	in.MaxDatapoints, in.ScanBy = aws.Int32(2), ""
	var values []float64
	pages := cw.NewGetMetricDataPaginator(w.Client, in)
	for pages.HasMorePages() {
		p, err := pages.NextPage(ctx)
		w.must(err)
		values = append(values, p.MetricDataResults[0].Values...)
	}
	if !slices.Equal(values, []float64{4, 3, 2, 1, 0}) {
		w.Error(values)
	}
	in.MetricDataQueries = in.MetricDataQueries[2:]
	_, err = w.GetMetricData(ctx, in)
	w.refuses(err, "ValidationError")
}
