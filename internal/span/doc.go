// Package span sends OpenTelemetry traces of what grue does, when an exporter is
// configured by OpenTelemetry's standard environment; otherwise nothing of it
// starts, and Start returns nil.
//
//	one trace a service deployment          one trace a request
//	deployment web ──────────────────┐      (client's span)
//	├ SCALE_UP ────┐                 │      └ GET app/web/0123… ── proxy
//	│  └ hook …  ─┐│                 │         └ (target's span)
//	├ PRODUCTION_TRAFFIC_SHIFT ───┐  │
//	└ BAKE_TIME ─────────────────┐│  │      ECS.UpdateService ── server
//
// Trace and span ids of a deployment follow from its key and the times of its
// stages, and spans are made from the records when a stage is left: whichever
// server makes them, before or after a restart, they are of the same trace.
//
// Requests through the proxy and to the APIs continue the trace of a W3C
// traceparent, and targets get one with the proxy's span as parent. Who is
// sampled is OTEL_TRACES_SAMPLER's choice.
//
// Files: spans.go (Start), environment.go (what the environment says), id.go (ids
// that are known in advance), deployment.go, hook.go, request.go, api.go.
package span
