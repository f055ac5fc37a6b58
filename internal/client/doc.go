// Package client talks to an Amazon ECS, be it grue's or Amazon's: it uses AWS's
// APIs and nothing else, so whatever it does works against both.
//
//	Flags ─► Open ─► Client ─► ECS, ELB, CloudWatch, Logs   (the SDK's clients)
//	                   │
//	                   ├─ Observe ─► Snapshot, Snapshot, …  (a service while it is deployed)
//	                   └─ Explain ─► one sentence for a person
//
// Which ECS is meant is never guessed from the credentials that lie around:
// without --endpoint, AWS_ENDPOINT_URL or --aws it is the grue of this machine.
//
// Files: flags.go (what a person may say), open.go and endpoint.go (endpoint,
// credentials, certificate), explain.go (errors), snapshot.go (what is seen),
// look.go, deployment.go, revision.go, traffic.go, weight.go (how it is seen),
// observe.go (again and again), outcome.go and stage.go (how far a deployment is),
// tell.go and words.go (what of it is told), list.go, task.go, logs.go,
// logsource.go (services, tasks, logs), approval.go, because.go, grue.go (answers,
// and what grue keeps with them).
package client
