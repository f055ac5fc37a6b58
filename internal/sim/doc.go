// Package sim is a deterministic world around the deployment machine and the
// scheduler: tasks that start slowly, crash, sicken, flap and get lost, people who
// update, scale, stop and delete at the worst moment, messages that arrive
// twice, late or never, and a controller that is killed between any two steps.
//
//	Generate(seed) ─► Scenario ─► Run ─┬─► World: tasks, proxies, hooks, alarms, time
//	  or a script ─►                   │      │ facts, with noise      ▲ starts, stops
//	                                   ├─► deploy.Step ─► goals ─► schedule.Next
//	                                   └─► judge: every invariant after every step
//
// The same scenario always takes the same course: there is one source of
// randomness, seeded, and one queue of what happens next. A scenario is text (see
// script.go); one that failed belongs into testdata/, where a test replays it for ever.
//
// Whatever the machine does, package model must say the same: status, stage, step, weights,
// bakes, hooks and their calls, after every event (agree.go).
//
// What is judged besides, in judge.go and rules.go: deploy.Check; that statuses follow one another as
// ECS documents; that a terminal deployment never changes and a rollback is never
// rolled back; that exactly the right deployment is PRIMARY; that by our own
// action healthy tasks never fall below minimumHealthyPercent, nor tasks rise over
// maximumPercent; that protected tasks are left alone and condemned revisions
// never launched; that weights never move to a revision without a healthy task;
// that both revisions are wanted in full while traffic shifts; that a rollback gives blue everything at
// once, launches nothing of the failed revision and stops no healthy task of blue; that what follows a success
// or a rollback begins from a clean state;
// that a step taken again after a crash does the same; and that, once the
// world is calm, every deployment that can end does end, with the tasks it promised.
//
// Most worlds are aimed (aim.go): something happens a moment after a deployment
// came to a stage, so that every event meets every stage of every strategy, forward and back. The test
// fails when a pair of them was never reached, or a status for one of its reasons (cover.go).
//
// Run with -v for those tables, with -seeds N -from M for other worlds (make sim: on all
// cores, with progress and speed), with -seed N for the account of one.
package sim
