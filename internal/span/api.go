package span

import (
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/grue-ecs/grue/internal/wire"
)

// Request makes the span of a request to the AWS APIs.
func (s *Spans) Request(r *http.Request, o wire.Observation) {
	if s == nil {
		return
	}
	name := o.Service + "." + o.Operation
	if o.Operation == "" {
		name = "unknown operation"
	}
	_, sp := s.tracer.Start(parent(r.Header.Get("Traceparent"), r.Header.Get("Tracestate")), name,
		trace.WithTimestamp(o.Began), trace.WithSpanKind(trace.SpanKindServer))
	sp.SetAttributes(
		attribute.String("rpc.system", "aws-api"), attribute.String("rpc.service", o.Service), attribute.String("rpc.method", o.Operation),
		attribute.String("aws.request_id", o.RequestID),
	)
	if o.Code != "" {
		sp.SetAttributes(attribute.String("error.type", o.Code), attribute.Int("http.response.status_code", o.Status))
	}
	if o.Status >= 500 {
		sp.SetStatus(codes.Error, o.Code)
	}
	sp.End(trace.WithTimestamp(o.Began.Add(o.Took)))
}
