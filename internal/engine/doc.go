// Package engine makes the records true: it runs tasks, registers them with
// load balancers, replaces what fails, and moves deployments forward.
//
//	           ┌───────────── store (records, events) ─────────────┐
//	API ──────►│ Service · Revision · Deployment · Task            │
//	           └──▲───────────────▲─────────────────────────▲──────┘
//	 watch ──► service queue   task queue ──► Driver      balancer
//	              │  deploy.Step   │  start · stop · remove    │
//	              │  schedule.Next │                           │
//	              └── launch/stop ─┘◄── Status ── targets ─────┘
//
// Two work queues, both level-triggered: a key is queued when its record, its
// tasks, its targets or its time changed, and working on it twice is harmless.
// One transaction of the service queue reads the service, its deployment and its
// tasks, lets deploy.Step decide what each revision shall have, lets
// schedule.Next decide which tasks start and stop, and writes the outcome with
// its events. The task queue then carries each task through its states.
//
// Nothing that matters lives in a goroutine: after a crash Run queues every
// service and every task that is not STOPPED, and the work goes on from the
// records. Waiting is a time in a record and a wake-up derived from it.
//
// A deployment that shifts traffic changes the weights of listener rules in the
// transaction that keeps its decision. What comes from outside afterwards, that
// every proxy serves them and what hooks answer, lies in a mailbox until a round
// feeds it to the machine; after a crash the engine asks for it again.
//
// Files: engine.go (New, Run), queue.go, service.go (the reconcile step),
// observe.go (health gates), deployment.go (machine and effects), counts.go, listed.go
// (what the service shows), pair.go, resolve.go, weight.go, govern.go (target
// groups and rules), mailbox.go (proxies and hooks), alarm.go, plan.go, place.go,
// halt.go, task.go (task states), status.go (what the driver tells),
// connect.go, connecttask.go (Service Connect), spec.go (record → runtime.Spec), environment.go, digest.go, target.go, registry.go, port.go,
// event.go, janitor.go, shutdown.go.
package engine
