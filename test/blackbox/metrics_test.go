package blackbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/grue-ecs/grue/test/harness"
)

// spans is a collector of OpenTelemetry traces.
type spans struct {
	mu  sync.Mutex
	all []*trace.Span
}

func (s *spans) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	req := &collector.ExportTraceServiceRequest{}
	if doc, err := io.ReadAll(r.Body); err != nil || proto.Unmarshal(doc, req) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range req.ResourceSpans {
		for _, y := range x.ScopeSpans {
			s.all = append(s.all, y.Spans...)
		}
	}
}

// named are the spans whose names begin with a text.
func (s *spans) named(prefix string) (out []*trace.Span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.all {
		if strings.HasPrefix(x.Name, prefix) {
			out = append(out, x)
		}
	}
	return out
}

// scrape reads GET /metrics.
func scrape(t *testing.T, g *harness.Grue) string {
	t.Helper()
	resp, err := http.Get(g.URL() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	doc, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %v", resp.StatusCode, err)
	}
	return string(doc)
}

// awaitMetric waits until a line of the metrics matches.
func awaitMetric(t *testing.T, g *harness.Grue, line string) {
	t.Helper()
	form := regexp.MustCompile(`(?m)^` + line + `$`)
	harness.Await(t, "metric "+line, func() bool { return form.MatchString(scrape(t, g)) })
}

// TestMetricsAndTraces takes a canary with a hook and an approval through a restart
// of the server, and looks at what Prometheus and a collector of traces see of it,
// and at whether the dashboard asks for what there is.
func TestMetricsAndTraces(t *testing.T) {
	t.Parallel()
	got := &spans{}
	web := httptest.NewServer(got)
	defer web.Close()
	g := harness.StartIn(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + web.URL, "OTEL_EXPORTER_OTLP_COMPRESSION=none"}, "--minute", "1s")
	svc := g.NewShift(t, harness.ShiftSpec{Name: "measured", Image: g.Guest(t, "v1", ""), Count: 1})
	load := harness.StartTraffic(t, harness.Lane{Kind: "prod", URL: svc.Fronts[0].URL})
	hook := g.NewHook(t, "measured", func(harness.HookCall) any { return harness.Say("SUCCEEDED") })
	svc.Configure(t, harness.Canary(20, 1, hook.On(upScaled), harness.PauseAt(upScaled)))
	svc.Update(t, g.Guest(t, "v2", ""))
	d := svc.Paused(t, upScaled)
	const in = `account="000000000000",cluster="default",`
	const of = in + `region="us-east-1",`
	awaitMetric(t, g, `grue_approvals_pending\{`+of+`service="measured"\} 1`)
	awaitMetric(t, g, `grue_deployments_in_stage\{stage="POST_SCALE_UP",strategy="CANARY"\} 1`)
	awaitMetric(t, g, `grue_hook_calls_total\{kind="lambda",outcome="SUCCEEDED"\} [1-9].*`)
	harness.Await(t, "spans of the first stages have arrived", func() bool { return len(got.named("SCALE_UP")) > 1 && len(got.named("hook ")) > 0 })

	g.Kill("server")
	g.Healthy()
	svc.Answer(t, d, goOn)
	if d := svc.Ended(t); d.Status != successful {
		t.Fatalf("%s %s", d.Status, value(d.StatusReason))
	}
	awaitMetric(t, g, `grue_deployments_total\{cause="none",outcome="SUCCESSFUL",strategy="CANARY"\} 1`)
	awaitMetric(t, g, `grue_service_requests_total\{account="000000000000",cluster="default",code_class="2xx",region="us-east-1",revision="[0-9]+",service="measured"\} [1-9].*`)
	awaitMetric(t, g, `grue_service_traffic_weight_ratio\{`+of+`revision="[0-9]+",route="production",service="measured"\} 1`)
	awaitMetric(t, g, `grue_proxy_requests_total\{answered_by="target",code_class="2xx",load_balancer="app/measured/[0-9a-f]+",target_group="targetgroup/.*"\} [1-9].*`)
	awaitMetric(t, g, `grue_proxy_process_resident_memory_bytes [1-9].*`)
	awaitMetric(t, g, `grue_tasks\{`+in+`phase="RUNNING",region="us-east-1",service="measured"\} 1`)
	load.Stop()

	text := scrape(t, g)
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	dashboardAsks(t, g)
	oneTrace(t, got)
	harness.Await(t, "spans of requests and calls have arrived", func() bool {
		return len(got.named("GET app/measured/")) > 0 && len(got.named("ecs.UpdateService")) > 0
	})
	if _, err := g.ECS().DeleteService(t.Context(), &ecs.DeleteServiceInput{Service: &svc.Name, Force: aws.Bool(true)}); err != nil {
		t.Fatal(err)
	}
	if _, err := g.ELB().DeleteLoadBalancer(t.Context(), &elb.DeleteLoadBalancerInput{LoadBalancerArn: &svc.Balancer}); err != nil {
		t.Fatal(err)
	}
	harness.Await(t, "what is gone is not told any more", func() bool {
		text := scrape(t, g)
		return !strings.Contains(text, `service="measured"`) && !strings.Contains(text, "app/measured/") && !strings.Contains(text, "targetgroup/measured")
	})
}

// oneTrace checks that the deployment's spans, made by two servers, are one trace
// under one root.
func oneTrace(t *testing.T, got *spans) {
	t.Helper()
	var root *trace.Span
	harness.Await(t, "the deployment's root span has arrived", func() bool {
		for _, s := range got.named("deployment measured") {
			for _, shift := range got.named("approval ") {
				if string(shift.TraceId) == string(s.TraceId) {
					root = s
				}
			}
		}
		return root != nil
	})
	missing := ""
	if harness.Eventually(func() bool { missing = lacks(t, got, root); return missing == "" }) != nil {
		t.Error(missing)
	}
}

// lacks tells which spans of the deployment have not arrived; "" = all have. Those
// that have must be where they belong.
func lacks(t *testing.T, got *spans, root *trace.Span) string {
	t.Helper()
	stages := map[string]bool{}
	for _, s := range slices.Concat(got.named("SCALE_UP"), got.named("POST_"), got.named("PRODUCTION_"), got.named("BAKE_"), got.named("CLEAN_UP")) {
		if string(s.TraceId) == string(root.TraceId) {
			stages[s.Name] = true
			if string(s.ParentSpanId) != string(root.SpanId) {
				t.Fatalf("%s is not a child of the root", s.Name)
			}
		}
	}
	for _, name := range []string{"SCALE_UP", "POST_SCALE_UP", "PRODUCTION_TRAFFIC_SHIFT"} {
		if !stages[name] {
			return fmt.Sprintf("the trace has no %s, only %v", name, stages)
		}
	}
	for _, name := range []string{"hook POST_SCALE_UP", "approval POST_SCALE_UP"} {
		s := got.named(name)
		if len(s) == 0 {
			return "there is no span " + name
		}
		if string(s[0].TraceId) != string(root.TraceId) || string(s[0].ParentSpanId) == string(root.SpanId) {
			t.Fatalf("%s is of another trace or parent", name)
		}
	}
	return ""
}

// metricName finds the metrics that an expression of PromQL names.
var metricName = regexp.MustCompile(`\b(?:grue|process|go)_[a-z0-9_]+`)

// dashboardAsks checks that there is every metric that docs/grafana/grue.json
// names.
func dashboardAsks(t *testing.T, g *harness.Grue) {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "grafana", "grue.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
		Templating struct{ List []struct{ Definition string } }
	}
	if err := json.Unmarshal(doc, &dashboard); err != nil {
		t.Fatal(err)
	}
	asked, text := map[string]string{}, ""
	for _, p := range dashboard.Panels {
		for _, q := range p.Targets {
			for _, name := range metricName.FindAllString(q.Expr, -1) {
				asked[name] = p.Title
			}
		}
	}
	for _, v := range dashboard.Templating.List {
		for _, name := range metricName.FindAllString(v.Definition, -1) {
			asked[name] = "variables"
		}
	}
	if len(asked) < 30 {
		t.Errorf("the dashboard names %d metrics only", len(asked))
	}
	for name, panel := range asked {
		if !rare[name] {
			harness.Await(t, name+", which panel "+panel+" asks for", func() bool {
				if regexp.MustCompile(`(?m)^` + name + `[ {]`).MatchString(text) {
					return true
				}
				text = scrape(t, g)
				return false
			})
		}
	}
}

// rare are metrics that there are only while something happens, or with a kind of
// resource that this test does not make.
var rare = map[string]bool{
	"grue_approvals_pending": true, "grue_deployments_in_stage": true, "grue_deployment_stage_age_seconds": true, // a deployment in progress: seen above
	"grue_sqs_messages": true, // a queue
}
