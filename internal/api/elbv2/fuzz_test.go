package elbv2

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/elb"
)

// What is accepted as a rule, a proxy can compile.
func FuzzRule(f *testing.F) {
	f.Add("/a/*", "*.example.com", "x-test", "^/v[0-9]+", "10.0.0.0/8", "^/(.*)", "/$1")
	f.Add("/", "a.b", "a", "(", "::/0", "[", "$9")
	f.Fuzz(func(t *testing.T, path, host, header, regex, cidr, rewrite, replace string) {
		for _, c := range []types.RuleCondition{
			{Field: aws.String("path-pattern"), Values: []string{path}},
			{Field: aws.String("host-header"), Values: []string{host}},
			{Field: aws.String("path-pattern"), RegexValues: []string{regex}},
			{Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: &header, RegexValues: []string{regex}}},
			{Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: &header, Values: []string{path}}},
			{Field: aws.String("query-string"), QueryStringConfig: &types.QueryStringConditionConfig{Values: []types.QueryStringKeyValuePair{{Key: &header, Value: &path}}}},
			{Field: aws.String("source-ip"), SourceIpConfig: &types.SourceIpConditionConfig{Values: []string{cidr}}},
			{Field: &path, Values: []string{host}},
		} {
			accepted, err := conditions([]types.RuleCondition{c})
			if err != nil {
				continue
			}
			again, err := conditions(accepted)
			if err != nil || len(again) != 1 {
				t.Fatalf("what was echoed for %+v is refused: %v", c, err)
			}
			compile(t, &elb.Rule{Priority: 1}, accepted, nil)
		}
		given := []types.RuleTransform{{Type: types.TransformTypeEnumUrlRewrite, UrlRewriteConfig: &types.UrlRewriteConfig{Rewrites: []types.RewriteConfig{{Regex: &rewrite, Replace: &replace}}}}}
		if transforms(given) == nil {
			compile(t, &elb.Rule{Priority: 1}, []types.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/"}}}, given)
		}
	})
}

func compile(t *testing.T, r *elb.Rule, c []types.RuleCondition, tr []types.RuleTransform) {
	t.Helper()
	r.ARN = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/app/web/1/2/3"
	r.Conditions.V, r.Transforms.V = c, tr
	r.Actions.V = []types.Action{{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("200")}}}
	if err := elb.CheckRule(r, func(string) bool { return true }); err != nil {
		t.Fatalf("%+v was accepted: %v", c, err)
	}
}

func FuzzCodes(f *testing.F) {
	f.Add("200,202-299")
	f.Fuzz(func(t *testing.T, s string) {
		if checkCodes(s, 200, 499) == nil && s == "" {
			t.Error("no code was accepted")
		}
	})
}
