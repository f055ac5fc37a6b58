// Package schedule decides which tasks of a service to start and which to stop,
// so that it moves towards its goals within minimumHealthyPercent and
// maximumPercent. It is pure: Next is a function of its Input, called again
// whenever a task changed, and it answers everything that may be done now.
//
//	low  = ceil (D × minimumHealthyPercent / 100)   healthy tasks that must remain
//	high = floor(D × maximumPercent / 100)          PENDING + RUNNING tasks allowed
//
//	        tasks ─► group by revision ─┬─► surplus   stop what is wanted no more
//	        goals ─►                    ├─► launches  start what is missing
//	                                    └─► unhealthy replace what is sick
//
// All revisions count together against both bounds. There is no pause between
// batches: what the bounds allow is done, health does the gating. A deployment
// of ten tasks with 90/110 therefore goes one out, one in; with 100/200 ten in,
// then each old one out as soon as a new one is healthy.
//
// By our own action healthy tasks never fall below low and PENDING + RUNNING
// never rise over high. STOPPING tasks do not count, as the API documents it.
//
// Strategies that run two full revisions side by side (BLUE_GREEN, CANARY,
// LINEAR) ignore both percentages; the deployment tells which to use instead.
//
// Where to change what: bounds.go is the arithmetic, group.go sorts tasks by
// revision and state, surplus.go chooses what to stop, launch.go where to place,
// sick.go replaces unhealthy tasks, throttle.go delays starts that keep failing.
package schedule
