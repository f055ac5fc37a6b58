package span

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Follow makes spans of the deployments of a store until stop is called.
func (s *Spans) Follow(st *store.Store) (stop func()) {
	if s == nil {
		return func() {}
	}
	return st.Watch(func(c store.Commit) {
		for _, ch := range c.Changes {
			if ch.Kind != state.Deployments.Kind() {
				continue
			}
			if d, old := state.Deployments.Of(ch); d != nil && old != nil {
				s.changed(d, old)
			}
		}
	})
}

// changed makes the spans of what ended with a change of a deployment: a pause, a
// stage, the deployment itself.
func (s *Spans) changed(d, old *state.Deployment) {
	m, before := &d.Machine, &old.Machine
	over := m.Status.Terminal() && !before.Status.Terminal()
	for i := range before.Hooks {
		h := &before.Hooks[i]
		if h.Type == deploy.Pause && h.Open() && !waits(m, h.Execution) {
			s.pause(d, before, h)
		}
	}
	if before.Stage != "" && !before.StageEntered.IsZero() && (over || !m.StageEntered.Equal(before.StageEntered)) {
		s.stage(d, before, over)
	}
	if over {
		s.deployment(d)
	}
}

func waits(m *deploy.Deployment, execution string) bool {
	for i := range m.Hooks {
		if m.Hooks[i].Execution == execution {
			return m.Hooks[i].Open() && !m.Status.Terminal()
		}
	}
	return false
}

// root is the name that ids of a deployment's root span are made from.
func root(d *state.Deployment) string { return "deployment " + d.Key() }

// visit is that of one stay in a stage: a rollback enters stages again.
func visit(d *state.Deployment, m *deploy.Deployment) string {
	return fmt.Sprintf("%s %s %d", root(d), m.Stage, m.StageEntered.UnixNano())
}

// under is a context in which spans are children of the named span of a
// deployment's trace, sampled as its root is.
func (s *Spans) under(ctx context.Context, d *state.Deployment, parent string) context.Context {
	x := ids{traceOf(root(d)), spanOf(root(d))}
	_, probe := s.tracer.Start(withIDs(ctx, x), rootName(d), trace.WithNewRoot()) // never ended, so never sent
	return trace.ContextWithRemoteSpanContext(ctx, trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: x.trace, SpanID: spanOf(parent), TraceFlags: probe.SpanContext().TraceFlags(), Remote: true,
	}))
}

func rootName(d *state.Deployment) string { return "deployment " + d.Service }

func (s *Spans) deployment(d *state.Deployment) {
	m := &d.Machine
	ctx := withIDs(context.Background(), ids{traceOf(root(d)), spanOf(root(d))})
	_, sp := s.tracer.Start(ctx, rootName(d), trace.WithNewRoot(), trace.WithTimestamp(m.CreatedAt))
	sp.SetAttributes(about(d)...)
	sp.SetAttributes(
		attribute.String("grue.deployment.outcome", string(m.Status)),
		attribute.String("grue.deployment.target_revision", string(m.Target)),
	)
	if m.Rollback != nil {
		sp.AddEvent("rollback", trace.WithTimestamp(m.Rollback.StartedAt), trace.WithAttributes(
			attribute.String("grue.deployment.reason", m.Rollback.Reason), attribute.String("grue.deployment.stage", string(m.Rollback.From))))
	}
	if m.Failure != nil {
		sp.SetAttributes(attribute.String("grue.deployment.cause", strings.ReplaceAll(string(m.Failure.Kind), " ", "_")))
		sp.SetStatus(codes.Error, m.StatusReason)
	}
	sp.End(trace.WithTimestamp(end(m)))
}

// stage makes the span of a stage that was left.
func (s *Spans) stage(d *state.Deployment, before *deploy.Deployment, over bool) {
	left := d.Machine.StageEntered
	if over {
		left = end(&d.Machine)
	}
	ctx := s.under(context.Background(), d, root(d))
	ctx = withIDs(ctx, ids{traceOf(root(d)), spanOf(visit(d, before))})
	_, sp := s.tracer.Start(ctx, string(before.Stage), trace.WithTimestamp(before.StageEntered))
	sp.SetAttributes(about(d)...)
	sp.SetAttributes(attribute.String("grue.deployment.stage", string(before.Stage)), attribute.Int("grue.deployment.step", before.Step))
	for _, x := range before.Traffic.Production {
		sp.SetAttributes(attribute.Float64("grue.deployment.weight."+string(x.Rev), x.Percent()))
	}
	if f := d.Machine.Failure; f != nil && before.Failure == nil {
		sp.SetStatus(codes.Error, f.Text)
	}
	sp.End(trace.WithTimestamp(left))
}

// pause makes the span of a wait for a person.
func (s *Spans) pause(d *state.Deployment, before *deploy.Deployment, h *deploy.Hook) {
	began := h.ExpiresAt.Add(-before.HookTime(h))
	ctx := s.under(context.Background(), d, visit(d, before))
	ctx = withIDs(ctx, ids{traceOf(root(d)), spanOf(root(d) + " pause " + h.Execution)})
	_, sp := s.tracer.Start(ctx, "approval "+string(h.Stage), trace.WithTimestamp(began))
	sp.SetAttributes(about(d)...)
	sp.SetAttributes(attribute.String("grue.hook.id", h.ID))
	for _, a := range d.Answers {
		if a.HookID == h.ID {
			sp.SetAttributes(attribute.String("grue.hook.answer", a.Action), attribute.String("grue.hook.answered_by", a.By))
		}
	}
	sp.End(trace.WithTimestamp(d.Machine.UpdatedAt))
}

// about says which deployment a span belongs to.
func about(d *state.Deployment) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("aws.ecs.cluster.arn", d.Scope.Cluster(d.Cluster)), attribute.String("grue.service", d.Service),
		attribute.String("grue.deployment.arn", d.ARN()), attribute.String("grue.deployment.strategy", string(d.Machine.Strategy)),
	}
}

// end is when a deployment was over.
func end(m *deploy.Deployment) time.Time {
	if !m.FinishedAt.IsZero() {
		return m.FinishedAt
	}
	return m.UpdatedAt
}
