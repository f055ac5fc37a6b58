// Package runtime is the contract between grue and whatever runs containers.
//
// A Driver runs whole tasks: one network identity and one or more containers
// with an order between them. It knows nothing of services, deployments or
// load balancers.
//
//	engine ── Start(Spec) ──► Driver ──► containers
//	   ▲                        │
//	   └────── Status ◄─────────┘   (whole state of one task, at each change)
//
// The contract is level-triggered: a Status always carries the complete state
// of its task, so a missed one does no harm, and Start and Stop may be
// repeated. A Driver outlives neither crash nor restart of grue by itself;
// tasks do: List tells a new process what is still running.
//
// Drivers: runtime/oci (no daemon, Linux, root), runtime/docker (any Docker
// Engine), runtime/fake (in memory, for tests and for control-plane
// benchmarks). runtime/supervise holds the order of containers inside a task,
// which every driver shares.
package runtime
