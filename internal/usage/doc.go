// Package usage measures the tasks of services and publishes what ECS publishes
// about them: CPUUtilization and MemoryUtilization in AWS/ECS, with the
// dimensions ClusterName and ServiceName, and with ClusterName alone, in percent
// of what the task definition reserves.
//
//	store: RUNNING tasks of services ─► Stats(task) ─► difference to the last look
//	                                                     └─► metric.Store
//
// A task is looked at four times a minute; each look adds one sample for each
// task, so that Minimum and Maximum of a minute are those of the extreme task. A
// task is measured from its second look on, for CPU use is a difference.
//
// Recent has what was measured of one task in the last minutes (recent.go).
//
// For clusters whose setting containerInsights is enabled or enhanced there are
// also the numbers of tasks, services and deployments, and absolute use, in
// ECS/ContainerInsights (insights.go).
package usage
