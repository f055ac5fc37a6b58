package span

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/hook"
	"github.com/grue-ecs/grue/internal/proxy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// kept makes Spans whose spans stay in memory.
func kept(t *testing.T) (*Spans, *tracetest.InMemoryExporter) {
	t.Helper()
	out := tracetest.NewInMemoryExporter()
	s := with(sdktrace.NewSimpleSpanProcessor(out), "server", "test")
	return s, out
}

var scope = arn.Scope{Account: "000000000000", Region: "us-east-1"}

type answers struct{}

func (answers) Call(context.Context, hook.Call) hook.Answer {
	return hook.Answer{Status: deploy.HookFailed, Error: "no database"}
}

// TestDeploymentTrace follows a deployment through two servers: all spans are of
// one trace, children of their stages, with the times of the records.
func TestDeploymentTrace(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "state.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	at := func(minutes int) time.Time { return time.Unix(1700000000, 0).Add(time.Duration(minutes) * time.Minute) }
	d := &state.Deployment{Scope: scope, Cluster: "prod", Service: "web", ID: "d1"}
	d.Machine = deploy.Deployment{Status: deploy.Pending, Strategy: deploy.Canary, Target: "2", CreatedAt: at(0), UpdatedAt: at(0)}
	d.Machine.Config.Hooks = []deploy.HookConfig{{Type: deploy.Pause, Minutes: 60}}
	change := func(f func(m *deploy.Deployment)) {
		t.Helper()
		next := *d
		next.Machine = *d.Machine.Clone()
		f(&next.Machine)
		d = &next
		if err := st.Update(func(tx *store.Tx) error { state.Deployments.Put(tx, d.Key(), d); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	enter := func(m *deploy.Deployment, stage deploy.Stage, minutes int) {
		m.Stage, m.StageEntered, m.UpdatedAt, m.Hooks = stage, at(minutes), at(minutes), nil
	}
	first, one := kept(t)
	stop := first.Follow(st)
	change(func(*deploy.Deployment) {})
	change(func(m *deploy.Deployment) {
		m.Status, m.StartedAt = deploy.InProgress, at(1)
		enter(m, deploy.ScaleUp, 1)
	})
	change(func(m *deploy.Deployment) { enter(m, deploy.PostScaleUp, 3) })
	first.Hooks(answers{}).Call(t.Context(), hook.Call{Deployment: d, Invoke: deploy.InvokeHook{ID: "h", Hook: deploy.Hook{Stage: deploy.PostScaleUp, Call: 1}}})
	change(func(m *deploy.Deployment) {
		m.Hooks = []deploy.Hook{{ID: "ecs-pause-1", Type: deploy.Pause, Stage: deploy.PostScaleUp, Execution: "x", Status: deploy.HookAwaitingAction, ExpiresAt: at(64)}}
	})
	awaitSpans(t, st, one, 2)
	stop()
	made := one.GetSpans() // Close forgets them
	first.Close()

	second, two := kept(t)
	defer second.Close()
	defer second.Follow(st)()
	change(func(m *deploy.Deployment) { m.Hooks[0].Status, m.UpdatedAt = deploy.HookSucceeded, at(10) })
	change(func(m *deploy.Deployment) {
		m.Status, m.StatusReason, m.FinishedAt, m.UpdatedAt = deploy.RollbackSuccessful, "It was an alarm.", at(12), at(12)
		m.Failure = &deploy.Failure{Kind: deploy.FailAlarm, Text: "It was an alarm.", At: at(11)}
	})
	awaitSpans(t, st, two, 3)
	spans := map[string]tracetest.SpanStub{}
	for _, s := range append(made, two.GetSpans()...) {
		spans[s.Name] = s
	}
	rootSpan := spans["deployment web"]
	for name, want := range map[string]struct{ parent, from, to string }{
		"deployment web":         {"", "0", "12"},
		"SCALE_UP":               {"deployment web", "1", "3"},
		"POST_SCALE_UP":          {"deployment web", "3", "12"},
		"approval POST_SCALE_UP": {"POST_SCALE_UP", "4", "10"},
		"hook POST_SCALE_UP":     {"POST_SCALE_UP", "", ""},
	} {
		s, ok := spans[name]
		if !ok {
			t.Errorf("no span %q", name)
			continue
		}
		if s.SpanContext.TraceID() != rootSpan.SpanContext.TraceID() {
			t.Errorf("%s is of another trace", name)
		}
		if want.parent != "" && s.Parent.SpanID() != spans[want.parent].SpanContext.SpanID() || want.parent == "" && s.Parent.IsValid() {
			t.Errorf("%s has the parent %s", name, s.Parent.SpanID())
		}
		minute := func(x time.Time) string { return fmt.Sprint(x.Sub(at(0)).Minutes()) }
		if want.from != "" && (minute(s.StartTime) != want.from || minute(s.EndTime) != want.to) {
			t.Errorf("%s lasts from %s to %s, want %s to %s", name, minute(s.StartTime), minute(s.EndTime), want.from, want.to)
		}
	}
	if len(spans) != 5 || rootSpan.Status.Description != "It was an alarm." || spans["hook POST_SCALE_UP"].Status.Description != "no database" {
		t.Errorf("%d spans, root %+v", len(spans), rootSpan.Status)
	}
}

// awaitSpans waits until what the store told has become spans: watchers hear of a commit after Update
// returned.
func awaitSpans(t *testing.T, st *store.Store, out *tracetest.InMemoryExporter, n int) {
	t.Helper()
	limit := time.NewTimer(time.Minute)
	defer limit.Stop()
	for len(out.GetSpans()) < n {
		told := make(chan struct{})
		if err := st.Update(func(tx *store.Tx) error { tx.AfterCommit(func() { close(told) }); return nil }); err != nil {
			t.Fatal(err)
		}
		select {
		case <-told:
		case <-limit.C:
			t.Fatalf("%d spans, want %d", len(out.GetSpans()), n)
		}
	}
}

// TestRequests: a request continues its client's trace, and one that is not sampled
// tells the target so.
func TestRequests(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	request := proxy.Traced{
		Parent: parent, State: "vendor=1", Began: time.Unix(1700000000, 0), Method: "GET", Path: "/x", LB: "app/web/1",
		Client: netip.MustParseAddrPort("192.0.2.1:5"), Status: 502, Ended: time.Unix(1700000001, 0), Group: "tg",
	}
	s, out := kept(t)
	defer s.Close()
	sp := s.Begin(&request)
	told := sp.Traceparent()
	sp.End(&request)
	got := out.GetSpans()
	if len(got) != 1 || got[0].Name != "GET app/web/1" || got[0].Parent.SpanID().String() != "b7ad6b7169203331" || got[0].EndTime.Sub(got[0].StartTime) != time.Second ||
		told != "00-0af7651916cd43dd8448eb211c80319c-"+got[0].SpanContext.SpanID().String()+"-01" || got[0].SpanContext.TraceState().Get("vendor") != "1" {
		t.Errorf("told %s: %+v", told, got)
	}
	for name, c := range map[string]struct{ sampler, parent, begins, ends string }{
		"the client does not sample":   {"", strings.TrimSuffix(parent, "1") + "0", parent[:35], "-00"},
		"we do not sample":             {"always_off", parent, parent[:35], "-00"},
		"a parent that is none":        {"", "00-xyz", "00-", "-01"},
		"no parent, and we sample all": {"always_on", "", "00-", "-01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_TRACES_SAMPLER", c.sampler)
			s, out := kept(t)
			defer s.Close()
			r := request
			r.Parent, r.State = c.parent, ""
			sp := s.Begin(&r)
			told := sp.Traceparent()
			sp.End(&r)
			if len(told) != len(parent) || !strings.HasPrefix(told, c.begins) || !strings.HasSuffix(told, c.ends) {
				t.Errorf("the target is told %s", told)
			}
			if n := len(out.GetSpans()); (n == 1) != (c.ends == "-01") {
				t.Errorf("%d spans", n)
			}
		})
	}
}

// TestCalls: a call of an API has a span under its caller's.
func TestCalls(t *testing.T) {
	s, out := kept(t)
	defer s.Close()
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	s.Request(r, wire.Observation{Service: "ecs", Operation: "UpdateService", Code: "ServerException", Status: 500, Began: time.Unix(1, 0), Took: time.Second})
	got := out.GetSpans()
	if len(got) != 1 || got[0].Name != "ecs.UpdateService" || got[0].Parent.SpanID().String() != "b7ad6b7169203331" || got[0].Status.Description != "ServerException" {
		t.Errorf("%+v", got)
	}
}

// TestEnvironment: what begins under which variables.
func TestEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want bool
		err  string
	}{
		"nothing":          {nil, false, ""},
		"an endpoint":      {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, true, ""},
		"one for traces":   {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/x"}, true, ""},
		"protobuf":         {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, true, ""},
		"gRPC":             {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, false, "only http/protobuf"},
		"disabled":         {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_SDK_DISABLED": "true"}, false, ""},
		"none":             {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_TRACES_EXPORTER": "none"}, false, ""},
		"another exporter": {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_TRACES_EXPORTER": "zipkin"}, false, "only otlp"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"} {
				t.Setenv(name, c.env[name])
			}
			got, err := configured()
			if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v %v", got, err)
			}
		})
	}
}

// TestNobodyAsked: without an exporter nothing is made, and nil does nothing.
func TestNobodyAsked(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	s := Start(t.Context(), "proxy", "test", slog.New(slog.DiscardHandler))
	if s != nil || s.Tracer() != nil {
		t.Fatalf("%v", s)
	}
	s.Request(httptest.NewRequest("GET", "/", nil), wire.Observation{})
	if h, ok := s.Hooks(answers{}).(answers); !ok {
		t.Errorf("hooks are %T", h)
	}
	s.Follow(nil)()
	s.Close()
}

// TestExport sends a span to a collector by OpenTelemetry's protocol, with the
// headers and the name that the environment gives.
func TestExport(t *testing.T) {
	got := make(chan *collector.ExportTraceServiceRequest, 1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			body, _ = gzip.NewReader(r.Body)
		}
		doc, err := io.ReadAll(body)
		req := &collector.ExportTraceServiceRequest{}
		if err != nil || proto.Unmarshal(doc, req) != nil || r.URL.Path != "/v1/traces" || r.Header.Get("X-Key") != "secret" || r.Header.Get("Content-Type") != "application/x-protobuf" {
			t.Errorf("%v %s %v", err, r.URL, r.Header)
		}
		got <- req
	}))
	defer web.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", web.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=secret")
	t.Setenv("OTEL_SERVICE_NAME", "my-grue")
	s := Start(t.Context(), "server", "1.2", slog.New(slog.DiscardHandler))
	if s == nil {
		t.Fatal("nothing began")
	}
	s.Request(httptest.NewRequest("GET", "/", nil), wire.Observation{Service: "ecs", Operation: "ListClusters", Began: time.Now()})
	s.Close()
	select {
	case req := <-got:
		r := req.ResourceSpans[0]
		text := r.Resource.String()
		if r.ScopeSpans[0].Spans[0].Name != "ecs.ListClusters" || !strings.Contains(text, "my-grue") || !strings.Contains(text, "1.2") {
			t.Errorf("%v", req)
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing arrived")
	}
}
