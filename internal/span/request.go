package span

import (
	"context"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/grue-ecs/grue/internal/proxy"
)

// Tracer makes spans of the proxy's requests; nil when s is.
func (s *Spans) Tracer() proxy.Tracer {
	if s == nil {
		return nil
	}
	return s
}

// Begin implements proxy.Tracer.
func (s *Spans) Begin(r *proxy.Traced) proxy.Span {
	name := strings.Clone(method(r.Method)) + " " + r.LB
	if r.Endpoint != "" {
		name = method(r.Method) + " Service Connect"
	}
	_, sp := s.tracer.Start(parent(strings.Clone(r.Parent), strings.Clone(r.State)), name,
		trace.WithTimestamp(r.Began), trace.WithSpanKind(trace.SpanKindServer))
	return requestSpan{sp}
}

// parent is a context with the span of a traceparent, if it is one.
func parent(traceparent, tracestate string) context.Context {
	if traceparent == "" {
		return context.Background()
	}
	return propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": traceparent, "tracestate": tracestate})
}

// method is a method as a name: those that clients make up are one.
func method(m string) string {
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, m) {
		return m
	}
	return "HTTP"
}

type requestSpan struct{ span trace.Span }

// Traceparent implements proxy.Span.
func (r requestSpan) Traceparent() string {
	c := r.span.SpanContext()
	return "00-" + c.TraceID().String() + "-" + c.SpanID().String() + "-" + c.TraceFlags().String()
}

// End implements proxy.Span.
func (r requestSpan) End(t *proxy.Traced) {
	if r.span.IsRecording() {
		r.span.SetAttributes(
			attribute.String("http.request.method", strings.Clone(t.Method)), attribute.String("url.path", strings.Clone(t.Path)),
			attribute.String("url.scheme", t.Scheme), attribute.String("server.address", strings.Clone(t.Host)),
			attribute.String("client.address", t.Client.Addr().String()), attribute.Int("http.response.status_code", t.Status),
			attribute.Int64("http.request.body.size", t.Received), attribute.Int64("http.response.body.size", t.Wrote),
		)
		for key, value := range map[string]string{
			"grue.load_balancer": t.LB, "grue.endpoint": t.Endpoint, "grue.target_group": t.Group, "grue.target": t.Target,
		} {
			if value != "" {
				r.span.SetAttributes(attribute.String(key, value))
			}
		}
		if t.TargetStatus != 0 {
			r.span.SetAttributes(attribute.Int("grue.target_status_code", t.TargetStatus), attribute.Float64("grue.target_seconds", t.Answered.Sub(t.Sent).Seconds()))
		}
		if t.Status >= 500 {
			r.span.SetStatus(codes.Error, "")
		}
	}
	r.span.End(trace.WithTimestamp(t.Ended))
}
