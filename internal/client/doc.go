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
// Files: flags.go (what a person may say), open.go (endpoint, credentials,
// certificate), explain.go (errors), snapshot.go (what is seen), look.go (how it
// is seen), traffic.go (weights of load balancers), observe.go (again and again),
// outcome.go (how a deployment ended), approval.go (what waits for a person, and
// the answer), because.go (why a person calls), grue.go (grue's own routes).
package client
