package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Namespace makes a namespace for Service Connect: ECS makes one for a cluster
// whose default has a name that is not known.
func (g *Grue) Namespace(t testing.TB, name string) {
	t.Helper()
	must(g.ECS().CreateCluster(context.Background(), &ecs.CreateClusterInput{
		ClusterName: &name, ServiceConnectDefaults: &types.ClusterServiceConnectDefaultsRequest{Namespace: &name},
	}))(t)
}

// Ports names the ports of the guest: "web" (HTTP), "h2" and "rpc" on 8080, "raw"
// (TCP) on 9090. A definition has one of the first three. Health checks tell when the
// guest listens, for a task that is only RUNNING may not yet; and requests in flight
// have half a minute to end.
func Ports(web string) func(*ecs.RegisterTaskDefinitionInput) {
	app := map[string]types.ApplicationProtocol{"web": "http", "h2": "http2", "rpc": "grpc"}[web]
	return func(in *ecs.RegisterTaskDefinitionInput) {
		c := &in.ContainerDefinitions[0]
		c.PortMappings = []types.PortMapping{
			{ContainerPort: aws.Int32(8080), Name: &web, AppProtocol: app}, {ContainerPort: aws.Int32(9090), Name: aws.String("raw")},
		}
		c.StopTimeout = aws.Int32(30)
		c.HealthCheck = &types.HealthCheck{
			Command: []string{"CMD", "/guest", "probe", "http://127.0.0.1:8080/healthz"}, Interval: aws.Int32(5), Timeout: aws.Int32(60), Retries: aws.Int32(10),
		}
	}
}

// Alias is an endpoint: others call port by the name host:number.
func Alias(port, host string, number int32) types.ServiceConnectService {
	return types.ServiceConnectService{
		PortName: &port, DiscoveryName: &host,
		ClientAliases: []types.ServiceConnectClientAlias{{DnsName: &host, Port: &number}},
	}
}

// Connected gives a service a place in a namespace; without endpoints it only
// calls others.
func Connected(namespace string, endpoints ...types.ServiceConnectService) *types.ServiceConnectConfiguration {
	return &types.ServiceConnectConfiguration{Enabled: true, Namespace: &namespace, Services: endpoints}
}

// Report is what a guest saw that called others.
type Report struct {
	Total, Failed int
	Answers       Counts
	Errors        []string
}

// Inside calls from inside a task.
type Inside struct{ URL string }

// Inside is the first running task of the service.
func (s *Service) Inside(t testing.TB) Inside {
	t.Helper()
	return s.InsideAll(t)[0]
}

// InsideAll are the running tasks of the service, as soon as they listen.
func (s *Service) InsideAll(t testing.TB) (out []Inside) {
	t.Helper()
	for _, x := range s.Details(t) {
		for _, a := range x.Attachments {
			for _, d := range a.Details {
				if aws.ToString(d.Name) == "privateIPv4Address" {
					out = append(out, Inside{"http://" + *d.Value + ":8080"})
				}
			}
		}
	}
	if len(out) == 0 {
		t.Fatal("the service has no running task")
	}
	for _, x := range out {
		Await(t, x.URL+" answers", func() bool {
			resp, err := http.Get(x.URL + "/healthz")
			if err != nil {
				return false
			}
			resp.Body.Close()
			return resp.StatusCode == http.StatusOK
		})
	}
	return out
}

func (x Inside) ask(t testing.TB, path string, q url.Values) (out Report) {
	t.Helper()
	resp, err := http.Get(x.URL + path + "?" + q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if path == "/drive" {
		return out
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// Call calls a URL n times, one after the other. header is "Name:value" or "".
func (x Inside) Call(t testing.TB, n int, target, header string) Report {
	t.Helper()
	return x.ask(t, "/call", url.Values{"url": {target}, "n": {fmt.Sprint(n)}, "header": {header}})
}

// Drive calls a URL until the task ends; lane names what Report tells.
func (x Inside) Drive(t testing.TB, lane, target, header string) {
	t.Helper()
	x.ask(t, "/drive", url.Values{"lane": {lane}, "url": {target}, "header": {header}})
}

// Report is what a lane saw since its last report.
func (x Inside) Report(t testing.TB, lane string) Report {
	t.Helper()
	return x.ask(t, "/report", url.Values{"lane": {lane}})
}

// NoFailures fails the test if a call of a lane failed, or none was made, and
// returns what the lane saw.
func (x Inside) NoFailures(t testing.TB, lane string) Report {
	t.Helper()
	r := x.Report(t, lane)
	if r.Failed > 0 || r.Total == 0 {
		t.Errorf("%s: %d of %d calls failed: %q", lane, r.Failed, r.Total, r.Errors)
	}
	t.Logf("%s: %d calls, %d failed, answers %v", lane, r.Total, r.Failed, r.Answers)
	return r
}
