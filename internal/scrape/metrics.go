package scrape

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/grue-ecs/grue/internal/hook"
)

// Metrics are grue's metrics. Use New; Attach adds what is read from other parts.
type Metrics struct {
	registry *prometheus.Registry
	reader   *reader // nil before Attach

	apiRequests  *prometheus.CounterVec
	apiDuration  *prometheus.HistogramVec
	flush        prometheus.Histogram
	transactions prometheus.Counter
	flushFailed  prometheus.Counter
	events       *prometheus.CounterVec

	deployments   *prometheus.CounterVec
	deployTime    *prometheus.HistogramVec
	stageTime     *prometheus.HistogramVec
	taskStart     prometheus.Histogram
	taskStops     *prometheus.CounterVec
	hookCalls     *prometheus.CounterVec
	hookTime      *prometheus.HistogramVec
	waitForPerson prometheus.Histogram

	mu    sync.Mutex
	codes map[string]bool // error codes that are labels
}

// Buckets, in seconds.
var (
	quickBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
	startBuckets = []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300}
	hookBuckets  = []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60, 300, 900, 3600}
	longBuckets  = []float64{1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400}
)

// New makes the metrics of one server. version and runtime are told as labels.
func New(version, runtime string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), codes: map[string]bool{}}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		m.registry.MustRegister(v)
		return v
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
		m.registry.MustRegister(v)
		return v
	}
	m.apiRequests = counter("grue_api_requests_total",
		"Requests to the AWS APIs, by service, operation and error code; OK is success.", "service", "operation", "code")
	m.apiDuration = histogram("grue_api_request_duration_seconds",
		"Time from the head of a request to the AWS APIs to the end of its answer, in seconds.", quickBuckets, "service", "operation")
	m.flush = histogram("grue_store_commit_duration_seconds",
		"Time of one write of the state to the disk, which several transactions share, in seconds.", quickBuckets).WithLabelValues().(prometheus.Histogram)
	m.transactions = counter("grue_store_transactions_total", "Transactions that were written to the disk.").WithLabelValues()
	m.flushFailed = counter("grue_store_commit_failures_total", "Writes of the state to the disk that failed and left no trace.").WithLabelValues()
	m.events = counter("grue_events_total",
		"Events of the history, by source and detail type; those that users put themselves are custom.", "source", "detail_type")

	m.deployments = counter("grue_deployments_total",
		"Service deployments that ended, by strategy, final status and cause of failure; the cause none is success.", "strategy", "outcome", "cause")
	m.deployTime = histogram("grue_deployment_duration_seconds",
		"Time from the start of a service deployment to its end, in seconds.", longBuckets, "strategy", "outcome")
	m.stageTime = histogram("grue_deployment_stage_duration_seconds",
		"Time that a deployment spent in a lifecycle stage, in seconds.", longBuckets, "strategy", "stage")
	m.taskStart = histogram("grue_task_start_duration_seconds",
		"Time from the creation of a task until it was RUNNING, in seconds.", startBuckets).WithLabelValues().(prometheus.Histogram)
	m.taskStops = counter("grue_task_stops_total", "Tasks that stopped, by stop code; none is a task without one.", "stop_code")
	m.hookCalls = counter("grue_hook_calls_total",
		"Calls of lifecycle hooks, by kind (lambda, url, task) and answer; error is a call that got none.", "kind", "outcome")
	m.hookTime = histogram("grue_hook_call_duration_seconds",
		"Time of one call of a lifecycle hook, tries included, in seconds.", hookBuckets, "kind")
	m.waitForPerson = histogram("grue_approval_wait_seconds",
		"Time that a PAUSE hook waited until a person answered or its time was over, in seconds.", longBuckets).WithLabelValues().(prometheus.Histogram)

	m.begin()
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "grue_build_info", Help: "1, with the version of grue and the runtime of its tasks."}, []string{"version", "runtime"})
	info.WithLabelValues(version, runtime).Set(1)
	m.registry.MustRegister(info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// begin makes the series that are likely to count, at zero: the first event of a
// series that was not there is no increase for Prometheus.
func (m *Metrics) begin() {
	for _, s := range strategies {
		for _, outcome := range []string{"SUCCESSFUL", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED", "STOPPED"} {
			m.deployTime.WithLabelValues(string(s), outcome)
		}
		m.deployments.WithLabelValues(string(s), "SUCCESSFUL", "none")
		for _, cause := range []string{"circuit_breaker", "alarm", "lifecycle_hook"} {
			m.deployments.WithLabelValues(string(s), "ROLLBACK_SUCCESSFUL", cause)
		}
	}
	for _, kind := range []string{hook.KindLambda, hook.KindURL, hook.KindTask} {
		for _, outcome := range []string{"SUCCEEDED", "FAILED", "IN_PROGRESS", "error"} {
			m.hookCalls.WithLabelValues(kind, outcome)
		}
		m.hookTime.WithLabelValues(kind)
	}
	for _, code := range []string{"ServiceSchedulerInitiated", "EssentialContainerExited", "TaskFailedToStart", "UserInitiated"} {
		m.taskStops.WithLabelValues(code)
	}
}

// maxCodes bounds the error codes that are labels of their own: were one ever made
// from what a client sends, memory would not grow with it.
const maxCodes = 400

// code is the label of an error code.
func (m *Metrics) code(c string) string {
	if c == "" {
		return "OK"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.codes[c] && len(m.codes) >= maxCodes {
		return "other"
	}
	m.codes[c] = true
	return c
}
