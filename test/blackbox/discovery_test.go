package blackbox

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	sdtypes "github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"github.com/miekg/dns"

	"github.com/grue-ecs/grue/test/harness"
)

// discovery is a private namespace, and a task that looks names up in it.
type discovery struct {
	*testing.T
	g         *harness.Grue
	c         *servicediscovery.Client
	namespace string // id
	name      string
	client    string // address of the task
	resolver  string // address of the tasks' resolver
}

func newDiscovery(t *testing.T, g *harness.Grue, name string) *discovery {
	t.Helper()
	ctx := context.Background()
	d := &discovery{T: t, g: g, c: servicediscovery.NewFromConfig(g.Config()), name: name}
	made, err := d.c.CreatePrivateDnsNamespace(ctx, &servicediscovery.CreatePrivateDnsNamespaceInput{Name: &name, Vpc: aws.String(g.VPC(t))})
	d.ok(err)
	op, err := d.c.GetOperation(ctx, &servicediscovery.GetOperationInput{OperationId: made.OperationId})
	d.ok(err)
	d.namespace = op.Operation.Targets["NAMESPACE"]
	task := g.RunTask(t, harness.TaskSpec{Family: "asks-" + strings.ReplaceAll(name, ".", "-"), Containers: []types.ContainerDefinition{server("app", g.Guest(t, "client", ""), "8080")}})
	d.client = up(t, task, "8080")
	for line := range strings.Lines(ask(t, d.client, "read", "/etc/resolv.conf")) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "nameserver" {
			d.resolver = net.JoinHostPort(f[1], "53")
		}
	}
	return d
}

func (d *discovery) ok(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// registry makes a Cloud Map service whose answers may be kept for a second.
func (d *discovery) registry(name string, kind sdtypes.RecordType) *sdtypes.Service {
	d.Helper()
	out, err := d.c.CreateService(context.Background(), &servicediscovery.CreateServiceInput{
		Name: &name, NamespaceId: &d.namespace, HealthCheckCustomConfig: &sdtypes.HealthCheckCustomConfig{FailureThreshold: aws.Int32(1)},
		DnsConfig: &sdtypes.DnsConfig{DnsRecords: []sdtypes.DnsRecord{{Type: kind, TTL: aws.Int64(1)}}},
	})
	d.ok(err)
	return out.Service
}

// dig asks the tasks' resolver from outside, over UDP and TCP, and answers with
// the addresses, sorted.
func (d *discovery) dig(name string) []string {
	d.Helper()
	var got []string
	for i, network := range []string{"udp", "tcp"} {
		c := dns.Client{Net: network, Timeout: time.Minute}
		m, _, err := c.Exchange(new(dns.Msg).SetQuestion(name+".", dns.TypeA), d.resolver)
		d.ok(err)
		var here []string
		for _, rr := range m.Answer {
			if a, ok := rr.(*dns.A); ok {
				here = append(here, a.A.String())
			}
		}
		slices.Sort(here)
		if i > 0 && !slices.Equal(got, here) {
			return nil // it changed in between
		}
		got = here
	}
	return got
}

// follows waits until a name stands for exactly the running tasks of a service.
func (d *discovery) follows(name string, s *harness.Service, count int) {
	d.Helper()
	var want, got []string
	harness.Await(d, fmt.Sprintf("%s stands for %d tasks", name, count), func() bool {
		want = nil
		for _, t := range s.Details(d) {
			if aws.ToString(t.LastStatus) == "RUNNING" && aws.ToString(t.DesiredStatus) == "RUNNING" {
				want = append(want, harness.Detail(t, "privateIPv4Address"))
			}
		}
		slices.Sort(want)
		got = d.dig(name)
		return len(want) == count && slices.Equal(want, got)
	})
}

// calls calls a URL from inside the task, a lookup and a connection each, until
// it is stopped; the answers that failed are what stop returns.
func (d *discovery) calls(url string) (seen func(answer string) bool, stop func() []string) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	answers, failed, ended := map[string]bool{}, []string{}, make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-ended:
				return
			default:
			}
			out, err := try(d.client, "fresh", url, "25")
			mu.Lock()
			if err != nil {
				failed = append(failed, err.Error())
			}
			for line := range strings.Lines(out) {
				_, answer, _ := strings.Cut(strings.TrimSpace(line), " ")
				answers[answer] = true
				if strings.HasPrefix(answer, "error") {
					failed = append(failed, strings.TrimSpace(line))
				}
			}
			mu.Unlock()
		}
	})
	end := sync.OnceFunc(func() { close(ended); wg.Wait() })
	d.Cleanup(end)
	seen = func(answer string) bool { mu.Lock(); defer mu.Unlock(); return answers[answer] }
	return seen, func() []string { end(); return failed }
}

// TestServiceRegistries: the tasks of a service are found by its name, while it
// scales, while it deploys, and while grue's processes are killed.
func TestServiceRegistries(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	g := harness.Start(t, "--minute", "1s")
	d := newDiscovery(t, g, "prod.local")
	registry := d.registry("api", sdtypes.RecordTypeA)
	if out := ask(t, d.client, "resolve", "api.prod.local"); !strings.Contains(out, "no such host") {
		t.Errorf("a name without tasks: %q", out)
	}
	svc := g.NewServiceOf(t, harness.ServiceSpec{Name: "api", Image: g.Guest(t, "v1", ""), Count: 2, NoBalancer: true, Create: func(in *ecs.CreateServiceInput) {
		in.ServiceRegistries = []types.ServiceRegistry{{RegistryArn: registry.Arn, Port: aws.Int32(8080)}}
	}})
	d.follows("api.prod.local", svc, 2)
	inside := strings.Fields(ask(t, d.client, "resolve", "API.prod.local"))
	slices.Sort(inside)
	if want := d.dig("api.prod.local"); !slices.Equal(inside, want) {
		t.Errorf("in a task %v, outside %v", inside, want)
	}
	found, err := d.c.ListInstances(ctx, &servicediscovery.ListInstancesInput{ServiceId: registry.Id})
	d.ok(err)
	for _, i := range found.Instances {
		a := i.Attributes
		if !slices.ContainsFunc(svc.Tasks(t), func(arn string) bool { return strings.HasSuffix(arn, "/"+*i.Id) }) || a["AWS_INSTANCE_PORT"] != "8080" || a["ECS_SERVICE_NAME"] != "api" ||
			a["ECS_CLUSTER_NAME"] != "default" || a["ECS_TASK_DEFINITION_FAMILY"] != "api" || a["REGION"] != "us-east-1" || !strings.HasPrefix(a["AVAILABILITY_ZONE"], "us-east-1") || !slices.Contains(inside, a["AWS_INSTANCE_IPV4"]) {
			t.Errorf("instance %s %v", *i.Id, a)
		}
	}
	rev, err := g.ECS().DescribeServiceRevisions(ctx, &ecs.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{*svc.Newest(t).TargetServiceRevision.Arn}})
	d.ok(err)
	if r := rev.ServiceRevisions[0].ServiceRegistries; len(r) != 1 || *r[0].RegistryArn != *registry.Arn || *r[0].Port != 8080 {
		t.Errorf("serviceRegistries of the revision: %+v", r)
	}

	seen, stop := d.calls("http://api.prod.local:8080/")
	svc.Scale(t, 3)
	d.follows("api.prod.local", svc, 3)
	svc.Scale(t, 1)
	d.follows("api.prod.local", svc, 1)
	g.Kill("server")
	svc.Update(t, g.Guest(t, "v2", ""))
	if got := svc.Wait(t); got != types.ServiceDeploymentStatusSuccessful {
		t.Errorf("%s\n%s", got, svc.Story(t))
	}
	d.follows("api.prod.local", svc, 1)
	harness.Await(t, "answers of v2", func() bool { return seen("v2") })
	if failed := stop(); len(failed) > 0 || !seen("v1") {
		t.Errorf("calls that failed: %v", failed)
	}

	before := d.dig("api.prod.local")
	g.Kill("server")
	g.Kill("proxy")
	harness.Await(t, "the name is answered after the kills", func() bool {
		c := dns.Client{Timeout: 5 * time.Second} // a question that dies with the proxy is asked again
		m, _, err := c.Exchange(new(dns.Msg).SetQuestion("api.prod.local.", dns.TypeA), d.resolver)
		return err == nil && len(m.Answer) == 1 && m.Answer[0].(*dns.A).A.String() == before[0]
	})
	g.Healthy()
	svc.Scale(t, 0)
	harness.Await(t, "nobody is left", func() bool { return strings.Contains(ask(t, d.client, "resolve", "api.prod.local"), "no such host") })
	svc.Wait(t)
	_, err = d.c.DeleteService(ctx, &servicediscovery.DeleteServiceInput{Id: registry.Id})
	d.ok(err)
}

// TestServiceRegistryPorts: tasks in bridge mode are found by SRV records, at the
// machine's address and their host ports.
func TestServiceRegistryPorts(t *testing.T) {
	t.Parallel()
	g := harness.Quick(t)
	d := newDiscovery(t, g, "ports.local")
	registry := d.registry("_web._tcp", sdtypes.RecordTypeSrv)
	spec := bridged("registry-ports", g.Guest(t, "v1", ""), 2)
	create := spec.Create
	spec.NoBalancer, spec.Create = true, func(in *ecs.CreateServiceInput) {
		if create != nil {
			create(in)
		}
		in.ServiceRegistries = []types.ServiceRegistry{{RegistryArn: registry.Arn, ContainerName: aws.String("app"), ContainerPort: aws.Int32(8080)}}
	}
	svc := g.NewServiceOf(t, spec)
	var hosts []string
	harness.Await(t, "two hosts", func() bool {
		hosts = strings.Fields(ask(t, d.client, "srv", "_web._tcp.ports.local"))
		return len(hosts) == 2 && !strings.HasPrefix(hosts[0], "error")
	})
	for _, x := range svc.Details(t) {
		port := fmt.Sprint(":", *x.Containers[0].NetworkBindings[0].HostPort)
		if !slices.ContainsFunc(hosts, func(h string) bool { return strings.HasSuffix(h, port) }) {
			t.Errorf("host port %s is not among %v", port, hosts)
		}
	}
	for _, h := range hosts {
		harness.Await(t, h+" answers", func() bool { return ask(t, d.client, "get", "http://"+h+"/") == "v1" })
	}
	_, err := g.ECS().UpdateService(context.Background(), &ecs.UpdateServiceInput{Service: &svc.Name, ServiceRegistries: []types.ServiceRegistry{}})
	d.ok(err)
	svc.Wait(t)
	harness.Await(t, "the registry is empty", func() bool {
		found, err := d.c.ListInstances(context.Background(), &servicediscovery.ListInstancesInput{ServiceId: registry.Id})
		return err == nil && len(found.Instances) == 0
	})
}
