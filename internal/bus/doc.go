// Package bus keeps EventBridge's event buses, rules and API destinations, and
// carries events to the targets of the rules that they match.
//
//	history of the store ── cursor ──► default bus ─┐  pattern   input
//	PutEvents ──► any bus ──────────────────────────┼─► rules ──► targets
//	rate, cron ──► one rule ────────────────────────┘               │
//	    Lambda function, SNS topic, SQS queue, bus ◄ in one transaction ┤
//	    API destination, log group ◄──────────── outbox ◄────────────┘
//
// Every event that grue writes into its history (tasks, services, deployments,
// hooks, alarms, images, parameters) goes through the default bus of its account
// and region. The cursor, a record, says how far; it moves in the transaction that
// hands events to functions, topics and queues or promises a call, so a process that dies
// loses no event, and repeats none up to there. Reading the history needs no part
// in the transactions that write it. A rule sees the events after it was put or
// enabled.
//
// Calls are made at least once, and tried again by the RetryPolicy of the target:
// by default 185 times within a day. What is given up goes to the log, and to the
// dead-letter queue of the target, where it has one.
//
// A minute of rate() is the server's, shortened with everything else; cron() goes by
// the clock, in UTC.
// Resource policies and roles are recorded, not enforced.
//
// Files: record.go (buses, rules), destination.go (connections, API destinations),
// router.go (the loop), feed.go (the history), dispatch.go (rules to targets),
// event.go, path.go and transform.go (inputs), target.go (deliveries), queue.go (SQS), call.go and
// oauth.go (HTTP), schedule.go (rules by the clock).
package bus
