//go:build slow

package blackbox

import (
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"

	"github.com/grue-ecs/grue/test/harness"
)

// TestSlowConnectIngress: the proxy takes what comes in on ports of the operator's
// choice. Deployments that introduce them and that move them lose no call, and
// what Cloud Map tells is where the proxy answers.
func TestSlowConnectIngress(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	for _, mode := range []types.NetworkMode{types.NetworkModeAwsvpc, types.NetworkModeBridge} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			name := "sing" + string(mode)
			g.Namespace(t, name)
			server := g.NewServiceOf(t, harness.ServiceSpec{
				Name: name, Image: g.Guest(t, "v1", ""), Count: 2, NoBalancer: true,
				Define: func(in *ecs.RegisterTaskDefinitionInput) {
					harness.Ports("web")(in)
					if mode == types.NetworkModeBridge {
						in.NetworkMode, in.RequiresCompatibilities = mode, nil
					}
				},
				Create: func(in *ecs.CreateServiceInput) {
					if mode == types.NetworkModeBridge {
						in.LaunchType, in.NetworkConfiguration = types.LaunchTypeEc2, nil
					}
					in.ServiceConnectConfiguration = ingresses(name, 0)
				},
			})
			in := caller(t, g, name).Inside(t)
			in.Drive(t, "web", "http://"+name+"/", "")
			in.Drive(t, "raw", "tcp://"+name+"-raw:5432", "")
			for i, config := range []*types.DeploymentConfiguration{harness.Rolling(), harness.BlueGreen(0)} {
				version, port := fmt.Sprint("v", i+2), int32(15990+2*i)
				server.Change(t, &ecs.UpdateServiceInput{
					TaskDefinition: server.Define(t, g.Guest(t, version, "")), ServiceConnectConfiguration: ingresses(name, port), DeploymentConfiguration: config,
				})
				if d := server.Ended(t); d.Status != types.ServiceDeploymentStatusSuccessful {
					t.Fatal(d.Status, server.Story(t))
				}
				answered(t, "web", in, "http://"+name+"/", "", 20, harness.Counts{version: 20})
				answered(t, "raw", in, "tcp://"+name+"-raw:5432", "", 20, harness.Counts{version: 20})
				for _, at := range registered(t, g, name) {
					if _, p, _ := net.SplitHostPort(at); p != fmt.Sprint(port) {
						t.Errorf("Cloud Map tells %s, want port %d", at, port)
					}
					resp, err := http.Get("http://" + at + "/")
					if err != nil || resp.StatusCode != http.StatusOK {
						t.Errorf("%s: %v, %v", at, resp, err)
						continue
					}
					resp.Body.Close()
				}
			}
			in.NoFailures(t, "web")
			in.NoFailures(t, "raw")
		})
	}
}

// ingresses are the endpoints <name>:80 and <name>-raw:5432, whose tasks take
// requests on a port and the next one; 0 = on those of the containers.
func ingresses(name string, port int32) *types.ServiceConnectConfiguration {
	web, raw := harness.Alias("web", name, 80), harness.Alias("raw", name+"-raw", 5432)
	if port > 0 {
		web.IngressPortOverride, raw.IngressPortOverride = &port, aws.Int32(port+1)
	}
	return harness.Connected(name, web, raw)
}

// registered are the addresses of an endpoint's instances in Cloud Map.
func registered(t *testing.T, g *harness.Grue, endpoint string) (out []string) {
	t.Helper()
	c := servicediscovery.NewFromConfig(g.Config())
	services, err := c.ListServices(t.Context(), &servicediscovery.ListServicesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range services.Services {
		if *s.Name != endpoint {
			continue
		}
		got, err := c.ListInstances(t.Context(), &servicediscovery.ListInstancesInput{ServiceId: s.Id})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range got.Instances {
			out = append(out, net.JoinHostPort(i.Attributes["AWS_INSTANCE_IPV4"], i.Attributes["AWS_INSTANCE_PORT"]))
		}
	}
	if len(out) == 0 {
		t.Fatal("Cloud Map knows no instance of " + endpoint)
	}
	return out
}
