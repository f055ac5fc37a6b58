// Package state declares the records of Amazon ECS that grue keeps: clusters,
// task definitions, services, service revisions, service deployments, tasks.
//
// The API writes what a user wants (a service, a revision, a deployment that is
// PENDING, a task whose desired status is STOPPED); the engine watches the
// store, makes it so, and writes what is (statuses, counts, times, events). Each
// field has one writer, named in its comment when it is not obvious.
//
//	api/ecs ── Service, Revision, Deployment(PENDING), Task(PROVISIONING) ──► store
//	engine  ◄─ watch ── store ◄── statuses, counts, Deployment.Machine ── engine
//
// Keys: "account/region/…", see Key functions in arn.Scope. Values are shared
// and immutable: copy a record before changing it.
package state
