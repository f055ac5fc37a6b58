package elb

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

var update = flag.Bool("update", false, "write testdata anew")

// The table of a usual set-up: HTTP that redirects to HTTPS, a production rule
// with weights, a test rule by header, a rewrite, and a target that drains.
func TestGoldenTable(t *testing.T) {
	w := newWorld(t)
	registered := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	w.update(func(tx *store.Tx) error {
		usualListeners(tx)
		usualGroups(tx)
		for _, r := range []Registration{
			{Target: Target{Group: blue, ID: "10.0.0.7", Port: 8080, Address: "10.0.0.7:8080"}, Registered: registered},
			{
				Target: Target{Group: blue, ID: "10.0.0.8", Port: 8080, Address: "10.0.0.8:8080"}, Registered: registered,
				Draining: true, DrainUntil: registered.Add(100 * 365 * 24 * time.Hour),
			},
			{Target: Target{Group: green, ID: "i-0123456789abcdef0", Port: 32768, Address: "127.0.0.1:32768"}, Registered: registered},
		} {
			registrations.Put(tx, r.key(), &r)
		}
		touch(tx)
		return nil
	})
	table := w.applied()
	if _, err := route.Compile(table); err != nil {
		t.Error(err)
	}
	golden := *table // the plane still reads the published one
	golden.Epoch, golden.Version = 0, 0
	got, err := json.MarshalIndent(&golden, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "table.json")
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("-want +got, or run with -update:\n%s", diff)
	}
}

func usualListeners(tx *store.Tx) {
	lb, _ := GetLoadBalancer(tx, lbARN)
	next := *lb
	next.Attributes = map[string]string{
		"idle_timeout.timeout_seconds": "120", "routing.http.xff_client_port.enabled": "true",
		"access_logs.s3.enabled": "true", "access_logs.s3.bucket": "logs", "access_logs.s3.prefix": "web",
	}
	PutLoadBalancer(tx, &next)
	redirect := &Rule{ARN: defaultARN, Default: true}
	redirect.Actions.V = []elbv2.Action{{Type: elbv2.ActionTypeEnumRedirect, RedirectConfig: &elbv2.RedirectActionConfig{
		Protocol: aws.String("HTTPS"), Host: aws.String("#{host}"), Port: aws.String("443"), Path: aws.String("/#{path}"),
		Query: aws.String("#{query}"), StatusCode: elbv2.RedirectActionStatusCodeEnumHttp301,
	}}}
	PutRule(tx, redirect)

	https := ListenerARN(lbARN, "1111111111111111")
	PutCertificate(tx, &Certificate{ARN: "arn:aws:acm:us-east-1:000000000000:certificate/1", Chain: []byte("chain"), Key: []byte("key")})
	PutListener(tx, &Listener{
		ARN: https, LoadBalancer: lbARN, Port: 443, Protocol: "HTTPS", DefaultRule: RuleARN(https, "0"),
		Certificate: "arn:aws:acm:us-east-1:000000000000:certificate/1", SSLPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
		Attributes: map[string]string{
			"routing.http.response.x_frame_options.header_value":  "DENY",
			"routing.http.request.x_amzn_tls_version.header_name": "X-Tls-Version",
		},
	})
	fixed := &Rule{ARN: RuleARN(https, "0"), Default: true}
	fixed.Actions.V = []elbv2.Action{{Type: elbv2.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbv2.FixedResponseActionConfig{
		StatusCode: aws.String("404"), ContentType: aws.String("text/plain"), MessageBody: aws.String("nothing here"),
	}}}
	PutRule(tx, fixed)

	test := &Rule{ARN: RuleARN(https, "1"), Priority: 10}
	test.Conditions.V = []elbv2.RuleCondition{{Field: aws.String("http-header"), HttpHeaderConfig: &elbv2.HttpHeaderConditionConfig{
		HttpHeaderName: aws.String("x-amazon-ecs-blue-green-test"), Values: []string{"test"},
	}}}
	test.Actions.V = []elbv2.Action{{Type: elbv2.ActionTypeEnumForward, TargetGroupArn: aws.String(green)}}
	PutRule(tx, test)

	production := &Rule{ARN: RuleARN(https, "2"), Priority: 100}
	production.Conditions.V = []elbv2.RuleCondition{
		{Field: aws.String("path-pattern"), Values: []string{"/*"}, PathPatternConfig: &elbv2.PathPatternConditionConfig{Values: []string{"/*"}}},
		{Field: aws.String("query-string"), QueryStringConfig: &elbv2.QueryStringConditionConfig{Values: []elbv2.QueryStringKeyValuePair{{Key: aws.String("v"), Value: aws.String("1")}}}},
		{Field: aws.String("source-ip"), SourceIpConfig: &elbv2.SourceIpConditionConfig{Values: []string{"10.0.0.0/8"}}},
	}
	production.Actions.V = []elbv2.Action{{Type: elbv2.ActionTypeEnumForward, ForwardConfig: &elbv2.ForwardActionConfig{
		TargetGroups:                []elbv2.TargetGroupTuple{{TargetGroupArn: aws.String(blue), Weight: aws.Int32(90)}, {TargetGroupArn: aws.String(green), Weight: aws.Int32(10)}},
		TargetGroupStickinessConfig: &elbv2.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(60)},
	}}}
	production.Transforms.V = []elbv2.RuleTransform{{Type: elbv2.TransformTypeEnumUrlRewrite, UrlRewriteConfig: &elbv2.UrlRewriteConfig{
		Rewrites: []elbv2.RewriteConfig{{Regex: aws.String("^/api/(.*)"), Replace: aws.String("/$1")}},
	}}}
	PutRule(tx, production)
}

func usualGroups(tx *store.Tx) {
	b, _ := Group(tx, blue)
	sticky := *b
	sticky.Attributes = map[string]string{
		"stickiness.enabled": "true", "stickiness.lb_cookie.duration_seconds": "600",
		"deregistration_delay.timeout_seconds": "15", "slow_start.duration_seconds": "30",
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "50",
	}
	PutGroup(tx, &sticky)
	g, _ := Group(tx, green)
	grpc := *g
	grpc.ProtocolVersion, grpc.Check.GRPCCode, grpc.Check.Path, grpc.TargetType = "GRPC", "0-5", "/AWS.ALB/healthcheck", "instance"
	grpc.Attributes = map[string]string{"stickiness.enabled": "true", "stickiness.type": "app_cookie", "stickiness.app_cookie.cookie_name": "SESSION"}
	PutGroup(tx, &grpc)
}
