package engine_test

import (
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// proxy is the other end of the link: it serves nothing, acknowledges every table
// and finds every target healthy as soon as a table names it.
type proxy struct {
	endpoint *link.Endpoint

	mu    sync.Mutex
	known map[string]bool // registrations that were reported
	count int             // tables
}

func (p *proxy) Apply(t *route.Table) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	var fresh []route.Health
	now := map[string]bool{}
	for _, g := range t.Groups {
		for _, x := range g.Targets {
			key := fmt.Sprint(g.ARN, x.ID, x.Port, x.Registered.UnixNano())
			now[key] = true
			if !p.known[key] {
				fresh = append(fresh, route.Health{Group: g.ARN, ID: x.ID, Port: x.Port, State: "healthy", Registered: x.Registered, At: time.Now()})
			}
		}
	}
	p.known = now
	p.endpoint.HealthChanged(fresh)
	p.endpoint.Ack(t.Epoch, t.Version, nil)
}

func (p *proxy) tables() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

func (p *proxy) Identity() link.Identity  { return link.Identity{} }
func (p *proxy) Health() []route.Health   { return nil }
func (p *proxy) Traffic() []route.Traffic { return nil }
func (p *proxy) Shutdown()                {}

// front is the load balancer of a service: the default rule of a listener, which
// leads to the first of two target groups.
type front struct {
	rule   string
	groups [2]string
}

func frontOf(i int) front {
	lb := fmt.Sprintf("arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/s%04d/%016x", i, i)
	group := func(kind string) string {
		return fmt.Sprintf("arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/s%04d-%s/%016x", i, kind, i)
	}
	return front{elb.RuleARN(elb.ListenerARN(lb, "00000000000000aa"), "00000000000000bb"), [2]string{group("a"), group("b")}}
}

// put writes what the user of Elastic Load Balancing's API made.
func (f front) put(tx *store.Tx, i int) {
	listener := elb.ListenerOf(f.rule)
	lb := fmt.Sprintf("arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/s%04d/%016x", i, i)
	name := fmt.Sprintf("s%04d", i)
	elb.PutLoadBalancer(tx, &elb.LoadBalancer{ARN: lb, Name: name, Address: fmt.Sprintf("10.9.%d.%d", i/250, i%250+1), PublicName: name + ".elb.amazonaws.com"})
	elb.PutListener(tx, &elb.Listener{ARN: listener, LoadBalancer: lb, Port: 80, Protocol: "HTTP", DefaultRule: f.rule})
	forward := &elbv2.ForwardActionConfig{}
	for n, group := range f.groups {
		elb.PutGroup(tx, &elb.TargetGroup{
			ARN: group, Name: fmt.Sprint(name, "-", n), Protocol: "HTTP", ProtocolVersion: "HTTP1", Port: 80, TargetType: "ip",
			Check:      elb.Check{Enabled: true, Protocol: "HTTP", Port: elb.TrafficPort, Path: "/", Interval: 30, Timeout: 5, Healthy: 5, Unhealthy: 2, HTTPCode: "200"},
			Attributes: map[string]string{"deregistration_delay.timeout_seconds": "1"},
		})
		forward.TargetGroups = append(forward.TargetGroups, elbv2.TargetGroupTuple{TargetGroupArn: aws.String(group), Weight: aws.Int32(int32(100 - 100*n))})
	}
	r := &elb.Rule{ARN: f.rule, Default: true}
	r.Actions.V = []elbv2.Action{{Type: elbv2.ActionTypeEnumForward, ForwardConfig: forward}}
	elb.PutRule(tx, r)
}

// beginShift writes what CreateService or UpdateService write, for the i-th
// service; with CANARY 10 % go first, and both bakes take a minute.
func beginShift(tx *store.Tx, i int, td string, strategy deploy.Strategy, tasks int) {
	n, id, now, f := arn.NewRevision(), arn.NewDeploymentID(), time.Now(), frontOf(i)
	s := &state.Service{Scope: scope, Cluster: "c", Name: fmt.Sprintf("s%04d", i), Created: now, Status: "ACTIVE"}
	r := deploy.Request{ID: id, Service: s.Name, Strategy: strategy, Target: deploy.Rev(n), Desired: tasks}
	if old, ok := state.Services.Get(tx, s.Key()); ok {
		next := *old
		s = &next
		r.RollbackTo = deploy.Rev(s.Live)
	} else {
		f.put(tx, i)
	}
	for _, rev := range s.Listed {
		r.Sources = append(r.Sources, deploy.Rev(rev))
	}
	if strategy == deploy.Canary {
		r.Config = deploy.Config{CanaryTenths: 100, CanaryBakeMinutes: 1, BakeMinutes: 1}
		r.Production = []deploy.Share{{Rev: r.RollbackTo, Tenths: 1000}}
	}
	rev := &state.Revision{Scope: scope, Cluster: "c", Service: s.Name, N: n, Created: now}
	rev.Body.V.TaskDefinition = aws.String(td)
	rev.Body.V.LoadBalancers = []ecs.LoadBalancer{{
		TargetGroupArn: aws.String(f.groups[0]), ContainerName: aws.String("app"), ContainerPort: aws.Int32(80),
		AdvancedConfiguration: &ecs.AdvancedConfiguration{AlternateTargetGroupArn: aws.String(f.groups[1]), ProductionListenerRule: aws.String(f.rule)},
	}}
	d := &state.Deployment{Scope: scope, Cluster: "c", Service: s.Name, ID: id, Created: now}
	d.Machine = *deploy.New(r, now)
	s.Desired, s.Primary, s.Deployment = tasks, n, id
	s.Listed = append([]string{n}, s.Listed...)
	state.Services.Put(tx, s.Key(), s)
	state.Revisions.Put(tx, rev.Key(), rev)
	state.Deployments.Put(tx, d.Key(), d)
}
