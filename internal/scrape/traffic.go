package scrape

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/route"
)

var (
	requests = desc("grue_proxy_requests_total",
		"Requests that a load balancer answered, by target group, by who answered (target or load_balancer) and class of the status code.",
		"load_balancer", "target_group", "answered_by", "code_class")
	latency = desc("grue_proxy_target_response_seconds",
		"Time from a request's departure to a target until the head of its response, in seconds.", "load_balancer", "target_group")
	connections = desc("grue_proxy_connections", "Connections of clients to a load balancer that are open now.", "load_balancer")
	connected   = desc("grue_proxy_connections_opened_total", "Connections that clients opened to a load balancer.", "load_balancer")
	tlsErrors   = desc("grue_proxy_tls_errors_total", "TLS handshakes of clients that failed.", "load_balancer")
	retries     = desc("grue_proxy_retries_total", "Attempts to send a request to a target after the first.", "load_balancer", "target_group")
	dialErrors  = desc("grue_proxy_connect_errors_total", "Connections to targets that could not be made.", "load_balancer", "target_group")
	bytes       = desc("grue_proxy_bytes_total", "Bytes of bodies and answers that went through a load balancer, in both directions.", "load_balancer", "target_group")
	flows       = desc("grue_proxy_flows_total", "Flows through a network load balancer.", "load_balancer", "target_group", "protocol")
	openFlows   = desc("grue_proxy_flows", "Flows through a network load balancer that are open now.", "load_balancer", "target_group", "protocol")
	flowBytes   = desc("grue_proxy_flow_bytes_total", "Bytes of flows through a network load balancer, in both directions.", "load_balancer", "target_group", "protocol")
)

// traffic reads what proxies counted for the load balancers that exist.
func (r *reader) traffic(o out) {
	for _, c := range r.Balancer.Counts() {
		for _, x := range classes(&c.Traffic) {
			if c.Group != "" || x.by == "load_balancer" {
				o.counter(requests, float64(x.n), c.LB, c.Group, x.by, x.class)
			}
		}
		o.counter(bytes, float64(c.Bytes), c.LB, c.Group)
		if c.Group == "" {
			o.counter(connected, float64(c.NewConns), c.LB)
			o.counter(tlsErrors, float64(c.TLSErrors), c.LB)
		} else {
			o.counter(retries, float64(c.Retries), c.LB, c.Group)
			o.counter(dialErrors, float64(c.ConnectErrors), c.LB, c.Group)
			o.histogram(latency, &c.Traffic, c.LB, c.Group)
		}
		for _, protocol := range slices.Sorted(maps.Keys(c.Flows)) {
			f := c.Flows[protocol]
			o.counter(flows, float64(f.New), c.LB, c.Group, protocol)
			o.gauge(openFlows, float64(f.Active), c.LB, c.Group, protocol)
			o.counter(flowBytes, float64(f.Bytes), c.LB, c.Group, protocol)
		}
	}
}

// class is a number of answers of a class of status codes.
type class struct {
	by, class string
	n         uint64
}

func classes(t *route.Traffic) []class {
	return []class{
		{"target", "2xx", t.Target2xx},
		{"target", "3xx", t.Target3xx},
		{"target", "4xx", t.Target4xx},
		{"target", "5xx", t.Target5xx},
		{"load_balancer", "3xx", t.ELB3xx},
		{"load_balancer", "4xx", t.ELB4xx},
		{"load_balancer", "5xx", t.ELB5xx},
	}
}

// bucketStep is how many of a report's buckets are one here: bounds grow by a
// factor of two, from 100 µs to 13 s.
const (
	bucketStep = 2
	buckets    = 36
)

// histogram tells the response times of a report.
func (o out) histogram(d *prometheus.Desc, t *route.Traffic, labels ...string) {
	cumulative, in := map[float64]uint64{}, uint64(0)
	for i, n := range t.Latency {
		in += uint64(n)
		if i%bucketStep == 0 && i < buckets {
			cumulative[route.LatencyBound(i).Seconds()] = in
		}
	}
	o <- prometheus.MustNewConstHistogram(d, in, t.LatencySum.Seconds(), cumulative, labels...)
}

var (
	served = desc("grue_service_requests_total",
		"Requests that the tasks of a service revision answered, behind load balancers and through Service Connect, by class of the status code; "+
			"an empty revision is a target group with tasks of several.",
		"account", "region", "cluster", "service", "revision", "code_class")
	servedTime = desc("grue_service_response_seconds",
		"Response times of the tasks of a service revision, in seconds.", "account", "region", "cluster", "service", "revision")
	servedFlows = desc("grue_service_flows_total",
		"Flows of network load balancers to the tasks of a service revision.", "account", "region", "cluster", "service", "revision")
)

// revisionKey names a revision of a service; "" = those of several.
type revisionKey struct{ service, revision string }

// served reads what the revisions answered that services still show.
func (r *reader) served(o out, live map[revisionKey]bool) {
	keep := func(s elb.Served) bool { return live[revisionKey{s.Scope.Key(s.Cluster, s.Service), s.Revision}] }
	sum := r.Balancer.Served().All(keep)
	for s, t := range r.Mesh.Served().All(keep) {
		both := sum[s]
		both.Add(&t)
		sum[s] = both
	}
	for s, t := range sum {
		labels := []string{s.Scope.Account, s.Scope.Region, s.Cluster, s.Service, s.Revision}
		for _, x := range classes(&t)[:4] {
			o.counter(served, float64(x.n), append(slices.Clip(labels), x.class)...)
		}
		o.histogram(servedTime, &t, labels...)
		n := uint64(0)
		for _, f := range t.Flows {
			n += f.New
		}
		if len(t.Flows) > 0 {
			o.counter(servedFlows, float64(n), labels...)
		}
	}
}
