package harness

import (
	"cmp"
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// ShiftSpec is a service whose deployments move traffic between two target groups.
type ShiftSpec struct {
	Name, Image string
	Count       int32
	Fronts      []FrontSpec                    // nil = one: the default rule of a listener, and a test listener
	Config      *types.DeploymentConfiguration // nil = BLUE_GREEN
	Define      func(*ecs.RegisterTaskDefinitionInput)
	Create      func(*ecs.CreateServiceInput)
	NoWait      bool // do not wait until it is steady
}

// Shift is a service with one or more fronts.
type Shift struct {
	*Service
	Fronts []*Front
}

// NewShift makes load balancer, target groups, rules and service, and waits
// until the service is steady. It is deleted when the test ends.
func (g *Grue) NewShift(t testing.TB, spec ShiftSpec) *Shift {
	t.Helper()
	ctx := context.Background()
	x := g.PrepareShift(t, spec)
	must(g.ECS().CreateService(ctx, x.Input(t)))(t)
	if !spec.NoWait {
		x.Wait(t)
	}
	return x
}

// PrepareShift is NewShift without CreateService: Input is the request.
func (g *Grue) PrepareShift(t testing.TB, spec ShiftSpec) *Shift {
	t.Helper()
	ctx := context.Background()
	must(g.ECS().CreateCluster(ctx, &ecs.CreateClusterInput{}))(t)
	if spec.Fronts == nil {
		spec.Fronts = []FrontSpec{{Test: TestListener}}
	}
	if spec.Config == nil {
		spec.Config = BlueGreen(0)
	}
	x := &Shift{Service: &Service{Name: spec.Name, g: g, spec: ServiceSpec{Name: spec.Name, Image: spec.Image, Count: spec.Count, Define: spec.Define}}}
	t.Cleanup(func() { x.remove(t) })
	host := ""
	for i, f := range spec.Fronts {
		if f.Network != "" {
			x.spec.Define = flowPorts(f.Network, spec.Define)
		} else if f.Beside == nil && x.Balancer == "" {
			lb := must(g.ELB().CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: &x.Name, Subnets: g.Subnets(t)[:2]}))(t).LoadBalancers[0]
			x.Balancer, host = *lb.LoadBalancerArn, *lb.DNSName
		}
		x.Fronts = append(x.Fronts, g.front(t, x.Name, i, f, x.Balancer, host))
	}
	if len(x.Fronts) > 0 {
		x.URL = x.Fronts[0].URL
	}
	x.spec.Create = func(in *ecs.CreateServiceInput) {
		in.DeploymentConfiguration, in.LoadBalancers = spec.Config, x.Blocks()
		if spec.Create != nil {
			spec.Create(in)
		}
	}
	return x
}

// Blocks are the loadBalancers of the service.
func (x *Shift) Blocks() []types.LoadBalancer {
	var list []types.LoadBalancer
	for _, f := range x.Fronts {
		list = append(list, f.Block())
	}
	return list
}

// Block is the front as a member of loadBalancers.
func (f *Front) Block() types.LoadBalancer {
	a := &types.AdvancedConfiguration{
		AlternateTargetGroupArn: &f.Groups[1], ProductionListenerRule: &f.Production,
		RoleArn: aws.String("arn:aws:iam::000000000000:role/ecsInfrastructureRole"),
	}
	if f.Test != "" {
		a.TestListenerRule = &f.Test
	}
	return types.LoadBalancer{TargetGroupArn: &f.Groups[0], ContainerName: aws.String("app"), ContainerPort: aws.Int32(cmp.Or(f.container, 8080)), AdvancedConfiguration: a}
}

// BlueGreen is a configuration with a bake time, and lifecycle hooks.
func BlueGreen(bake int32, hooks ...types.DeploymentLifecycleHook) *types.DeploymentConfiguration {
	if hooks == nil {
		hooks = []types.DeploymentLifecycleHook{} // none, instead of those that the service has
	}
	return &types.DeploymentConfiguration{Strategy: types.DeploymentStrategyBlueGreen, BakeTimeInMinutes: &bake, LifecycleHooks: hooks}
}

// Canary is a configuration with two steps, and no final bake.
func Canary(percent float64, bake int32, hooks ...types.DeploymentLifecycleHook) *types.DeploymentConfiguration {
	c := BlueGreen(0, hooks...)
	c.Strategy = types.DeploymentStrategyCanary
	c.CanaryConfiguration = &types.CanaryConfiguration{CanaryPercent: &percent, CanaryBakeTimeInMinutes: &bake}
	return c
}

// Linear is a configuration with steps of equal size, and no final bake.
func Linear(percent float64, bake int32, hooks ...types.DeploymentLifecycleHook) *types.DeploymentConfiguration {
	c := BlueGreen(0, hooks...)
	c.Strategy = types.DeploymentStrategyLinear
	c.LinearConfiguration = &types.LinearConfiguration{StepPercent: &percent, StepBakeTimeInMinutes: &bake}
	return c
}

// Rolling is a configuration of the strategy ROLLING without hooks.
func Rolling() *types.DeploymentConfiguration {
	c := BlueGreen(0)
	c.Strategy = types.DeploymentStrategyRolling
	return c
}

// Configure changes the deployment configuration; that alone starts no deployment.
func (s *Service) Configure(t testing.TB, c *types.DeploymentConfiguration) {
	t.Helper()
	s.Change(t, &ecs.UpdateServiceInput{DeploymentConfiguration: c})
}

// Plain makes a name that services, target groups and load balancers accept.
func Plain(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-", r) {
			return r
		}
		return '-'
	}, strings.ToLower(name))
}
