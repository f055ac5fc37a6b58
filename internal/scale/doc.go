// Package scale is Application Auto Scaling for the desired counts of ECS services:
// scalable targets, scaling policies, scheduled actions and what came of them.
//
//	watch: an alarm changes ──► Perform ─┐              in one transaction:
//	each minute that it stays so ────────┤  evaluate    desired count of the service
//	a scheduled action is due ───────────┼─► target ──► cool-down of the policy
//	a deployment ended, bounds changed ──┘              scaling activity, events
//
// A target tracking policy owns two CloudWatch alarms (alarms.go), which
// internal/watch evaluates like any other; a step scaling policy is the action of
// alarms that people make. Either way the alarm's action is the policy's ARN, and a
// change of its state calls Perform in the transaction that changes it. So a crash
// loses no alarm and no activity happens twice: state, desired count, cool-down and
// activity are written together, or none of them.
//
// While an alarm stays in its state, its policy acts again each minute, as far as
// its cool-down lets it (cooldown.go). When is derived from records: the last change
// is in the policy. What a policy did without changing anything is remembered in memory
// only, and doing that again is harmless.
//
// Of several policies the one that wants the largest capacity wins; target tracking
// scales in only when all such policies that may scale in agree (choose.go). Scale-in
// by policies and by a lower maximum waits until the deployment of the service is over;
// scale-out does not wait.
//
// A minute is the server's: cool-downs, which AWS states in seconds, and rate() shrink
// with it; cron() and at() go by the clock.
//
// Files: record.go, activity.go (records), step.go, track.go, choose.go, cooldown.go
// (arithmetic), alarms.go, metric.go (what a policy looks at), policy.go, target.go, schedule.go
// (changes of records), evaluate.go, apply.go (decisions into changes), fulfil.go,
// scaler.go and look.go (the loop).
package scale
