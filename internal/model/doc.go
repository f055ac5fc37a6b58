// Package model says a second time, as plainly as possible, how ECS moves one
// service deployment: a reference to check package deploy with. It shares the data
// types of that package and none of its code. Where the machine looks up what follows
// a stage, the model writes down the whole life at once, as a list of phases, and
// crosses off one after the other.
//
//	New(deployment) ─► Step(event, now) ─► status, stage, step, weights, versions, bake, hooks and their calls
//
// What the tasks look like and whether the circuit breaker tripped it takes from the machine; package
// sim judges those. Statuses, stages, steps, weights, versions, bakes, limits, hooks and
// their calls, rollbacks and ends it works out from the events alone. All of it is held below 300 lines.
package model
