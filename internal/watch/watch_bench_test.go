package watch

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// One look at a thousand alarms, a tenth of them formulas, none changing.
func BenchmarkEvaluate(b *testing.B) {
	st, err := store.Open(filepath.Join(b.TempDir(), "state.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	now := time.Now()
	metrics := metric.New(metric.Options{})
	w := New(Options{Store: st, Metrics: metrics, Now: func() time.Time { return now }})
	err = st.Update(func(tx *store.Tx) error {
		for i := range 1000 {
			name := fmt.Sprintf("m%d", i)
			for t := range 10 {
				metrics.Add(metric.Metric{Scope: scope, Namespace: "n", Name: name}, 1, now.Add(-time.Duration(t)*time.Minute))
			}
			v := types.MetricAlarm{
				Namespace: aws.String("n"), MetricName: &name, Statistic: "Sum", Period: aws.Int32(60), EvaluationPeriods: aws.Int32(3),
				Threshold: aws.Float64(5), ComparisonOperator: "GreaterThanThreshold", ActionsEnabled: aws.Bool(true),
			}
			if i%10 == 0 {
				stat := &types.MetricStat{Metric: &types.Metric{Namespace: aws.String("n"), MetricName: &name}, Period: aws.Int32(60), Stat: aws.String("Sum")}
				v.Metrics = []types.MetricDataQuery{
					{Id: aws.String("e"), MetricStat: stat, ReturnData: aws.Bool(false)},
					{Id: aws.String("r"), MetricStat: stat, ReturnData: aws.Bool(false)},
					{Id: aws.String("x"), Expression: aws.String("IF(r>0, 100*e/r, 0) - 99")},
				}
			}
			w.Put(tx, &Alarm{Scope: scope, Name: name, Metric: &wire.Stored[types.MetricAlarm]{V: v}})
		}
		return nil
	})
	if err == nil {
		err = w.Evaluate()
	}
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := w.Evaluate(); err != nil {
			b.Fatal(err)
		}
	}
}
