package shift_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

func isSuccessful(d types.ServiceDeployment) bool { return d.Status == successful }

// BenchmarkBadCanary gives a tenth of the traffic to a version that answers
// every request with 500 and is healthy. An alarm on the 5XX of its target
// group, with a period of a minute, calls it back; a minute lasts a second.
func BenchmarkBadCanary(b *testing.B) {
	const rounds, name = 10, "bench-5xx"
	rig.NeedRoot(b)
	g := harness.Start(b, "--minute", "1s")
	s := newStage(b, g, "bench", 2)
	cw := cloudwatch.NewFromConfig(g.Config())
	watch5xx(b, cw, name, s.Balancer, s.Fronts[0].Groups[1-s.live])
	s.Configure(b, harness.Watched(harness.Canary(10, day), name))
	l := startLoad(b, s.address)
	bad := g.Guest(b, green, "faulty")
	var whole, silent []time.Duration
	var errors []int
	for range rounds {
		harness.Await(b, "the alarm is OK", func() bool { return alarmState(b, cw, name) == cwtypes.StateValueOk })
		began := time.Now()
		s.Update(b, bad)
		d := s.ended(b, wentBack)
		first, last, n := l.errors(began)
		if n == 0 {
			b.Fatalf("no request was answered by green\n%s", s.Story(b))
		}
		whole = append(whole, d.FinishedAt.Sub(first))
		silent = append(silent, last.Sub(first))
		errors = append(errors, n)
	}
	l.end()
	sent, failed, _ := l.failures()
	other := failed
	l.each(time.Time{}, func(a *answer) {
		if a.code500 {
			other--
		}
	})
	t := rig.NewTable("Canary of 10 % that answers 500, alarm on the target group's HTTPCode_Target_5XX_Count with a period of 60 s, --minute 1s, 1,000 requests a second",
		"", "rounds", "median, s", "slowest, s", "target")
	t.Row("first bad answer to ROLLBACK_SUCCESSFUL", rounds, rig.Median(whole).Seconds(), rig.Quantile(whole, 1).Seconds(), "≤ 10 s (ECS: 702 s)")
	t.Row("first bad answer to the last", rounds, rig.Median(silent).Seconds(), rig.Quantile(silent, 1).Seconds(), "")
	t.Note("Requests that saw an error: median %d, most %d of a deployment's; %d of all %d. %d failed in another way.", rig.Median(errors), rig.Quantile(errors, 1), failed-other, sent, other)
	t.Print()
	b.ReportMetric(rig.Quantile(whole, 1).Seconds(), "s/slowest")
	b.ReportMetric(float64(rig.Median(errors)), "errors/rollback")
	b.ReportMetric(0, "ns/op")
}

// errors finds the first and the last answer of 500 since a moment.
func (l *load) errors(since time.Time) (first, last time.Time, n int) {
	l.each(since, func(a *answer) {
		if !a.code500 {
			return
		}
		n++
		if last.Before(a.ended) {
			last = a.ended
		}
		if first.IsZero() || a.ended.Before(first) {
			first = a.ended
		}
	})
	return first, last, n
}

// watch5xx makes the alarm: more than ten errors of a target group in a minute.
func watch5xx(b *testing.B, cw *cloudwatch.Client, name, balancer, group string) {
	b.Helper()
	_, lb, _ := strings.Cut(balancer, ":loadbalancer/")
	_, tg, _ := strings.Cut(group, ":targetgroup/")
	_, err := cw.PutMetricAlarm(context.Background(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, Namespace: aws.String("AWS/ApplicationELB"), MetricName: aws.String("HTTPCode_Target_5XX_Count"),
		Dimensions: []cwtypes.Dimension{
			{Name: aws.String("TargetGroup"), Value: aws.String("targetgroup/" + tg)}, {Name: aws.String("LoadBalancer"), Value: &lb},
		},
		Statistic: cwtypes.StatisticSum, Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), TreatMissingData: aws.String("notBreaching"),
		Threshold: aws.Float64(10), ComparisonOperator: cwtypes.ComparisonOperatorGreaterThanThreshold,
	})
	if err != nil {
		b.Fatal(err)
	}
}

func alarmState(b *testing.B, cw *cloudwatch.Client, name string) cwtypes.StateValue {
	b.Helper()
	out, err := cw.DescribeAlarms(context.Background(), &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}})
	if err != nil || len(out.MetricAlarms) != 1 {
		b.Fatalf("DescribeAlarms: %+v, %v", out, err)
	}
	return out.MetricAlarms[0].StateValue
}
