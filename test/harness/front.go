package harness

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// FrontSpec is one load balancer block to make: two target groups, the rule
// that leads production traffic to them, and perhaps one for test traffic.
type FrontSpec struct {
	Port   int32                    // of its listener; 0 = 80 for the first front, 80 + n for the n-th after it
	Beside *Front                   // a rule of this front's listener; nil = the default rule of a listener of its own
	Match  []elbtypes.RuleCondition // of a rule beside; nil = path-pattern /<name>-<n>/*
	Cert   []byte                   // PEM; the listener speaks HTTPS
	Key    []byte
	Test   TestKind
	// Network makes a network load balancer with listeners of this protocol: the
	// fields above, but for Port and Test, do not apply.
	Network   elbtypes.ProtocolEnum
	Instances bool // with Network: targets are of type instance
}

// TestKind is how test traffic reaches green.
type TestKind int

// Test kinds.
const (
	NoTest       TestKind = iota
	TestListener          // the default rule of a listener on the port 1000 above
	TestHeader            // a rule before the production rule, for TestTraffic
)

// TestTraffic is the header that TestHeader matches.
var TestTraffic = http.Header{"X-Amzn-Ecs-Blue-Green-Test": {"yes"}}

// Front is one load balancer block of a service.
type Front struct {
	URL, TestURL     string
	TestHeader       http.Header // of test requests
	Groups           [2]string   // targetGroupArn and alternateTargetGroupArn
	Production, Test string      // ARNs of rules, or listeners of a network load balancer; Test is "" without test traffic
	Listener         string
	// Address and TestAddress are host:port of a network load balancer's listeners.
	Address, TestAddress string

	g        *Grue
	balancer string
	host     string
	port     int32
	path     string
	match    []elbtypes.RuleCondition
	// container is the port of the container; 0 = 8080.
	container int32
}

// front makes the n-th front of a service.
func (g *Grue) front(t testing.TB, name string, n int, spec FrontSpec, balancer, host string) *Front {
	t.Helper()
	if spec.Network != "" {
		return g.networkFront(t, fmt.Sprintf("%s-%d", name, n), spec)
	}
	f := &Front{g: g, balancer: balancer, host: host, port: spec.Port}
	if f.port == 0 {
		f.port = 80 + int32(n)
	}
	tag := fmt.Sprintf("%s-%d", name, n)
	f.Groups = [2]string{g.Group(t, tag+"a", nil), g.Group(t, tag+"b", nil)}
	if spec.Beside != nil {
		f.beside(t, tag, spec)
	} else {
		f.Listener = f.listen(t, f.port, spec, Forward(f.Groups, 1, 0))
		f.Production = g.DefaultRule(t, f.Listener)
		f.URL = f.url("http", f.port)
		if spec.Cert != nil {
			f.URL = f.url("https", f.port)
		}
	}
	switch spec.Test {
	case TestListener:
		port := f.port + 1000 + 100*int32(n)
		f.Test = g.DefaultRule(t, f.listen(t, port, FrontSpec{}, Forward(f.Groups, 1, 0)))
		f.TestURL = f.url("http", port) + f.path
	case TestHeader:
		f.Test = f.rule(t, append(f.match, elbtypes.RuleCondition{
			Field: aws.String("http-header"), HttpHeaderConfig: &elbtypes.HttpHeaderConditionConfig{HttpHeaderName: aws.String("x-amzn-ecs-blue-green-test"), Values: []string{"*"}},
		}), true)
		f.TestURL, f.TestHeader = f.URL, TestTraffic
	}
	return f
}

// beside makes the production rule on another front's listener.
func (f *Front) beside(t testing.TB, tag string, spec FrontSpec) {
	o := spec.Beside
	f.balancer, f.host, f.port, f.Listener, f.URL = o.balancer, o.host, o.port, o.Listener, o.URL
	f.match = spec.Match
	if f.match == nil {
		f.match = []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/" + tag + "/*"}}}
		f.path = tag + "/"
		f.URL += f.path
	}
	f.Production = f.rule(t, f.match, false)
}

// rule makes a rule on the front's listener that leads to the first group.
func (f *Front) rule(t testing.TB, match []elbtypes.RuleCondition, first bool) string {
	t.Helper()
	ctx := context.Background()
	used := map[string]bool{}
	for _, r := range must(f.g.ELB().DescribeRules(ctx, &elb.DescribeRulesInput{ListenerArn: &f.Listener}))(t).Rules {
		used[*r.Priority] = true
	}
	priority := int32(1000)
	if first {
		priority = 1
	}
	for used[fmt.Sprint(priority)] {
		priority++
	}
	out := must(f.g.ELB().CreateRule(ctx, &elb.CreateRuleInput{ListenerArn: &f.Listener, Priority: &priority, Conditions: match, Actions: Forward(f.Groups, 1, 0)}))(t)
	return *out.Rules[0].RuleArn
}

// listen makes a listener.
func (f *Front) listen(t testing.TB, port int32, spec FrontSpec, actions []elbtypes.Action) string {
	t.Helper()
	ctx := context.Background()
	in := &elb.CreateListenerInput{LoadBalancerArn: &f.balancer, Protocol: elbtypes.ProtocolEnumHttp, Port: &port, DefaultActions: actions}
	if spec.Cert != nil {
		c := must(acm.NewFromConfig(f.g.Config()).ImportCertificate(ctx, &acm.ImportCertificateInput{Certificate: spec.Cert, PrivateKey: spec.Key}))(t)
		in.Protocol, in.Certificates = elbtypes.ProtocolEnumHttps, []elbtypes.Certificate{{CertificateArn: c.CertificateArn}}
	}
	return *must(f.g.ELB().CreateListener(ctx, in))(t).Listeners[0].ListenerArn
}

func (f *Front) url(scheme string, port int32) string {
	return fmt.Sprintf("%s://%s:%d/", scheme, f.host, port)
}
