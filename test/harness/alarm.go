package harness

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// NewAlarm makes an alarm on a metric that nobody publishes: its state is what
// SetAlarm says.
func (g *Grue) NewAlarm(t testing.TB, name string) {
	t.Helper()
	must(cloudwatch.NewFromConfig(g.Config()).PutMetricAlarm(context.Background(), &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, Namespace: aws.String("Test"), MetricName: aws.String(name), Statistic: types.StatisticSum,
		Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold,
	}))(t)
}

// SetAlarm calls SetAlarmState.
func (g *Grue) SetAlarm(t testing.TB, name string, state types.StateValue) {
	t.Helper()
	must(cloudwatch.NewFromConfig(g.Config()).SetAlarmState(context.Background(), &cloudwatch.SetAlarmStateInput{
		AlarmName: &name, StateValue: state, StateReason: aws.String("the test says so"),
	}))(t)
}

// Watched adds deployment alarms, with rollback, to a configuration.
func Watched(c *ecstypes.DeploymentConfiguration, names ...string) *ecstypes.DeploymentConfiguration {
	c.Alarms = &ecstypes.DeploymentAlarms{AlarmNames: append([]string{}, names...), Enable: true, Rollback: true}
	return c
}
