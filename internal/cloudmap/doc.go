// Package cloudmap keeps the records of AWS Cloud Map: namespaces, services,
// instances and operations. It is what ECS registers tasks in, what
// DiscoverInstances reads, and where the names that tasks resolve come from.
//
//	api/servicediscovery ─┐                              ┌─► DiscoverInstances
//	engine (tasks) ───────┼─► Namespace ◄ Service ◄ Instance
//	Service Connect ──────┘                              └─► Names ─► route.Table ─► resolver (proxy)
//
// All functions work inside the caller's transaction. They keep what must always
// hold: names are unique where AWS says so, a namespace with services and a
// service with instances stay, an instance belongs to a service that exists. What
// a request may say (lengths, patterns, which attributes belong together) is
// checked by api/servicediscovery.
//
// Every change that a name's answer depends on raises Changes, which package elb
// watches: it then publishes a new table.
//
// Files: namespace.go, service.go, instance.go, operation.go (records), changes.go
// (revisions), names.go (what goes into the table), id.go, error.go.
package cloudmap
