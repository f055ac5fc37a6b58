package api_test

import (
	"context"
	"encoding/xml"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/bench/rig"
	"github.com/grue-ecs/grue/test/harness"
)

const (
	rounds   = 5
	duration = 2 * time.Second
)

// server is one of the two that are compared.
type server struct {
	name, address string
	pids          []int
	request       []byte
	rates         map[int][]float64 // by number of connections
	cpu           []float64         // µs for one call
	size          int
}

// BenchmarkDescribeServices compares the same call of the same service.
func BenchmarkDescribeServices(b *testing.B) {
	rig.NeedRoot(b)
	g, own := ours(b)
	servers := []*server{own}
	if moto := theirs(b); moto != nil {
		servers = append(servers, moto)
	}
	for range rounds {
		for _, s := range servers {
			for _, conns := range []int{1, 8} {
				s.measure(b, conns)
			}
		}
	}
	t := rig.NewTable("DescribeServices of one service behind a load balancer", "server",
		"calls/s, 1 connection", "calls/s, 8 connections", "CPU of the server, µs/call", "answer, bytes")
	for _, s := range servers {
		t.Row(s.name, rig.Median(s.rates[1]), rig.Median(s.rates[8]), rig.Median(s.cpu), s.size)
	}
	if len(servers) == 2 {
		g, m := own, servers[1]
		ratio := rig.Median(g.rates[8]) / rig.Median(m.rates[8])
		t.Row("ratio (target ≥ 20)", rig.Ratio(rig.Median(g.rates[1]), rig.Median(m.rates[1])), rig.Ratio(rig.Median(g.rates[8]), rig.Median(m.rates[8])),
			rig.Ratio(rig.Median(m.cpu), rig.Median(g.cpu)), "")
		t.Note("Client and server share the machine's processors. moto's server closes the connection after each answer.")
		b.ReportMetric(ratio, "×moto")
	} else {
		t.Note("moto_server is not installed: nothing to compare with.")
	}
	after := rig.MemoryOf(append(g.PIDs("server"), g.PIDs("proxy")...)...)
	t.Note("grue server and proxy after it, with two tasks running: %.1f MiB (PSS), %.1f MiB (RSS).", after.PSS, after.RSS)
	t.Print()
	b.ReportMetric(rig.Median(servers[0].rates[8]), "calls/s")
	b.ReportMetric(0, "ns/op")
}

func (s *server) measure(b *testing.B, conns int) {
	b.Helper()
	before := rig.CPU(s.pids...)
	r := rig.Load(s.address, s.request, conns, duration)
	spent := rig.CPU(s.pids...) - before
	if r.Failed > 0 {
		b.Fatalf("%s: %d of %d calls failed, first: %v", s.name, r.Failed, r.Count, r.Err)
	}
	s.rates[conns] = append(s.rates[conns], r.PerSecond())
	s.cpu = append(s.cpu, float64(spent.Microseconds())/float64(r.Count))
}

func newServer(b *testing.B, name, address string, pids []int) *server {
	b.Helper()
	s := &server{name: name, address: address, pids: pids, rates: map[int][]float64{}}
	s.request = rig.ECS(address, "DescribeServices", `{"services":["bench"]}`).Bytes(b)
	c := rig.Conn{Address: address}
	defer c.Close()
	if err := c.Send(s.request); err != nil {
		b.Fatal(err)
	}
	s.size = len(c.Body)
	return s
}

// ours is a service of grue with two real tasks.
func ours(b *testing.B) (*harness.Grue, *server) {
	b.Helper()
	g := harness.Start(b)
	g.NewService(b, "bench", g.Guest(b, "v1", ""), 2)
	return g, newServer(b, "grue", g.Listen, g.PIDs("server"))
}

// theirs is the same service on paper, which is all that moto has.
func theirs(b *testing.B) *server {
	b.Helper()
	address, pid, ok := rig.Moto(b)
	if !ok {
		return nil
	}
	c := ecs.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + address),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	ctx := context.Background()
	subnet := subnetOf(b, address)
	_, err := c.CreateCluster(ctx, &ecs.CreateClusterInput{})
	if err == nil {
		_, err = c.RegisterTaskDefinition(ctx, definition())
	}
	if err == nil {
		_, err = c.CreateService(ctx, &ecs.CreateServiceInput{
			ServiceName: aws.String("bench"), TaskDefinition: aws.String("bench"), DesiredCount: aws.Int32(2), LaunchType: types.LaunchTypeFargate,
			NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{subnet}, SecurityGroups: []string{}}},
			LoadBalancers: []types.LoadBalancer{{
				TargetGroupArn: aws.String("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/bench/0123456789abcdef"),
				ContainerName:  aws.String("app"), ContainerPort: aws.Int32(8080),
			}},
		})
	}
	if err != nil {
		b.Fatal("moto: ", err)
	}
	return newServer(b, "moto", address, []int{pid})
}

// subnetOf is a subnet of moto's default VPC.
func subnetOf(b *testing.B, address string) string {
	b.Helper()
	conn := rig.Conn{Address: address}
	defer conn.Close()
	call := rig.Call{Host: address, Service: "ec2", Body: "Action=DescribeSubnets&Version=2016-11-15"}
	if err := conn.Send(call.Bytes(b)); err != nil {
		b.Fatal(err)
	}
	var doc struct {
		IDs []string `xml:"subnetSet>item>subnetId"`
	}
	if err := xml.Unmarshal(conn.Body, &doc); err != nil || len(doc.IDs) == 0 {
		b.Fatalf("moto has no subnet: %v", err)
	}
	return doc.IDs[0]
}

func definition() *ecs.RegisterTaskDefinitionInput {
	return &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("bench"), NetworkMode: types.NetworkModeAwsvpc, RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		Cpu: aws.String("256"), Memory: aws.String("512"),
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String("bench:v1"), Essential: aws.Bool(true),
			PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(8080)}},
		}},
	}
}
