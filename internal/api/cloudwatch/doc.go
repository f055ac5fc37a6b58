// Package cloudwatch is Amazon CloudWatch: metrics and alarms, in all three of
// its protocols.
//
// Metrics lie in internal/metric, where load balancers and tasks publish theirs
// under the names of AWS; alarms lie in internal/watch, which evaluates them.
// This package checks requests in AWS's words and shapes answers.
//
// Periods are CloudWatch's seconds: 60 is a minute of `grue up --minute`.
// Timestamps are real.
//
// Files: service.go and error.go; put_data.go, statistics.go, data.go,
// list_metrics.go (metrics); put_alarm.go, put_composite.go, check.go
// (definitions), describe.go, describe_metric.go, history.go, state.go, delete.go
// and tag.go (alarms).
package cloudwatch
