package span

import (
	"context"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Spans makes and sends spans. A nil *Spans makes none: its methods do nothing.
type Spans struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// exportDelay is how long spans are gathered before they are sent, unless
// OTEL_BSP_SCHEDULE_DELAY says otherwise: that much is lost with a process that is
// killed.
const exportDelay = time.Second

// Start begins to send spans if the environment names an exporter; otherwise it
// returns nil. process is server or proxy. What it cannot do it logs: no traces
// are no reason not to serve.
func Start(ctx context.Context, process, version string, log *slog.Logger) *Spans {
	wanted, err := configured()
	if err != nil {
		log.Error("no traces are sent", "err", err)
	}
	if !wanted {
		return nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		log.Error("no traces are sent", "err", err)
		return nil
	}
	handleErrors(log)
	batch := []sdktrace.BatchSpanProcessorOption{}
	if os.Getenv("OTEL_BSP_SCHEDULE_DELAY") == "" {
		batch = append(batch, sdktrace.WithBatchTimeout(exportDelay))
	}
	log.Info("traces are sent", "endpoint", redacted(first("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")))
	return with(sdktrace.NewBatchSpanProcessor(exporter, batch...), process, version)
}

// with makes Spans that go to a processor.
func with(p sdktrace.SpanProcessor, process, version string) *Spans {
	res, _ := resource.New(context.Background(), resource.WithTelemetrySDK(), resource.WithAttributes(
		attribute.String("service.name", "grue"), attribute.String("service.version", version), attribute.String("grue.process", process),
	), resource.WithFromEnv()) // an attribute of the environment that cannot be read is left out
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(p), sdktrace.WithResource(res), sdktrace.WithIDGenerator(generator{}))
	return &Spans{provider, provider.Tracer("github.com/grue-ecs/grue")}
}

// endTime bounds the sending of the last spans.
const endTime = time.Second

// Close sends what is left.
func (s *Spans) Close() {
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	_ = s.provider.Shutdown(ctx) // a collector that is gone has been logged
}

// complainEvery bounds the log lines about a collector that does not answer.
const complainEvery = time.Minute

func handleErrors(log *slog.Logger) {
	var last atomic.Int64
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		now, before := time.Now().UnixNano(), last.Load()
		if now-before >= int64(complainEvery) && last.CompareAndSwap(before, now) {
			log.Warn("traces not sent", "err", err)
		}
	}))
}
