package scrape

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/outbox"
	"github.com/grue-ecs/grue/internal/queue"
	"github.com/grue-ecs/grue/internal/store"
)

// Sources are the parts that are asked at each scrape. All are required.
type Sources struct {
	Store    *store.Store
	Balancer *elb.Balancer
	Mesh     interface{ Served() *elb.Sums }
	Link     *link.Client
	Engine   interface{ Backlog() (services, tasks int) }
	Queues   *queue.Queues
	// Outboxes by what they deliver.
	Outboxes map[string]func() outbox.Lag
}

// Attach begins to follow the store and adds what is read at each scrape. Call the
// result before the store is closed.
func (m *Metrics) Attach(s Sources) (detach func()) {
	m.reader = &reader{s}
	m.registry.MustRegister(m.reader)
	return s.Store.Watch(m.follow)
}

// Tidy forgets what was counted for revisions that are gone. Each scrape does the
// same; call it now and then for a server that nobody scrapes.
func (m *Metrics) Tidy() {
	ch := make(chan prometheus.Metric, 64)
	go func() {
		defer close(ch)
		m.reader.Collect(ch)
	}()
	for range ch {
	}
}

// reader is a prometheus.Collector of what is read at each scrape.
type reader struct{ Sources }

// vitalsTime bounds the wait for the proxy: one of an older build never answers.
const vitalsTime = time.Second

// out takes metrics.
type out chan<- prometheus.Metric

// Describe implements prometheus.Collector: what is read depends on what there is.
func (r *reader) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (r *reader) Collect(ch chan<- prometheus.Metric) {
	o := out(ch)
	o.gauge(storeEpoch, float64(r.Store.Epoch()))
	o.gauge(lastEvent, float64(r.Store.LastEvent()))
	r.traffic(o)
	r.targets(o)
	r.proxy(o)
	var live map[revisionKey]bool
	r.Store.View(func(tx *store.Tx) { live = r.records(tx, o) })
	r.served(o, live)
	r.backlog(o)
}

var (
	storeEpoch = desc("grue_store_epoch", "Epoch of the server that may write the state: it grows by one with each start.")
	lastEvent  = desc("grue_store_last_event", "Sequence number of the newest event of the history.")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

func (o out) gauge(d *prometheus.Desc, v float64, labels ...string) {
	o <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func (o out) counter(d *prometheus.Desc, v float64, labels ...string) {
	o <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}

// vitals asks the proxy how it does.
func (r *reader) vitals() (link.Vitals, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), vitalsTime)
	defer cancel()
	v, err := r.Link.Vitals(ctx)
	return v, err == nil
}
