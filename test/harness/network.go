package harness

import (
	"context"
	"net"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// FlowPort is where the guest answers below HTTP.
const FlowPort = 7007

// networkFront makes the n-th front of a service: a network load balancer of its
// own, whose listeners stand where rules do elsewhere.
func (g *Grue) networkFront(t testing.TB, tag string, spec FrontSpec) *Front {
	t.Helper()
	ctx := context.Background()
	lb := must(g.ELB().CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: aws.String(tag + "-net"), Type: elbtypes.LoadBalancerTypeEnumNetwork, Subnets: g.Subnets(t)[:2],
	}))(t).LoadBalancers[0]
	t.Cleanup(func() {
		if g.cmd != nil {
			_, _ = g.ELB().DeleteLoadBalancer(ctx, &elb.DeleteLoadBalancerInput{LoadBalancerArn: lb.LoadBalancerArn})
		}
	})
	f := &Front{g: g, balancer: *lb.LoadBalancerArn, host: *lb.DNSName, port: spec.Port, container: FlowPort}
	if f.port == 0 {
		f.port = FlowPort
	}
	f.Groups = [2]string{g.flowGroup(t, tag+"a", spec), g.flowGroup(t, tag+"b", spec)}
	f.Production, f.Address = f.listenFlows(t, spec.Network, f.port)
	f.Listener = f.Production
	if spec.Test == TestListener {
		f.Test, f.TestAddress = f.listenFlows(t, spec.Network, f.port+100)
	}
	return f
}

// flowGroup makes a target group whose health checks are connections or, where
// there are none, requests to the guest's other port.
func (g *Grue) flowGroup(t testing.TB, name string, spec FrontSpec) string {
	t.Helper()
	return g.Group(t, name, func(in *elb.CreateTargetGroupInput) {
		in.Protocol, in.Port, in.HealthCheckPath = spec.Network, aws.Int32(FlowPort), nil
		if spec.Instances {
			in.TargetType = elbtypes.TargetTypeEnumInstance
		}
		if spec.Network == elbtypes.ProtocolEnumUdp {
			in.HealthCheckProtocol, in.HealthCheckPort, in.HealthCheckPath = elbtypes.ProtocolEnumHttp, aws.String("8080"), aws.String("/healthz")
		}
	})
}

// listenFlows makes a listener to the first group.
func (f *Front) listenFlows(t testing.TB, protocol elbtypes.ProtocolEnum, port int32) (listener, address string) {
	t.Helper()
	out := must(f.g.ELB().CreateListener(context.Background(), &elb.CreateListenerInput{
		LoadBalancerArn: &f.balancer, Protocol: protocol, Port: &port, DefaultActions: Forward(f.Groups, 1, 0),
	}))(t)
	return *out.Listeners[0].ListenerArn, net.JoinHostPort(f.host, strconv.Itoa(int(port)))
}

// flowPorts adds the guest's port below HTTP to a task definition.
func flowPorts(protocol elbtypes.ProtocolEnum, define func(*ecs.RegisterTaskDefinitionInput)) func(*ecs.RegisterTaskDefinitionInput) {
	transport := types.TransportProtocolTcp
	if protocol == elbtypes.ProtocolEnumUdp {
		transport = types.TransportProtocolUdp
	}
	return func(in *ecs.RegisterTaskDefinitionInput) {
		c := &in.ContainerDefinitions[0]
		c.PortMappings = append(slices.Clone(c.PortMappings), types.PortMapping{ContainerPort: aws.Int32(FlowPort), Protocol: transport})
		c.StopTimeout = aws.Int32(30) // for clients to leave
		if define != nil {
			define(in)
		}
	}
}
