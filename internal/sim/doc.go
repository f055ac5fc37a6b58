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
// What is judged, in judge.go: deploy.Check; that statuses follow one another as
// ECS documents; that a terminal deployment never changes and a rollback is never
// rolled back; that exactly the right deployment is PRIMARY; that by our own
// action healthy tasks never fall below minimumHealthyPercent, nor tasks rise over
// maximumPercent; that protected tasks are left alone and condemned revisions
// never launched; that weights never move to a revision without a healthy task;
// that a step taken again after a crash does the same; and that, once the
// world is calm, every deployment that can end does end, with the tasks it promised.
//
// Run with -v for the table of strategy, stage and event pairs that were reached,
// with -seeds N for more worlds, with -seed N for the account of one.
package sim
