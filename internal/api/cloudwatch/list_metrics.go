package cloudwatch

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cw "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/wire"
)

// ListMetrics lists metrics that have at least the dimensions of the filter.
func (s *Service) ListMetrics(ctx context.Context, in *cw.ListMetricsInput) (*cw.ListMetricsOutput, error) {
	f := metric.Filter{Scope: scopeOf(ctx), Namespace: get(in.Namespace), Name: get(in.MetricName)}
	if len(in.Dimensions) > 10 {
		return nil, invalid("The collection Dimensions must not have a size greater than 10.")
	}
	for _, d := range in.Dimensions {
		if get(d.Name) == "" {
			return nil, missing("Dimensions.member.Name")
		}
		f.Dimensions = append(f.Dimensions, metric.Dimension{Name: *d.Name, Value: get(d.Value)})
	}
	switch in.RecentlyActive {
	case "":
	case types.RecentlyActivePt3h:
		f.Since = s.o.Now().Add(-3 * time.Hour)
	default:
		return nil, invalid("The value %s for parameter RecentlyActive is invalid: it can be PT3H.", in.RecentlyActive)
	}
	page, next, err := wire.PageBy(s.o.Metrics.List(f), metricKey, in.NextToken, 500, 500, 500)
	if err != nil {
		return nil, badToken()
	}
	out := &cw.ListMetricsOutput{Metrics: []types.Metric{}, NextToken: next}
	for _, m := range page {
		x := types.Metric{Namespace: aws.String(m.Namespace), MetricName: aws.String(m.Name), Dimensions: []types.Dimension{}}
		for _, d := range m.Dimensions {
			x.Dimensions = append(x.Dimensions, types.Dimension{Name: aws.String(d.Name), Value: aws.String(d.Value)})
		}
		out.Metrics = append(out.Metrics, x)
	}
	return out, nil
}

// metricKey sorts as List does, so that pages neither repeat nor omit.
func metricKey(m metric.Metric) string {
	var b strings.Builder
	for _, part := range []string{m.Account, m.Region, m.Namespace, m.Name} {
		b.WriteString(part + "\x00")
	}
	for _, d := range m.Dimensions {
		b.WriteString(d.Name + "\x01" + d.Value + "\x00")
	}
	return b.String()
}
