package span

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/grue-ecs/grue/internal/hook"
)

// Hooks makes a span of each call of another Caller.
func (s *Spans) Hooks(next hook.Caller) hook.Caller {
	if s == nil {
		return next
	}
	return hookSpans{next, s}
}

type hookSpans struct {
	next hook.Caller
	s    *Spans
}

// Call implements hook.Caller. The span begins anew when a call is made again after
// a restart, under another id: both calls were made.
func (h hookSpans) Call(ctx context.Context, c hook.Call) hook.Answer {
	began := time.Now()
	a := h.next.Call(ctx, c)
	d, x := c.Deployment, &c.Invoke
	at := h.s.under(context.Background(), d, visit(d, &d.Machine))
	at = withIDs(at, ids{traceOf(root(d)), spanOf(fmt.Sprintf("%s %s %d", root(d), x.ID, began.UnixNano()))})
	name := hook.Name(x.Config.Target, x.Config.Details)
	_, sp := h.s.tracer.Start(at, "hook "+string(x.Hook.Stage), trace.WithTimestamp(began), trace.WithSpanKind(trace.SpanKindClient))
	sp.SetAttributes(about(d)...)
	sp.SetAttributes(
		attribute.String("grue.hook.kind", hook.Kind(x.Config.Details)), attribute.String("grue.hook.target", name),
		attribute.Int("grue.hook.call", x.Hook.Call), attribute.String("grue.hook.status", string(a.Status)),
	)
	if a.Error != "" {
		sp.SetStatus(codes.Error, a.Error)
	}
	sp.End()
	return a
}
