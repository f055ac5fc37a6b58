package ecs

import (
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// listener makes a listener with weighted groups, of a load balancer "app/name" or
// "net/name", and returns its ARN and that of its default rule.
func (w *world) listener(balancer, id string, groups ...string) (listenerARN, ruleARN string) {
	w.Helper()
	lb := arn.Make(elb.Service, home.Region, home.Account, "loadbalancer/"+balancer+"/0123456789abcdef")
	l := &elb.Listener{ARN: elb.ListenerARN(lb, id), LoadBalancer: lb, Port: 80, Protocol: "HTTP"}
	switch {
	case id == "d":
		l.Protocol = "UDP"
	case elb.Kind(lb) == elb.Network:
		l.Protocol = "TCP"
	}
	l.DefaultRule = elb.RuleARN(l.ARN, "1")
	r := &elb.Rule{ARN: l.DefaultRule, Default: true}
	config := &elbtypes.ForwardActionConfig{}
	for i, g := range groups {
		config.TargetGroups = append(config.TargetGroups, elbtypes.TargetGroupTuple{TargetGroupArn: ptr(groupARN(g)), Weight: ptr(int32(1 - min(i, 1)))})
	}
	r.Actions.V = []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, ForwardConfig: config}}
	if err := w.st.Update(func(tx *store.Tx) error {
		for _, g := range groups {
			elb.PutGroup(tx, &elb.TargetGroup{ARN: groupARN(g), Name: g, Protocol: l.Protocol, Port: 80, TargetType: "ip"})
		}
		elb.PutListener(tx, l)
		elb.PutRule(tx, r)
		return nil
	}); err != nil {
		w.Fatal(err)
	}
	return l.ARN, r.ARN
}

// shifting is a block with two groups and what leads to them.
func shifting(blue, green, production, test string) types.LoadBalancer {
	a := &types.AdvancedConfiguration{
		AlternateTargetGroupArn: ptr(groupARN(green)), ProductionListenerRule: &production, RoleArn: ptr("arn:aws:iam::000000000000:role/ecsInfrastructureRole"),
	}
	if test != "" {
		a.TestListenerRule = &test
	}
	return types.LoadBalancer{TargetGroupArn: ptr(groupARN(blue)), ContainerName: ptr("app"), ContainerPort: ptr[int32](80), AdvancedConfiguration: a}
}

// On a network load balancer listeners stand where rules do elsewhere.
func TestListenersOfNetworkLoadBalancers(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	definition := w.define("web")
	both, bothRule := w.listener("net/edge", "a", "n-blue", "n-green")
	test, _ := w.listener("net/edge", "b", "n-green")
	single, _ := w.listener("net/lone", "a", "l-blue")
	singleTest, _ := w.listener("net/lone", "b", "l-green")
	elsewhere, _ := w.listener("net/other", "a", "o-blue", "o-green")
	datagrams, _ := w.listener("net/edge", "d", "n-udp")
	appListener, app := w.listener("app/web", "a", "a-blue", "a-green")
	const form, none = "Must be RuleArn for ALB or ListenerArn for NLB. Got: ", ""
	for _, c := range []struct {
		name    string
		blocks  []types.LoadBalancer
		message string
	}{
		{"both groups on one listener", []types.LoadBalancer{shifting("n-blue", "n-green", both, "")}, none},
		{"with a test listener", []types.LoadBalancer{shifting("n-blue", "n-green", both, test)}, none},
		{"one group on each", []types.LoadBalancer{shifting("l-blue", "l-green", single, singleTest)}, none},
		{"beside an application load balancer", []types.LoadBalancer{shifting("n-blue", "n-green", both, test), shifting("a-blue", "a-green", app, "")}, none},
		{"a listener of an application load balancer", []types.LoadBalancer{shifting("a-blue", "a-green", appListener, "")}, form + appListener},
		{"a rule of a network load balancer", []types.LoadBalancer{shifting("n-blue", "n-green", bothRule, "")}, form + bothRule},
		{"a test rule of a network load balancer", []types.LoadBalancer{shifting("n-blue", "n-green", both, bothRule)}, "testListenerRule has an invalid ARN format. " + form + bothRule},
		{"unknown", []types.LoadBalancer{shifting("n-blue", "n-green", both+"x", "")}, "One or more listeners not found"},
		{"production and test", []types.LoadBalancer{shifting("n-blue", "n-green", both, both)}, "The following rules cannot be used as both production and test listener rules: " + both},
		{"green is nowhere", []types.LoadBalancer{shifting("l-blue", "l-green", single, "")}, "For Network LoadBalancer, testListenerRule is required when productionListenerRule is not associated with both targetGroup and alternateTargetGroup"},
		{"groups of two protocols", []types.LoadBalancer{shifting("n-blue", "n-udp", both, datagrams)}, "has the protocol UDP, which the listener " + both + " with the protocol TCP cannot forward to"},
		{"two load balancers", []types.LoadBalancer{shifting("n-blue", "n-green", both, elsewhere)}, "must belong to the same load balancer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{TB: t, st: w.st, s: w.s, ctx: w.ctx}
			in := web(definition, config(types.DeploymentConfiguration{Strategy: types.DeploymentStrategyCanary}))
			name := "s-" + strings.ReplaceAll(c.name, " ", "-")
			in.ServiceName, in.LoadBalancers = &name, c.blocks
			_, err := w.s.CreateService(w.ctx, in)
			if c.message != none {
				refused(t, err, "InvalidParameterException", c.message)
				return
			}
			must(w, 0, err)
			again := *in
			again.ServiceName = ptr("again")
			_, err = w.s.CreateService(w.ctx, &again)
			refused(t, err, "InvalidParameterException", "The listener "+*c.blocks[0].AdvancedConfiguration.ProductionListenerRule+" is used by the service")
			_, err = w.s.DeleteService(w.ctx, &sdk.DeleteServiceInput{Service: &name, Force: ptr(true)})
			must(w, 0, err)
		})
	}
}

// Deployments wait for network load balancers if they were told to, and for no others.
func TestNLBDelay(t *testing.T) {
	w := newWorld(t)
	w.s.o.NLBDelay = 10 * time.Minute
	w.cluster()
	definition := w.define("web")
	edge, _ := w.listener("net/edge", "a", "n-blue", "n-green")
	_, app := w.listener("app/web", "a", "a-blue", "a-green")
	for name, c := range map[string]struct {
		blocks []types.LoadBalancer
		want   time.Duration
	}{
		"edge":  {[]types.LoadBalancer{shifting("n-blue", "n-green", edge, "")}, 10 * time.Minute},
		"front": {[]types.LoadBalancer{shifting("a-blue", "a-green", app, "")}, 0},
		"plain": {lb("tg-ip"), 0},
	} {
		in := web(definition)
		in.ServiceName, in.LoadBalancers = &name, c.blocks
		w.create(in)
		seen := 0
		w.st.View(func(tx *store.Tx) {
			for _, d := range state.Deployments.Prefix(tx, home.Key("default", name)+"/") {
				seen++
				if d.Machine.Config.ShiftWait != c.want {
					t.Errorf("%s waits %v, want %v", name, d.Machine.Config.ShiftWait, c.want)
				}
			}
		})
		if seen != 1 {
			t.Errorf("%d deployments of %s", seen, name)
		}
	}
}
