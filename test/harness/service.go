package harness

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	types "github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// ServiceSpec is a service to make.
type ServiceSpec struct {
	Name, Image string
	Count       int32
	NoBalancer  bool
	Beside      *Service // share its load balancer: a rule for /<name>/* leads here
	Group       func(*elb.CreateTargetGroupInput)
	Define      func(*ecs.RegisterTaskDefinitionInput)
	Create      func(*ecs.CreateServiceInput)
	NoWait      bool // do not wait until it is steady
}

// Service is an ECS service, by default behind an application load balancer of its own.
type Service struct {
	Name, URL, TargetGroup, Listener, Balancer string

	g    *Grue
	spec ServiceSpec
}

// NewService makes load balancer, target group, listener and service, and waits
// until the service is steady. The target group drains for two seconds and checks
// health at the shortest interval.
func (g *Grue) NewService(t testing.TB, name, image string, count int32) *Service {
	t.Helper()
	return g.NewServiceOf(t, ServiceSpec{Name: name, Image: image, Count: count})
}

// NewServiceOf makes the service that a spec describes. It is deleted when the test ends.
func (g *Grue) NewServiceOf(t testing.TB, spec ServiceSpec) *Service {
	t.Helper()
	ctx := context.Background()
	s := &Service{Name: spec.Name, g: g, spec: spec}
	must(g.ECS().CreateCluster(ctx, &ecs.CreateClusterInput{}))(t)
	if !spec.NoBalancer {
		s.balancer(ctx, t)
	}
	must(g.ECS().CreateService(ctx, s.Input(t)))(t)
	t.Cleanup(func() { s.remove(t) })
	if !spec.NoWait {
		s.Wait(t)
	}
	return s
}

// Input is the request that makes the service, with a new task definition revision.
func (s *Service) Input(t testing.TB) *ecs.CreateServiceInput {
	t.Helper()
	in := &ecs.CreateServiceInput{
		ServiceName: &s.Name, TaskDefinition: s.define(context.Background(), t, s.spec.Image), DesiredCount: &s.spec.Count, LaunchType: types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: s.g.Subnets(t)[:2]}},
		DeploymentConfiguration: &types.DeploymentConfiguration{
			DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true},
		},
	}
	if s.TargetGroup != "" {
		in.LoadBalancers = []types.LoadBalancer{{TargetGroupArn: &s.TargetGroup, ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080)}}
	}
	if s.spec.Create != nil {
		s.spec.Create(in)
	}
	return in
}

// remove takes the service off a grue that other tests go on using.
func (s *Service) remove(t testing.TB) {
	if s.g.cmd == nil {
		return
	}
	ctx := context.Background()
	if t.Failed() {
		t.Log(s.Story(t))
	}
	_, _ = s.g.ECS().DeleteService(ctx, &ecs.DeleteServiceInput{Service: &s.Name, Force: aws.Bool(true)})
	if s.Balancer != "" {
		_, _ = s.g.ELB().DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: &s.Balancer})
	}
}

func (s *Service) balancer(ctx context.Context, t testing.TB) {
	t.Helper()
	c := s.g.ELB()
	if other := s.spec.Beside; other != nil {
		s.TargetGroup, s.Listener, s.URL = s.g.Group(t, s.Name, s.spec.Group), other.Listener, other.URL+s.Name+"/"
		must(c.CreateRule(ctx, &elb.CreateRuleInput{
			ListenerArn: &s.Listener, Priority: aws.Int32(900),
			Conditions: []elbtypes.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"/" + s.Name + "/*"}}},
			Actions:    []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &s.TargetGroup}},
		}))(t)
		return
	}
	lb := must(c.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: &s.Name, Subnets: s.g.Subnets(t)[:2]}))(t).LoadBalancers[0]
	s.Balancer, s.URL = *lb.LoadBalancerArn, "http://"+*lb.DNSName+"/"
	s.TargetGroup = s.g.Group(t, s.Name, s.spec.Group)
	l := must(c.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: lb.LoadBalancerArn, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(80),
		DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumForward, TargetGroupArn: &s.TargetGroup}},
	}))(t)
	s.Listener = *l.Listeners[0].ListenerArn
}

// Group makes a target group with the shortest health checks and a drain of two
// seconds, what a request may take on a slow machine, and returns its ARN.
func (g *Grue) Group(t testing.TB, name string, change func(*elb.CreateTargetGroupInput)) string {
	t.Helper()
	ctx := context.Background()
	in := &elb.CreateTargetGroupInput{
		Name: &name, Protocol: elbtypes.ProtocolEnumHttp, Port: aws.Int32(8080), VpcId: aws.String(g.VPC(t)), TargetType: elbtypes.TargetTypeEnumIp,
		HealthCheckPath: aws.String("/healthz"), HealthCheckIntervalSeconds: aws.Int32(5), HealthCheckTimeoutSeconds: aws.Int32(4),
	}
	if change != nil {
		change(in)
	}
	tg := must(g.ELB().CreateTargetGroup(ctx, in))(t).TargetGroups[0]
	must(g.ELB().ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{TargetGroupArn: tg.TargetGroupArn, Attributes: []elbtypes.TargetGroupAttribute{
		{Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("2")},
	}}))(t)
	return *tg.TargetGroupArn
}

// Define registers a task definition of the service for an image and returns its ARN.
func (s *Service) Define(t testing.TB, image string) *string {
	t.Helper()
	return s.define(context.Background(), t, image)
}

// define registers a task definition for an image and returns its ARN.
func (s *Service) define(ctx context.Context, t testing.TB, image string) *string {
	t.Helper()
	in := &ecs.RegisterTaskDefinitionInput{
		Family: &s.Name, NetworkMode: types.NetworkModeAwsvpc, RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: &image, Essential: aws.Bool(true), StopTimeout: aws.Int32(2),
			PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(8080)}},
		}},
	}
	if s.spec.Define != nil {
		s.spec.Define(in)
	}
	return must(s.g.ECS().RegisterTaskDefinition(ctx, in))(t).TaskDefinition.TaskDefinitionArn
}

// Update deploys another image and returns at once.
func (s *Service) Update(t testing.TB, image string) {
	t.Helper()
	ctx := context.Background()
	s.Change(t, &ecs.UpdateServiceInput{TaskDefinition: s.define(ctx, t, image)})
}

// Change calls UpdateService for this service.
func (s *Service) Change(t testing.TB, in *ecs.UpdateServiceInput) types.Service {
	t.Helper()
	in.Service = &s.Name
	return *must(s.g.ECS().UpdateService(context.Background(), in))(t).Service
}

// Scale changes the desired count.
func (s *Service) Scale(t testing.TB, n int32) {
	t.Helper()
	s.Change(t, &ecs.UpdateServiceInput{DesiredCount: &n})
}

// Describe is the service as the API shows it.
func (s *Service) Describe(t testing.TB) types.Service {
	t.Helper()
	out := must(s.g.ECS().DescribeServices(context.Background(), &ecs.DescribeServicesInput{Services: []string{s.Name}}))(t)
	if len(out.Services) != 1 {
		t.Fatalf("DescribeServices answered %d services: %+v", len(out.Services), out.Failures)
	}
	return out.Services[0]
}

// Wait waits until the newest deployment is over and only its tasks are left; it
// returns the status of the newest service deployment.
func (s *Service) Wait(t testing.TB) types.ServiceDeploymentStatus {
	t.Helper()
	err := awaitFor(longest, func() bool {
		x := s.Describe(t)
		return len(x.Deployments) == 1 && x.RunningCount == x.DesiredCount && x.Deployments[0].RolloutState != types.DeploymentRolloutStateInProgress
	})
	if err != nil {
		t.Fatalf("service %s did not settle:\n%s", s.Name, s.Story(t))
	}
	return s.Newest(t).Status
}

// Newest is the newest service deployment.
func (s *Service) Newest(t testing.TB) types.ServiceDeployment {
	t.Helper()
	ctx := context.Background()
	list := must(s.g.ECS().ListServiceDeployments(ctx, &ecs.ListServiceDeploymentsInput{Service: &s.Name}))(t).ServiceDeployments
	if len(list) == 0 {
		t.Fatal("the service has no service deployment")
	}
	out := must(s.g.ECS().DescribeServiceDeployments(ctx, &ecs.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*list[0].ServiceDeploymentArn}}))(t)
	return out.ServiceDeployments[0]
}

// Details describes the tasks whose desired status is RUNNING.
func (s *Service) Details(t testing.TB) []types.Task {
	t.Helper()
	arns := s.Tasks(t)
	if len(arns) == 0 {
		return nil
	}
	return must(s.g.ECS().DescribeTasks(context.Background(), &ecs.DescribeTasksInput{Tasks: arns}))(t).Tasks
}

// Story is what a person would look at first: deployments, events, stop reasons.
func (s *Service) Story(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	x := s.Describe(t)
	for _, d := range x.Deployments {
		fmt.Fprintf(&b, "%s %s %s: %d desired, %d running, %d pending, %d failed\n", aws.ToString(d.Status), aws.ToString(d.Id), d.RolloutState, d.DesiredCount, d.RunningCount, d.PendingCount, d.FailedTasks)
	}
	for i := len(x.Events) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "%s %s\n", x.Events[i].CreatedAt.Format("05.000"), *x.Events[i].Message)
	}
	return b.String()
}

// Tasks lists the ARNs of the running tasks.
func (s *Service) Tasks(t testing.TB) []string {
	t.Helper()
	return must(s.g.ECS().ListTasks(context.Background(), &ecs.ListTasksInput{ServiceName: &s.Name}))(t).TaskArns
}

// must turns (value, error) into a value or a failed test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
