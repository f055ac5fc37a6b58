// Package servicediscovery is AWS Cloud Map: namespaces, services, instances and
// how they are discovered. Its records are internal/cloudmap's; the names of DNS
// namespaces are answered by the resolver that tasks ask (internal/proxy).
//
// Calls that AWS does asynchronously are done when they return: their operation
// is SUCCESS at once, and as far as a proxy is connected the names are resolvable.
// A private zone whose name another account or region of this machine has is an
// operation that FAILs, as a second zone of a VPC is in AWS.
//
// What differs from AWS: a machine has one network, so the names of private and
// public namespaces are resolvable in every task of it and nowhere else; a custom
// health status counts at once, not after 30 seconds; health checks of Route 53
// (HealthCheckConfig) are refused, for nobody would carry them out.
//
// SDKs put "data-" before the host for DiscoverInstances and
// DiscoverInstancesRevision; the name in the request does not matter here.
//
// Files: service.go, error.go, check.go, namespace.go, update.go
// (namespaces), cloudmapservice.go, dnsconfig.go, attribute.go (services),
// instance.go, instanceattribute.go, health.go, discover.go, operation.go, list.go,
// tag.go.
package servicediscovery
