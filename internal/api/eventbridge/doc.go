// Package eventbridge is Amazon EventBridge: event buses, rules, targets, API
// destinations and PutEvents, over awsjson 1.1. What happens to events is
// internal/bus's.
//
// Targets are Lambda functions, SNS topics, SQS queues, API destinations, log groups
// and event buses; others are refused, and so are dead-letter queues of buses.
// Roles, resource policies and KMS keys are recorded, not enforced. There are no
// archives, replays, global endpoints or partner buses.
//
// Files: service.go, error.go, bus.go, permission.go, rule.go, target.go, putevents.go,
// connection.go, updateconnection.go, destination.go,
// tag.go.
package eventbridge
