package scale

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	scaling "github.com/aws/aws-sdk-go-v2/service/applicationautoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/watch"
	"github.com/grue-ecs/grue/internal/wire"
)

// AWS's numbers for the alarms of target tracking, in minutes and parts of the
// target.
const (
	highPeriods = 3
	lowPeriods  = 15
	lowPart     = 0.9
)

// HighAlarm is the name of the alarm that makes a target tracking policy scale out.
func (p *Policy) HighAlarm() string { return "TargetTracking-" + p.Resource + "-AlarmHigh-" + p.High }

// LowAlarm is the name of the alarm that makes it scale in, "" if it does not.
func (p *Policy) LowAlarm() string {
	if p.Low == "" {
		return ""
	}
	return "TargetTracking-" + p.Resource + "-AlarmLow-" + p.Low
}

// putAlarms makes the alarms of a target tracking policy, or brings them up to
// date.
func (s *Scaler) putAlarms(tx *store.Tx, p *Policy) {
	target := aws.ToFloat64(p.Tracking.V.TargetValue)
	s.putAlarm(tx, p, p.HighAlarm(), types.ComparisonOperatorGreaterThanThreshold, target, highPeriods)
	if p.Low != "" {
		s.putAlarm(tx, p, p.LowAlarm(), types.ComparisonOperatorLessThanThreshold, lowPart*target, lowPeriods)
	}
}

func (s *Scaler) putAlarm(tx *store.Tx, p *Policy, name string, op types.ComparisonOperator, threshold float64, periods int32) {
	v := types.MetricAlarm{
		AlarmDescription: aws.String("DO NOT EDIT OR DELETE. For TargetTrackingScaling policy " + p.ARN() + "."),
		ActionsEnabled:   aws.Bool(true), AlarmActions: []string{p.ARN()},
		ComparisonOperator: op, Threshold: &threshold, EvaluationPeriods: aws.Int32(periods),
	}
	tracked(p, &v)
	s.opts.Watcher.Put(tx, &watch.Alarm{Scope: p.Scope, Name: name, Tags: map[string]string{}, Metric: &wire.Stored[types.MetricAlarm]{V: v}})
}

func (s *Scaler) deleteAlarm(tx *store.Tx, p *Policy, name string) {
	if a, ok := watch.Alarms.Get(tx, p.Scope.Key(name)); ok && name != "" {
		s.opts.Watcher.Delete(tx, a)
	}
}

// tracked says in an alarm what a policy tracks.
func tracked(p *Policy, v *types.MetricAlarm) {
	c := &p.Tracking.V
	if m := c.CustomizedMetricSpecification; m != nil && len(m.Metrics) > 0 {
		v.Metrics = Queries(m.Metrics)
		return
	}
	v.Period = aws.Int32(60)
	if m := c.CustomizedMetricSpecification; m != nil {
		v.Namespace, v.MetricName, v.Statistic = m.Namespace, m.MetricName, types.Statistic(m.Statistic)
		v.Unit = types.StandardUnit(aws.ToString(m.Unit))
		for _, d := range m.Dimensions {
			v.Dimensions = append(v.Dimensions, types.Dimension{Name: d.Name, Value: d.Value})
		}
		return
	}
	predefined(p.Resource, c.PredefinedMetricSpecification, v)
}

func predefined(resource string, m *scaling.PredefinedMetricSpecification, v *types.MetricAlarm) {
	dims := func(pairs ...string) (out []types.Dimension) {
		for i := 0; i+1 < len(pairs); i += 2 {
			out = append(out, types.Dimension{Name: &pairs[i], Value: &pairs[i+1]})
		}
		return out
	}
	if m.PredefinedMetricType == scaling.MetricTypeALBRequestCountPerTarget {
		balancer, group, _ := SplitLabel(aws.ToString(m.ResourceLabel))
		v.Namespace, v.MetricName, v.Statistic = aws.String("AWS/ApplicationELB"), aws.String("RequestCountPerTarget"), types.StatisticSum
		v.Dimensions = dims("TargetGroup", group, "LoadBalancer", balancer)
		return
	}
	name := "CPUUtilization"
	if m.PredefinedMetricType == scaling.MetricTypeECSServiceAverageMemoryUtilization {
		name = "MemoryUtilization"
	}
	cluster, service, _ := Split(resource)
	v.Namespace, v.MetricName, v.Statistic = aws.String("AWS/ECS"), &name, types.StatisticAverage
	v.Dimensions = dims("ClusterName", cluster, "ServiceName", service)
}
