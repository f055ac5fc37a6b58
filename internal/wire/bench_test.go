package wire

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// tenServices is an answer as a busy cluster gives it.
func tenServices() *ecs.DescribeServicesOutput {
	now := time.UnixMilli(1795257000250)
	out := &ecs.DescribeServicesOutput{Failures: []types.Failure{}}
	for i := range 10 {
		n := strconv.Itoa(i)
		arn := "arn:aws:ecs:us-east-1:123456789012:service/production/web-" + n
		s := types.Service{
			ServiceArn: &arn, ServiceName: aws.String("web-" + n), ClusterArn: aws.String("arn:aws:ecs:us-east-1:123456789012:cluster/production"),
			Status: aws.String("ACTIVE"), DesiredCount: 3, RunningCount: 3, LaunchType: "FARGATE", PlatformVersion: aws.String("1.4.0"), PlatformFamily: aws.String("Linux"),
			TaskDefinition: aws.String("arn:aws:ecs:us-east-1:123456789012:task-definition/web:42"), CreatedAt: &now, SchedulingStrategy: "REPLICA",
			DeploymentController: &types.DeploymentController{Type: "ECS"}, EnableECSManagedTags: true, PropagateTags: "SERVICE",
			DeploymentConfiguration: &types.DeploymentConfiguration{
				MaximumPercent: aws.Int32(200), MinimumHealthyPercent: aws.Int32(100), Strategy: "BLUE_GREEN", BakeTimeInMinutes: aws.Int32(5),
				DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true},
			},
			LoadBalancers: []types.LoadBalancer{{
				TargetGroupArn: aws.String("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web-" + n + "/73e2d6bc24d8a067"),
				ContainerName:  aws.String("app"), ContainerPort: aws.Int32(8080),
			}},
			NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
				Subnets: []string{"subnet-0123456789abcdef0", "subnet-0123456789abcdef1"}, SecurityGroups: []string{"sg-0123456789abcdef0"}, AssignPublicIp: "DISABLED",
			}},
		}
		s.Deployments = []types.Deployment{{
			Id: aws.String("ecs-svc/1234567890123456789"), Status: aws.String("PRIMARY"), TaskDefinition: s.TaskDefinition, DesiredCount: 3, RunningCount: 3,
			CreatedAt: &now, UpdatedAt: &now, LaunchType: "FARGATE", NetworkConfiguration: s.NetworkConfiguration, RolloutState: "COMPLETED",
			RolloutStateReason: aws.String("ECS deployment ecs-svc/1234567890123456789 completed."),
		}}
		for range 10 {
			s.Events = append(s.Events, types.ServiceEvent{Id: aws.String("5d6f2b8a-2f0c-4a5c-9a53-0c6a8d6b1d11"), CreatedAt: &now, Message: aws.String("(service web-" + n + ") has reached a steady state.")})
		}
		out.Services = append(out.Services, s)
	}
	return out
}

func BenchmarkEncodeJSON(b *testing.B) {
	out := reflect.ValueOf(tenServices()).Elem()
	pl := lowerNames.of(out.Type())
	e := jsonEncoder{}
	b.ReportAllocs()
	for b.Loop() {
		e.b = e.b[:0]
		e.structure(pl, out)
	}
	b.SetBytes(int64(len(e.b)))
}

func BenchmarkDecodeJSON(b *testing.B) {
	text, err := MarshalJSON(tenServices(), true)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var out ecs.DescribeServicesOutput
		if err := UnmarshalJSON(text, &out, true); err != nil {
			b.Fatal(err)
		}
	}
}

// fixed answers DescribeServices from memory.
type fixed struct{ out *ecs.DescribeServicesOutput }

func (f fixed) DescribeServices(context.Context, *ecs.DescribeServicesInput) (*ecs.DescribeServicesOutput, error) {
	return f.out, nil
}

const describeTen = `{"cluster":"production","services":["web-0","web-1","web-2","web-3","web-4","web-5","web-6","web-7","web-8","web-9"]}`

func describeRequest(tb testing.TB, url string) *http.Request {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader([]byte(describeTen)))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", "AmazonEC2ContainerServiceV20141113.DescribeServices")
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	err = v4.NewSigner().SignHTTP(context.Background(), aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, req, hashOf(describeTen), "ecs", "us-east-1", time.Now())
	if err != nil {
		tb.Fatal(err)
	}
	return req
}

// BenchmarkDescribeServices is the whole way of a call without the network:
// signature, decoding, handler, encoding.
func BenchmarkDescribeServices(b *testing.B) {
	r := NewRegistry(Options{LoopbackDevKey: true})
	r.Add(testSpecs[0], fixed{tenServices()})
	req := describeRequest(b, "http://127.0.0.1:4566/")
	req.Host, req.RemoteAddr = req.URL.Host, "127.0.0.1:1"
	b.ReportAllocs()
	for b.Loop() {
		req.Body = io.NopCloser(bytes.NewReader([]byte(describeTen)))
		w := discard{http.Header{}}
		r.ServeHTTP(&w, req)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// discard is a ResponseWriter that keeps nothing.
type discard struct{ h http.Header }

func (d *discard) Header() http.Header         { return d.h }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

// BenchmarkDescribeServicesHTTP goes through net/http on loopback; the client
// is on the same cores.
func BenchmarkDescribeServicesHTTP(b *testing.B) {
	r := NewRegistry(Options{LoopbackDevKey: true})
	r.Add(testSpecs[0], fixed{tenServices()})
	h := httptest.NewServer(r)
	defer h.Close()
	req := describeRequest(b, h.URL+"/")
	for b.Loop() {
		req.Body = io.NopCloser(bytes.NewReader([]byte(describeTen)))
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != 200 {
			b.Fatal(res, err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
