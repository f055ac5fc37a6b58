// Package logs answers Amazon CloudWatch Logs: groups, streams, events and
// filters, over internal/logs.
//
// Error codes and sentences are AWS's and stand in error.go, the rules for names
// in name.go. KMS keys and log classes are recorded and answered; events are
// kept alike whatever they say.
//
// Files: service.go (wiring), group.go, stream.go, event.go, tag.go.
package logs
