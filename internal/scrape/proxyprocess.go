package scrape

import (
	"github.com/grue-ecs/grue/internal/elb"
)

var (
	proxyUp        = desc("grue_proxy_up", "1 while a proxy is connected to the server, else 0.")
	tablePublished = desc("grue_proxy_table_published_version", "Version of the newest routing table, within the server's epoch.")
	tableAcked     = desc("grue_proxy_table_acknowledged_version", "Version of the routing table that the proxy serves, within the server's epoch.")
	proxyCPU       = desc("grue_proxy_process_cpu_seconds_total", "User and system CPU time of the proxy process, in seconds.")
	proxyMemory    = desc("grue_proxy_process_resident_memory_bytes", "Resident memory of the proxy process, in bytes.")
	proxyHeap      = desc("grue_proxy_process_heap_bytes", "Go objects in the proxy process's heap, dead ones included, in bytes.")
	proxyRoutines  = desc("grue_proxy_process_goroutines", "Goroutines of the proxy process.")
	proxyFiles     = desc("grue_proxy_process_open_fds", "Open file descriptors of the proxy process.")
	proxyMaxFiles  = desc("grue_proxy_process_max_fds", "Most file descriptors that the proxy process may open.")
	proxyClients   = desc("grue_proxy_client_connections", "Connections of HTTP clients to the proxy, idle ones included.")
	inFlight       = desc("grue_proxy_requests_in_flight", "Requests and flows that targets of a target group have now.", "target_group")
)

// proxy reads the proxy process. What it has in flight for Service Connect is not
// told by group: its groups are revisions.
func (r *reader) proxy(o out) {
	_, connected := r.Link.Connected()
	up := 0.0
	if connected {
		up = 1
	}
	o.gauge(proxyUp, up)
	o.gauge(tablePublished, float64(r.Balancer.Version()))
	o.gauge(tableAcked, float64(r.Link.Acked()))
	v, ok := r.vitals()
	if !ok {
		return
	}
	o.counter(proxyCPU, v.CPUSeconds)
	o.gauge(proxyMemory, float64(v.Resident))
	o.gauge(proxyHeap, float64(v.Heap))
	o.gauge(proxyRoutines, float64(v.Goroutines))
	o.gauge(proxyFiles, float64(v.Files))
	o.gauge(proxyMaxFiles, float64(v.MaxFiles))
	o.gauge(proxyClients, float64(v.Connections))
	for lb, n := range v.Balancers {
		o.gauge(connections, float64(n), lb)
	}
	for _, s := range r.Balancer.Standings() {
		o.gauge(inFlight, float64(v.InFlight[s.ARN]), s.Group)
	}
}

var targetsOf = desc("grue_target_group_targets", "Targets of a target group in use, by health.", "target_group", "state")

// targets reads the health of targets.
func (r *reader) targets(o out) {
	for _, s := range r.Balancer.Standings() {
		for _, state := range []string{elb.Healthy, elb.Unhealthy, elb.Initial, elb.Draining} {
			o.gauge(targetsOf, float64(s.States[state]), s.Group, state)
		}
	}
}
