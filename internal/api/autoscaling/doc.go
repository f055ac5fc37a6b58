// Package autoscaling is Application Auto Scaling for the desired count of ECS
// services, over awsjson 1.1. What it does with services is internal/scale's.
//
// Of the many namespaces of AWS there is ecs, and in it ecs:service:DesiredCount.
// Policies are target tracking and step scaling; predictive scaling is refused, for it
// needs two weeks of metrics, and grue's are in memory. Roles are those of AWS, whatever
// a request says.
//
// Files: service.go, error.go, check.go (what requests have in common), target.go,
// policy.go, step.go and tracking.go (configurations), activity.go, scheduled.go,
// tag.go.
package autoscaling
