// Package ecs is the API of Amazon ECS. An operation is a method of Service: it
// validates, writes the records of internal/state in one transaction, and
// answers with what is stored. The engine watches the store and does the work.
//
//	request ─► resolve names ─► validate ─► state.Put… ─► describe
//	                                            │
//	                                  engine: tasks, deployments, counts
//
// Reads are computed from the records (serviceview.go, taskview.go,
// deploymentview.go, clusterview.go): nothing that can be counted is stored. A
// description of a service reads the service's own tasks only.
//
// Validation of a task definition stands in internal/taskdef. Errors carry AWS's
// codes and, where clients match on them, AWS's texts (error.go). What grue does
// not do yet is refused by name with UnsupportedFeatureException (refuse.go),
// never ignored.
//
// This machine is the one container instance of every cluster. It is as large
// as tasks ask for CPU; a task that needs more memory than the machine has is
// answered by RunTask with the failure RESOURCE:MEMORY, one whose host port is
// taken with RESOURCE:PORTS.
//
// Files are named for what they hold: cluster.go, taskdefinition.go,
// createservice.go, updateservice.go, deployment.go, revision.go, strategy.go
// (deploymentConfiguration), loadbalancer.go, network.go, runtask.go, stoptask.go, executecommand.go,
// protection.go, tag.go, setting.go, instance.go, attribute.go, capacity.go.
package ecs
