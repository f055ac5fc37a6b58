package span

import (
	"context"
	"crypto/rand"
	"crypto/sha256"

	"go.opentelemetry.io/otel/trace"
)

// ids are those that the next span shall have.
type ids struct {
	trace trace.TraceID
	span  trace.SpanID
}

type idsKey struct{}

func withIDs(ctx context.Context, x ids) context.Context { return context.WithValue(ctx, idsKey{}, x) }

// generator gives spans the ids of their context, and others random ones.
type generator struct{}

// NewIDs implements sdktrace.IDGenerator.
func (generator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	if x, ok := ctx.Value(idsKey{}).(ids); ok {
		return x.trace, x.span
	}
	var x ids
	rand.Read(x.trace[:]) // never fails
	rand.Read(x.span[:])
	return x.trace, x.span
}

// NewSpanID implements sdktrace.IDGenerator.
func (g generator) NewSpanID(ctx context.Context, _ trace.TraceID) trace.SpanID {
	_, id := g.NewIDs(ctx)
	return id
}

// traceOf and spanOf are ids that follow from names. That one is zero, which no id
// may be, is as likely as a collision.
func traceOf(name string) (id trace.TraceID) {
	sum := sha256.Sum256([]byte("trace " + name))
	copy(id[:], sum[:])
	return id
}

func spanOf(name string) (id trace.SpanID) {
	sum := sha256.Sum256([]byte("span " + name))
	copy(id[:], sum[:])
	return id
}
