// Package scrape is what Prometheus sees of grue: `GET /metrics`.
//
//	store flushes, API calls, hook calls ──► counters and histograms ──┐
//	store.Watch (events, deployments, tasks) ──► the same ─────────────┤
//	records, balancer, queues, outboxes ──► read at each scrape ───────┼──► /metrics
//	the proxy ◄── link: how do you do? ── at each scrape ──────────────┘
//
// What has a name that users choose (services, load balancers, queues) is read from
// the records at each scrape and kept nowhere: it disappears with its resource.
// What is kept has labels of which there are boundedly many: strategies, stages,
// causes, operations, error codes.
//
// Names follow Prometheus's conventions and begin with grue_; the helper of a
// metric tells its unit. Go's and the process's own metrics (go_…, process_…) are
// the server's; those of the proxy are grue_proxy_process_….
//
// Files: metrics.go (New, the metrics that are kept), observe.go (who tells them),
// follow.go (deployments and tasks), handler.go (GET /metrics), read.go (what is
// read at each scrape) with services.go, traffic.go, proxyprocess.go, backlog.go.
package scrape
