package blackbox

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/test/harness"
)

// TestConnectProtocols: calls of one gRPC connection are balanced each by itself,
// and plain TCP works beside them; a rolling deployment loses neither.
func TestConnectProtocols(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	g.Namespace(t, "swire")
	server := g.NewServiceOf(t, harness.ServiceSpec{
		Name: "swire", Image: g.Guest(t, "v1", ""), Count: 2, NoBalancer: true, Define: harness.Ports("rpc"),
		Create: func(in *ecs.CreateServiceInput) {
			in.ServiceConnectConfiguration = harness.Connected("swire", harness.Alias("rpc", "rpc", 50051), harness.Alias("raw", "db", 5432))
		},
	})
	in := caller(t, g, "swire").Inside(t)
	r := in.Call(t, 40, "grpc://rpc:50051/grpc/id", "")
	if len(r.Answers) != 2 || r.Failed > 0 {
		t.Errorf("40 calls over one connection: %+v, want two tasks", r)
	}
	for id, n := range r.Answers {
		if n != 20 {
			t.Errorf("task %s answered %d of 40 calls", id, n)
		}
	}
	answered(t, "TCP", in, "tcp://db:5432", "", 10, harness.Counts{"v1": 10})
	in.Drive(t, "rpc", "grpc://rpc:50051/grpc/say", "")
	in.Drive(t, "tcp", "tcp://db:5432", "")
	replace(t, server, g.Guest(t, "v2", ""), types.ServiceDeploymentStatusSuccessful)
	answered(t, "gRPC", in, "grpc://rpc:50051/grpc/say", "", 10, harness.Counts{"v2": 10})
	answered(t, "TCP", in, "tcp://db:5432", "", 10, harness.Counts{"v2": 10})
	in.NoFailures(t, "rpc")
	in.NoFailures(t, "tcp")
}

// TestConnectTLS: with tls the endpoint's certificate is grue's own, clients still
// call in clear, and the access log of the client's proxy has what they called.
func TestConnectTLS(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	g.Namespace(t, "stls")
	web := harness.Alias("web", "stls", 80)
	web.Tls = &types.ServiceConnectTlsConfiguration{IssuerCertificateAuthority: &types.ServiceConnectTlsCertificateAuthority{
		AwsPcaAuthorityArn: aws.String("arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/00000000-0000-0000-0000-000000000000"),
	}}
	server := g.NewServiceOf(t, harness.ServiceSpec{
		Name: "stls", Image: g.Guest(t, "v1", ""), Count: 1, NoBalancer: true, Define: harness.Ports("web"),
		Create: func(in *ecs.CreateServiceInput) { in.ServiceConnectConfiguration = harness.Connected("stls", web) },
	})
	client := g.NewServiceOf(t, harness.ServiceSpec{
		Name: "stls-caller", Image: g.Guest(t, "caller", ""), Count: 1, NoBalancer: true,
		Create: func(in *ecs.CreateServiceInput) {
			in.ServiceConnectConfiguration = harness.Connected("stls")
			in.ServiceConnectConfiguration.LogConfiguration = &types.LogConfiguration{
				LogDriver: types.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "stls", "awslogs-stream-prefix": "mesh", "awslogs-region": "us-east-1", "awslogs-create-group": "true"},
			}
			in.ServiceConnectConfiguration.AccessLogConfiguration = &types.ServiceConnectAccessLogConfiguration{Format: types.ServiceConnectAccessLoggingFormatText}
		},
	})
	in := client.Inside(t)
	answered(t, "TLS", in, "http://stls/marked?secret", "", 10, harness.Counts{"v1": 10})
	task, err := url.Parse(server.Inside(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", net.JoinHostPort(task.Hostname(), "15000"), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatalf("TLS with the task: %v", err)
	}
	defer conn.Close()
	leaf := conn.ConnectionState().PeerCertificates[0]
	if err := leaf.VerifyHostname("stls.stls"); err != nil || time.Until(leaf.NotAfter) > 5*24*time.Hour || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageServerAuth {
		t.Errorf("certificate: %v until %v, %v", leaf.DNSNames, leaf.NotAfter, err)
	}
	logs := cloudwatchlogs.NewFromConfig(g.Config())
	harness.Await(t, "a line in the access log", func() bool {
		out, err := logs.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("stls")})
		if err != nil {
			return false
		}
		for _, e := range out.Events {
			if strings.HasPrefix(*e.LogStreamName, "mesh/ecs-service-connect-") && strings.Contains(*e.Message, `"GET /marked HTTP/1.1" 200`) {
				return true
			}
		}
		return false
	})
}
