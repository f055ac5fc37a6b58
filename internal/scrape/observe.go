package scrape

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// Request counts a request to the AWS APIs: see wire.Options.
func (m *Metrics) Request(_ *http.Request, o wire.Observation) {
	service, operation := known(o.Service), known(o.Operation)
	m.apiRequests.WithLabelValues(service, operation, m.code(o.Code)).Inc()
	m.apiDuration.WithLabelValues(service, operation).Observe(o.Took.Seconds())
}

func known(name string) string {
	if name == "" {
		return "unknown"
	}
	return name
}

// Flushed counts a write of the store: see store.Options.
func (m *Metrics) Flushed(took time.Duration, transactions int, err error) {
	m.flush.Observe(took.Seconds())
	if err != nil {
		m.flushFailed.Inc()
		return
	}
	m.transactions.Add(float64(transactions))
}

// event counts an event of the history. Sources and detail types of AWS's services
// and of grue are few; those of PutEvents are anybody's choice.
func (m *Metrics) event(e *store.Event) {
	if !strings.HasPrefix(e.Source, "aws.") && !strings.HasPrefix(e.Source, "grue.") {
		m.events.WithLabelValues("custom", "custom").Inc()
		return
	}
	m.events.WithLabelValues(e.Source, e.DetailType).Inc()
}

// Hooks counts the calls of another Caller.
func (m *Metrics) Hooks(next hook.Caller) hook.Caller { return hookMeter{next, m} }

type hookMeter struct {
	next hook.Caller
	m    *Metrics
}

// Call implements hook.Caller.
func (h hookMeter) Call(ctx context.Context, c hook.Call) hook.Answer {
	began := time.Now()
	a := h.next.Call(ctx, c)
	kind := hook.Kind(c.Invoke.Config.Details)
	h.m.hookCalls.WithLabelValues(kind, outcomeOf(&a)).Inc()
	h.m.hookTime.WithLabelValues(kind).Observe(time.Since(began).Seconds())
	return a
}

func outcomeOf(a *hook.Answer) string {
	switch a.Status {
	case "SUCCEEDED", "FAILED", "IN_PROGRESS":
		return string(a.Status)
	}
	return "error"
}
