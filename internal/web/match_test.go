package web

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// front is a load balancer "shop" with a listener on port 80 and the rules given.
func front(d *desk, rules ...*elb.Rule) (lb, listener string) {
	lb = arn.Make(elb.Service, d.scope.Region, d.scope.Account, "loadbalancer/app/shop/01")
	listener = elb.ListenerARN(lb, "02")
	blue := arn.Make(elb.Service, d.scope.Region, d.scope.Account, "targetgroup/blue/03")
	green := arn.Make(elb.Service, d.scope.Region, d.scope.Account, "targetgroup/green/04")
	d.update(func(tx *store.Tx) {
		elb.PutLoadBalancer(tx, &elb.LoadBalancer{ARN: lb, Name: "shop", Address: "10.0.0.9", PublicName: "shop.example"})
		for name, g := range map[string]string{"blue": blue, "green": green} {
			elb.PutGroup(tx, &elb.TargetGroup{ARN: g, Name: name, Protocol: "HTTP", Port: 80, TargetType: "ip"})
		}
		elb.PutListener(tx, &elb.Listener{ARN: listener, LoadBalancer: lb, Port: 80, Protocol: "HTTP", DefaultRule: elb.RuleARN(listener, "99")})
		for i, r := range rules {
			r.ARN = elb.RuleARN(listener, fmt.Sprintf("%02d", i+10))
			elb.PutRule(tx, r)
		}
		elb.PutRule(tx, &elb.Rule{ARN: elb.RuleARN(listener, "99"), Default: true, Actions: forward(blue, 90, green, 10)})
	})
	return lb, listener
}

func forward(pairs ...any) wire.Stored[[]elbv2.Action] {
	c := &elbv2.ForwardActionConfig{}
	for i := 0; i < len(pairs); i += 2 {
		c.TargetGroups = append(c.TargetGroups, elbv2.TargetGroupTuple{TargetGroupArn: aws.String(pairs[i].(string)), Weight: aws.Int32(int32(pairs[i+1].(int)))})
	}
	return wire.Stored[[]elbv2.Action]{V: []elbv2.Action{{Type: elbv2.ActionTypeEnumForward, ForwardConfig: c}}}
}

// when makes a rule that answers 200 if its conditions hold.
func when(priority int, conditions ...elbv2.RuleCondition) *elb.Rule {
	r := &elb.Rule{Priority: priority}
	r.Conditions.V = conditions
	r.Actions.V = []elbv2.Action{{Type: elbv2.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbv2.FixedResponseActionConfig{StatusCode: aws.String("200")}}}
	return r
}

func onPath(values ...string) elbv2.RuleCondition {
	return elbv2.RuleCondition{Field: aws.String("path-pattern"), PathPatternConfig: &elbv2.PathPatternConditionConfig{Values: values}}
}

func host(values ...string) elbv2.RuleCondition {
	return elbv2.RuleCondition{Field: aws.String("host-header"), Values: values}
}

func method(values ...string) elbv2.RuleCondition {
	return elbv2.RuleCondition{Field: aws.String("http-request-method"), HttpRequestMethodConfig: &elbv2.HttpRequestMethodConditionConfig{Values: values}}
}

func header(name string, values ...string) elbv2.RuleCondition {
	return elbv2.RuleCondition{Field: aws.String("http-header"), HttpHeaderConfig: &elbv2.HttpHeaderConditionConfig{HttpHeaderName: &name, Values: values}}
}

func query(key, value string) elbv2.RuleCondition {
	return elbv2.RuleCondition{Field: aws.String("query-string"), QueryStringConfig: &elbv2.QueryStringConditionConfig{Values: []elbv2.QueryStringKeyValuePair{{Key: &key, Value: &value}}}}
}

func source(cidrs ...string) elbv2.RuleCondition {
	return elbv2.RuleCondition{Field: aws.String("source-ip"), SourceIpConfig: &elbv2.SourceIpConditionConfig{Values: cidrs}}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	moved := &elb.Rule{Priority: 50}
	moved.Conditions.V = []elbv2.RuleCondition{onPath("/old/*")}
	moved.Actions.V = []elbv2.Action{{Type: elbv2.ActionTypeEnumRedirect, RedirectConfig: &elbv2.RedirectActionConfig{Host: aws.String("new.example"), StatusCode: elbv2.RedirectActionStatusCodeEnumHttp301}}}
	front(d,
		when(10, onPath("/api/*", "/v1/*"), method("POST")),
		when(20, header("X-Canary", "always", "yes")),
		when(30, host("*.admin.example"), source("10.0.0.0/8")),
		when(40, query("version", "2?")),
		moved,
	)
	for _, c := range []struct {
		name  string
		q     MatchRequest
		rule  string
		words string
		why   []string
	}{
		{
			"all conditions of the first",
			MatchRequest{Method: "POST", Path: "/api/x"},
			"10", "answers 200",
			[]string{"10 matches path is /api/* or /v1/* and method is POST"},
		},
		{
			"the second condition does not hold",
			MatchRequest{Path: "/v1/x"},
			"default", "forwards 90 % to blue, 10 % to green",
			[]string{
				"10 wants method is POST, got method is GET",
				"20 wants header X-Canary is always or yes, got there is no header X-Canary",
				"30 wants host is *.admin.example, got host is 10.0.0.9",
				"40 wants query has version=2?, got there is no query",
				"50 wants path is /old/*, got path is /v1/x",
				"default matches anything",
			},
		},
		{
			"a header, whatever its case",
			MatchRequest{Path: "/", Headers: []MatchHeader{{"x-canary", "YES"}}},
			"20", "answers 200",
			[]string{"10 wants path is /api/* or /v1/*, got path is /", "20 matches header X-Canary is always or yes"},
		},
		{
			"the right host from the wrong address",
			MatchRequest{Path: "/", Host: "a.admin.example:8080", SourceIP: "192.168.0.1"},
			"default", "forwards 90 % to blue, 10 % to green",
			[]string{
				"10 wants path is /api/* or /v1/*, got path is /",
				"20 wants header X-Canary is always or yes, got there is no header X-Canary",
				"30 wants source address is in 10.0.0.0/8, got source address is 192.168.0.1",
				"40 wants query has version=2?, got there is no query",
				"50 wants path is /old/*, got path is /",
				"default matches anything",
			},
		},
		{"host from a header, address given", MatchRequest{Path: "/", SourceIP: "10.1.2.3", Headers: []MatchHeader{{"Host", "b.admin.example"}}}, "30", "answers 200", nil},
		{"a query in the path", MatchRequest{Path: "/x?version=21#part"}, "40", "answers 200", nil},
		{"a query of its own", MatchRequest{Path: "/x", Query: "?version=3"}, "default", "forwards 90 % to blue, 10 % to green", nil},
		{"a redirect", MatchRequest{Path: "/old/x?a=b", Host: "shop.example"}, "50", "redirects to host new.example (301)", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.q.LB, c.q.Port = "shop", 80
			var a MatchAnswer
			if status := d.post("/ui/api/match", &c.q, &a); status != 200 {
				t.Fatal(status)
			}
			var why []string
			for _, w := range a.Why {
				if w.Matched {
					why = append(why, w.Priority+" matches "+w.Wanted)
				} else {
					why = append(why, w.Priority+" wants "+w.Wanted+", got "+w.Got)
				}
			}
			if a.Priority != c.rule || a.Action.Words != c.words || c.why != nil && !slices.Equal(why, c.why) {
				t.Errorf("%s: %s\n%s", a.Priority, a.Action.Words, strings.Join(why, "\n"))
			}
			if a.Priority == "50" && a.Location != "http://new.example:80/old/x?a=b" {
				t.Error(a.Location)
			}
		})
	}
}

func TestMatchRefuses(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	front(d)
	for _, c := range []struct {
		name    string
		q       any
		status  int
		code    string
		message string
	}{
		{"unknown load balancer", MatchRequest{LB: "x", Port: 80, Path: "/"}, 404, "LoadBalancerNotFound", "no load balancer x"},
		{"load balancer of another account", MatchRequest{LB: arn.Make(elb.Service, "us-east-1", "999999999999", "loadbalancer/app/shop/01"), Port: 80, Path: "/"}, 404, "LoadBalancerNotFound", "no load balancer"},
		{"port without a listener", MatchRequest{LB: "shop", Port: 81, Path: "/"}, 404, "ListenerNotFound", "listeners are on 80"},
		{"no path", MatchRequest{LB: "shop", Port: 80, Path: "api"}, 400, "InvalidRequest", "slash"},
		{"no header", MatchRequest{LB: "shop", Port: 80, Path: "/", Headers: []MatchHeader{{"a b", ""}}}, 400, "InvalidRequest", "not the name of a header"},
		{"no address", MatchRequest{LB: "shop", Port: 80, Path: "/", SourceIP: "me"}, 400, "InvalidRequest", "not an IP address"},
		{"unknown member", map[string]any{"balancer": "shop"}, 400, "InvalidRequest", "balancer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var p Problem
			if status := d.post("/ui/api/match", c.q, &p); status != c.status || p.Code != c.code || !strings.Contains(p.Message, c.message) {
				t.Errorf("%d %+v", status, p)
			}
		})
	}
}

// The answer is that of the matcher which proxies run, for any rules and requests.
func TestMatchAgreesWithProxies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	paths, hosts, methods := []string{"/", "/api/x", "/api/y", "/v1", "/img/a.png"}, []string{"a.example", "b.example", "x.a.example"}, []string{"GET", "POST"}
	patterns := []string{"/", "/api/*", "/???/x", "*.png", "*"}
	var rules []*elb.Rule
	for i := range 40 {
		var conditions []elbv2.RuleCondition
		for _, c := range []elbv2.RuleCondition{
			onPath(patterns[rnd.IntN(len(patterns))]), host(hosts[rnd.IntN(len(hosts))], "*.a.example"), method(methods[rnd.IntN(2)]),
			header("X-A", "1?"), query("", "z"), source("10.0.0.0/9"),
		} {
			if rnd.IntN(3) == 0 {
				conditions = append(conditions, c)
			}
		}
		if len(conditions) > 0 {
			rules = append(rules, when(i+1, conditions...))
		}
	}
	lb, listener := front(d, rules...)
	var router *route.Router
	d.store.View(func(tx *store.Tx) {
		var err error
		if router, err = elb.Matcher(tx, lb); err != nil {
			t.Fatal(err)
		}
	})
	for range 200 {
		q := MatchRequest{
			LB: lb, Port: 80, Method: methods[rnd.IntN(2)], Host: hosts[rnd.IntN(3)], Path: paths[rnd.IntN(len(paths))],
			Query: []string{"", "k=z", "z"}[rnd.IntN(3)], SourceIP: []string{"10.0.0.1", "10.200.0.1"}[rnd.IntN(2)],
			Headers: [][]MatchHeader{nil, {{"X-A", "12"}}, {{"x-a", "2"}, {"x-a", "15"}}}[rnd.IntN(3)],
		}
		var a MatchAnswer
		if status := d.post("/ui/api/match", &q, &a); status != 200 {
			t.Fatal(status)
		}
		headers := route.HeaderMap{}
		for _, x := range q.Headers {
			headers[strings.ToLower(x.Name)] = append(headers[strings.ToLower(x.Name)], x.Value)
		}
		want := router.Listener(listener).Match(&route.Request{
			Method: q.Method, Host: q.Host, Path: q.Path, Query: q.Query, Source: netip.MustParseAddr(q.SourceIP), Headers: headers,
		})
		if a.Rule != want.ARN || len(a.Why) != slices.IndexFunc(router.Listener(listener).Listener.Rules, func(r route.Rule) bool { return r.ARN == want.ARN })+1 {
			t.Fatalf("%+v: %s after %d rules, not %s", q, a.Rule, len(a.Why), want.ARN)
		}
	}
}
