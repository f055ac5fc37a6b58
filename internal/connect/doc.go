// Package connect is the control side of Amazon ECS Service Connect: which
// endpoints a namespace has, which tasks stand behind them, which tasks call them,
// and what the proxy serves for that.
//
//	api/ecs ── Claim ─► Endpoint ┐                      ┌─ Bind 127.255.x.y:port in each client
//	engine ─── Register ► Instance ├─► Part ─► route.Table ─┤  Rule: test header, weights
//	engine ─── SetWeights ► split ┤                      └─ Group a revision ─► tasks
//	driver ─── Joined ──► client ┘
//
// An endpoint is a name and a port that tasks of its namespace call as if it were
// a host: their /etc/hosts maps the name to a loopback address, and there, inside
// the task's own network namespace, grue's proxy listens. Nothing is added to the
// task.
//
// What belongs to a revision (its endpoints, and those that its tasks know) is in
// state.Revision.Connect. Here is what changes without a new revision: instances
// come and go with tasks, weights move with deployments, clients join when the
// driver made their network. Clients see all of that at once; only new endpoints
// need a new deployment of the client, as in ECS.
//
// All functions work in the caller's transaction, so that a deployment's step and
// the routes that it changes are one commit, for load balancers and Service
// Connect alike.
//
// Files: endpoint.go, snapshot.go, instance.go, split.go, client.go, certificate.go
// (records); part.go, wanted.go, members.go, turns.go, group.go, ingress.go (records to table); mesh.go,
// quiet.go, accesslog.go, measure.go (what comes from the proxy).
package connect
