package elb

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/grue-ecs/grue/internal/metric"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/store"
)

const (
	edgeARN      = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/edge/60dc6c495c0c9188"
	edgeListener = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/net/edge/60dc6c495c0c9188/a2f7dc8efc522ab2"
	edgeDefault  = "arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/net/edge/60dc6c495c0c9188/a2f7dc8efc522ab2/1000000000000000"
	stream       = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/stream/93e2d6bc24d8a069"
	edge         = "net/edge/60dc6c495c0c9188"
)

// edgeWorld has a network load balancer with a TCP listener and a group beside the rest.
func edgeWorld(t *testing.T, change func(l *Listener, g *TargetGroup)) *world {
	w := newWorld(t)
	l := &Listener{ARN: edgeListener, LoadBalancer: edgeARN, Port: 7, Protocol: "TCP", DefaultRule: edgeDefault}
	g := &TargetGroup{
		ARN: stream, Name: "stream", Protocol: "TCP", Port: 7, TargetType: "ip", Attributes: map[string]string{},
		Check: Check{Enabled: true, Protocol: "TCP", Port: TrafficPort, Interval: 30, Timeout: 10, Healthy: 5, Unhealthy: 2},
	}
	change(l, g)
	w.update(func(tx *store.Tx) error {
		addr, _ := w.pool.AllocLB(addressID(edgeARN))
		PutLoadBalancer(tx, &LoadBalancer{
			ARN: edgeARN, Name: "edge", Scheme: "internet-facing", Address: addr.String(), PublicName: PublicName(edgeARN, ""),
			Zones: []Zone{{Name: "us-east-1a", Subnet: "subnet-a"}},
		})
		PutListener(tx, l)
		PutGroup(tx, g)
		r := &Rule{ARN: edgeDefault, Default: true}
		r.Actions.V = []elbv2.Action{{Type: elbv2.ActionTypeEnumForward, TargetGroupArn: aws.String(stream)}}
		PutRule(tx, r)
		return nil
	})
	return w
}

// What the records say of a network load balancer reaches the table.
func TestBuildNetwork(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(l *Listener, g *TargetGroup)
		want   route.Flows
		idle   time.Duration
	}{
		{"defaults of TCP and ip", func(*Listener, *TargetGroup) {}, route.Flows{}, 350 * time.Second},
		{"idle time-out", func(l *Listener, _ *TargetGroup) {
			l.Attributes = map[string]string{"tcp.idle_timeout.seconds": "60"}
		}, route.Flows{}, time.Minute},
		{"instance targets see clients", func(_ *Listener, g *TargetGroup) { g.TargetType = "instance" }, route.Flows{PreserveClientIP: true}, 350 * time.Second},
		{"UDP", func(l *Listener, g *TargetGroup) { l.Protocol, g.Protocol = "UDP", "UDP" }, route.Flows{PreserveClientIP: true, CutDrained: true}, 0},
		{"TLS with ALPN has its idle time-out", func(l *Listener, g *TargetGroup) { l.Protocol, g.Protocol, l.ALPN = "TLS", "TLS", "HTTP2Only" }, route.Flows{}, 0},
		{"everything set", func(_ *Listener, g *TargetGroup) {
			g.Attributes = map[string]string{
				"proxy_protocol_v2.enabled": "true", "preserve_client_ip.enabled": "true", cutDrained: "true", cutUnhealthy: "false", unhealthyDrain: "30",
			}
		}, route.Flows{ProxyProtocol: true, PreserveClientIP: true, CutDrained: true, KeepUnhealthy: true, UnhealthyDrain: 30 * time.Second}, 350 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := edgeWorld(t, c.change)
			table := w.applied()
			g := table.Groups[stream]
			if diff := cmp.Diff(&c.want, g.Flows); diff != "" {
				t.Error(diff)
			}
			if table.Groups[blue].Flows != nil {
				t.Error("a group of an application load balancer has settings of flows")
			}
			for _, l := range table.Listeners {
				if l.ARN == edgeListener && (l.Attributes.IdleTimeout != c.idle || l.LB != edge || l.Address != "10.9.0.2:7" || len(l.Rules) != 1 || !route.Layer4(l.Protocol) || l.Protocol == "TLS" && l.ALPN != "HTTP2Only") {
					t.Errorf("%+v", l)
				}
			}
			if _, ok := table.Names["edge-60dc6c495c0c9188.elb.us-east-1.amazonaws.com"]; !ok {
				t.Errorf("names %v", table.Names)
			}
		})
	}
}

// A network load balancer does not tell why a check failed.
func TestHealthOfNetworkTargets(t *testing.T) {
	w := edgeWorld(t, func(*Listener, *TargetGroup) {})
	r := w.register(stream, "10.0.0.7", 7)
	w.report(r, Unhealthy, "Target.Timeout")
	w.expect(stream, "10.0.0.7", 7, Unhealthy, "Target.FailedHealthChecks")
	w.report(r, Healthy, "")
	w.expect(stream, "10.0.0.7", 7, Healthy, "")
}

func TestMetricsOfFlows(t *testing.T) {
	w := edgeWorld(t, func(*Listener, *TargetGroup) {})
	w.applied()
	m := metric.New(metric.Options{})
	w.b.opts.Metrics = m
	r := w.register(stream, "10.0.0.7", 7)
	w.report(r, Healthy, "")
	at := time.Now().Truncate(time.Minute).Add(time.Second) // all within one minute
	w.b.countHosts(at)
	w.b.measure([]route.Traffic{
		{LB: edge, Group: stream, Flows: map[string]*route.FlowTraffic{
			"TCP": {New: 10, Active: 4, Bytes: 1000, Packets: 30, ClientResets: 1, TargetResets: 2, ELBResets: 3, Unhealthy: 4},
			"TLS": {New: 5, Active: 1, Bytes: 500, Packets: 10, TargetTLS: 6},
		}},
		{LB: edge, Flows: map[string]*route.FlowTraffic{"TCP": {Rejected: 7}, "TLS": {ClientTLS: 8}}},
		{LB: "net/other/1", Flows: map[string]*route.FlowTraffic{"TCP": {New: 1}}},
	}, at)
	w.b.countHosts(at)
	w.b.measure([]route.Traffic{{LB: edge, Group: stream, Flows: map[string]*route.FlowTraffic{"TCP": {Active: 3}}}}, at)
	w.b.countHosts(at)
	lb, tg := metric.Dims("LoadBalancer", edge), metric.Dims("LoadBalancer", edge, "TargetGroup", "targetgroup/stream/93e2d6bc24d8a069")
	zone := metric.Dims("AvailabilityZone", "us-east-1a", "LoadBalancer", edge)
	for _, c := range []struct {
		name, stat string
		dims       []metric.Dimension
		want       float64
	}{
		{"NewFlowCount", "Sum", lb, 15},
		{"NewFlowCount", "Sum", zone, 15},
		{"NewFlowCount_TCP", "Sum", lb, 10},
		{"NewFlowCount_TLS", "Sum", lb, 5},
		{"ActiveFlowCount", "Maximum", lb, 5},
		{"ActiveFlowCount", "Minimum", lb, 0},
		{"ActiveFlowCount_TCP", "Maximum", zone, 4},
		{"ActiveFlowCount_TCP", "Minimum", lb, 3},
		{"ProcessedBytes", "Sum", lb, 1500},
		{"ProcessedBytes_TLS", "Sum", lb, 500},
		{"ProcessedPackets", "Sum", lb, 40},
		{"PeakPacketsPerSecond", "Maximum", lb, 40},
		{"TCP_Client_Reset_Count", "Sum", lb, 1},
		{"TCP_Target_Reset_Count", "Sum", lb, 2},
		{"TCP_ELB_Reset_Count", "Sum", lb, 3},
		{"UnhealthyRoutingFlowCount", "Sum", lb, 4},
		{"TargetTLSNegotiationErrorCount", "Sum", lb, 6},
		{"RejectedFlowCount", "Sum", lb, 7},
		{"RejectedFlowCount_TCP", "Sum", lb, 7},
		{"ClientTLSNegotiationErrorCount", "Sum", lb, 8},
		{"HealthyHostCount", "Maximum", tg, 1},
		{"UnHealthyHostCount", "Maximum", tg, 0},
	} {
		got := m.Query(metric.Metric{Scope: scope, Namespace: "AWS/NetworkELB", Name: c.name, Dimensions: c.dims}, at.Add(-time.Minute), at.Add(time.Minute), 60)
		if len(got) != 1 {
			t.Errorf("%s %v: %d points", c.name, c.dims, len(got))
			continue
		}
		if v, _ := got[0].Statistic(c.stat); v != c.want {
			t.Errorf("%s %v %s = %v, want %v", c.name, c.dims, c.stat, v, c.want)
		}
	}
	if open := w.b.flowing(at.Add(time.Hour)); len(open) != 1 {
		t.Errorf("%d network load balancers", len(open))
	} else {
		for _, active := range open {
			if len(active) != 0 {
				t.Errorf("a proxy that said nothing for an hour still has flows: %v", active)
			}
		}
	}
	for _, x := range m.List(metric.Filter{Namespace: "AWS/ApplicationELB"}) {
		for _, d := range x.Dimensions {
			if d.Value == edge {
				t.Errorf("%s of a network load balancer", x.Name)
			}
		}
	}
}
