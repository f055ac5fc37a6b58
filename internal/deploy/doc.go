// Package deploy is the deployment machine: it moves an ECS service from one
// service revision to the next and, when that goes wrong, back.
//
// It is pure. A Deployment is plain data that the caller owns, stores as JSON
// and hands to Step together with one Event and the time; Step changes the data
// and answers Effects, which the caller commits and then performs. Nothing here
// reads a clock, starts a goroutine, draws a random number or walks a map.
//
//	Event ─► Step(d, event, now) ─► Effects
//	Observed    takes the fact,      Scale{goals}     how many tasks each revision shall have
//	TaskFailed  judges failures,     SetWeights{…}    who gets which share of the traffic
//	RouteAcked  ends stages,         InvokeHook{…}    run this lifecycle hook
//	HookResult  enters the next      SetPrimary{rev}  which revision is PRIMARY
//	AlarmState                       Emit{…}          service event and EventBridge event
//	Tick                             Wake{at}         feed me a Tick then
//	                                 Finished{status} it is over
//
// Effects are level-triggered ("blue 4, green 4", never "one more") and carry an
// id that is the same whenever the same step is taken again, so performing one
// twice is harmless. A Tick after WakeAt, or one with Repeat, repeats what is still outstanding:
// a lost effect costs time, never the deployment.
//
// A rolling deployment of two tasks with 100/200 per cent:
//
//	          PENDING ── Start ─► IN_PROGRESS ───────────────────────► SUCCESSFUL
//	stage               PRE_SCALE_UP  SCALE_UP      POST_SCALE_UP BAKE_TIME CLEAN_UP
//	new tasks   ──────────────────────╮2 pending ╭2 healthy────────────────────────
//	old tasks   2 healthy ───────────────────────╯draining, gone
//	goals                              new=2 old=0
//
//	a failure, with rollback     ─► ROLLBACK_IN_PROGRESS new=0 old=2 ─► ROLLBACK_SUCCESSFUL
//	a failure, without           ─► STOP_REQUESTED ─► STOPPED; tasks stay as they are
//	a newer service deployment   ─► STOP_REQUESTED ─► STOPPED; the newer one drains them all
//
// How fast tasks are exchanged (minimumHealthyPercent, maximumPercent) is not
// decided here: goals name the end, package schedule walks there within bounds.
//
// BLUE_GREEN, CANARY and LINEAR deployments keep both revisions at full strength
// and move weights; their picture is in shift.go.
//
// What the caller owes: feed Observed whenever the tasks look different, after
// every Scale, and with every Tick; tell task facts with the task's id; feed
// Start when no other deployment of the service is in progress; schedule by
// Standing and Bounds, also after the end; run Check after every Step.
//
// Where to change what: the order of stages is in table.go, what a stage does in
// rolling.go, early.go, shift.go, traffic.go, hooks.go and bake.go, how many tasks
// are wanted in goals.go and standing.go, failures in failure.go, breaker.go and
// alarms.go, going back in rollback.go, people's calls in stop.go and answer.go,
// sentences that users read in reason.go, invariants in check.go. Package model
// says all of this a second time: a rule that changes here changes there.
// testdata/*.txt tells whole deployments as stories; add one with every rule.
package deploy
