// Package server wires grue's control plane together: the only place that knows
// every part.
//
//	listener ─► mux ─┬─ /v2/…    image registry
//	                 ├─ /ui/…    dashboard
//	                 ├─ /grue/…  health, events, traffic
//	                 └─ else     wire.Registry ─► api/ecs, api/elbv2, …
//	store ◄─► engine ◄─► driver (oci or docker)
//	   └────► elb ◄─► link ◄─► the proxy process
//	169.254.170.2 (on the bridge) ─► metadata of tasks
//
// Run starts the parts in the order of their needs and stops them in reverse.
// server.go holds that order, build.go makes the parts, runtime.go chooses the
// driver, http.go and events.go are grue's own routes, identity.go is what this
// machine is called.
package server
