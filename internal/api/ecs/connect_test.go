package ecs

import (
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

type (
	connectConfig  = types.ServiceConnectConfiguration
	connectService = types.ServiceConnectService
	connectAlias   = types.ServiceConnectClientAlias
)

// named gives the container's port a name and an application protocol.
func named(name string, app types.ApplicationProtocol) func(*sdk.RegisterTaskDefinitionInput) {
	return func(in *sdk.RegisterTaskDefinitionInput) {
		in.ContainerDefinitions[0].PortMappings[0].Name, in.ContainerDefinitions[0].PortMappings[0].AppProtocol = &name, app
		in.ContainerDefinitions[0].PortMappings = append(in.ContainerDefinitions[0].PortMappings, types.PortMapping{Name: ptr("db"), ContainerPort: ptr[int32](5432)})
	}
}

func endpoint(port string, alias ...connectAlias) connectService {
	return connectService{PortName: &port, ClientAliases: alias}
}

func on(port int32, name string) connectAlias { return connectAlias{Port: &port, DnsName: text(name)} }

func connected(namespace string, list ...connectService) func(*sdk.CreateServiceInput) {
	return func(in *sdk.CreateServiceInput) {
		in.ServiceConnectConfiguration = &connectConfig{Enabled: true, Namespace: text(namespace), Services: list}
	}
}

// namespace makes one the way ECS does, and returns its ARN.
func (w *world) namespace(name string) string {
	w.Helper()
	out, err := w.s.CreateCluster(w.ctx, &sdk.CreateClusterInput{ClusterName: &name, ServiceConnectDefaults: &types.ClusterServiceConnectDefaultsRequest{Namespace: &name}})
	return *must(w, out, err).Cluster.ServiceConnectDefaults.Namespace
}

// edit changes the first service of the configuration.
func edit(f func(*connectService)) func(*sdk.CreateServiceInput) {
	return func(in *sdk.CreateServiceInput) {
		s := endpoint("web", on(80, "web"))
		f(&s)
		connected("mesh", s)(in)
	}
}

func configured(f func(*connectConfig)) func(*sdk.CreateServiceInput) {
	return func(in *sdk.CreateServiceInput) {
		connected("mesh", endpoint("web", on(80, "web")))(in)
		f(in.ServiceConnectConfiguration)
	}
}

func TestConnectRefuses(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	w.namespace("mesh")
	http, plain := w.define("http", named("web", "http")), w.define("plain", named("web", ""))
	host := w.define("host", bridge, named("web", "http"), func(in *sdk.RegisterTaskDefinitionInput) {
		in.NetworkMode = types.NetworkModeHost
	})
	old := w.define("old", bridge, named("web", "http"))
	w.create(web(http, connected("mesh", endpoint("web", on(80, "taken"))), func(in *sdk.CreateServiceInput) { in.ServiceName = ptr("first") }))
	ca := &types.ServiceConnectTlsCertificateAuthority{AwsPcaAuthorityArn: ptr("arn:aws:acm-pca:us-east-1:000000000000:certificate-authority/1")}
	header := func(name, value *string) func(*connectService) {
		return func(s *connectService) {
			s.DiscoveryName = ptr("x")
			s.ClientAliases[0].TestTrafficRules = &types.ServiceConnectTestTrafficRules{Header: &types.ServiceConnectTestTrafficHeaderRules{Name: name, Value: &types.ServiceConnectTestTrafficHeaderMatchRules{Exact: value}}}
		}
	}
	for _, tt := range []struct {
		name, definition string
		change           func(*sdk.CreateServiceInput)
		code, message    string
	}{
		{"no namespace", http, connected("", endpoint("web", on(80, ""))), "InvalidParameterException", "requires a namespace"},
		{"unknown namespace", http, connected("nowhere"), "NamespaceNotFoundException", "nowhere"},
		{"unknown port name", http, connected("mesh", endpoint("api", on(80, ""))), "InvalidParameterException", "The portName 'api'"},
		{"no alias", http, connected("mesh", endpoint("web")), "InvalidParameterException", "exactly one of clientAliases"},
		{"two aliases", http, connected("mesh", endpoint("web", on(80, "a"), on(81, "b"))), "InvalidParameterException", "exactly one of clientAliases"},
		{"port name twice", http, connected("mesh", endpoint("web", on(80, "a")), endpoint("web", on(81, "b"))), "InvalidParameterException", "Duplicate portName"},
		{"alias twice", http, connected("mesh", endpoint("web", on(80, "a")), endpoint("db", on(80, "a"))), "InvalidParameterException", "Duplicate client alias"},
		{"alias without port", http, connected("mesh", endpoint("web", connectAlias{})), "InvalidParameterException", "requires port"},
		{"alias port", http, connected("mesh", endpoint("web", on(65536, ""))), "InvalidParameterException", "clientAliases.port"},
		{"alias name", http, connected("mesh", endpoint("web", on(80, "-a"))), "InvalidParameterException", "dnsName"},
		{"alias name with an empty part", http, connected("mesh", endpoint("web", on(80, "a..b"))), "InvalidParameterException", "dnsName"},
		{"alias name that is an address", http, connected("mesh", endpoint("web", on(80, "10.0.0.1"))), "InvalidParameterException", "dnsName"},
		{"alias name of the task itself", http, connected("mesh", endpoint("web", on(80, "localhost"))), "InvalidParameterException", "dnsName"},
		{"discovery name", http, edit(func(s *connectService) { s.DiscoveryName = ptr("Web") }), "InvalidParameterException", "discoveryName"},
		{"discovery name taken", http, edit(func(*connectService) {}), "InvalidParameterException", "the discovery name web is already used"},
		{"alias taken", http, edit(func(s *connectService) { s.DiscoveryName, s.ClientAliases[0].DnsName = ptr("x"), ptr("taken") }), "InvalidParameterException", "the client alias taken:80 is already used"},
		{"request time-out of TCP", plain, edit(func(s *connectService) {
			s.Timeout = &types.TimeoutConfiguration{PerRequestTimeoutSeconds: ptr[int32](1)}
		}), "InvalidParameterException", "perRequestTimeoutSeconds requires the appProtocol"},
		{"negative time-out", http, edit(func(s *connectService) { s.Timeout = &types.TimeoutConfiguration{IdleTimeoutSeconds: ptr[int32](-1)} }), "InvalidParameterException", "idleTimeoutSeconds"},
		{"test traffic of TCP", plain, edit(header(ptr("x"), ptr("y"))), "InvalidParameterException", "testTrafficRules requires the appProtocol"},
		{"test header without name", http, edit(header(nil, ptr("y"))), "InvalidParameterException", "requires name"},
		{"test header without value", http, edit(header(ptr("x"), nil)), "InvalidParameterException", "requires exact"},
		{"test header's name", http, edit(header(ptr("x y"), ptr("z"))), "InvalidParameterException", "not the name of a header"},
		{"test header's value", http, edit(header(ptr("x"), ptr("y\nz"))), "InvalidParameterException", "not the value of a header"},
		{"ingress port of a container", http, edit(func(s *connectService) { s.IngressPortOverride = ptr[int32](80) }), "InvalidParameterException", "ingressPortOverride 80"},
		{"tls without authority", http, edit(func(s *connectService) { s.Tls = &types.ServiceConnectTlsConfiguration{} }), "InvalidParameterException", "awsPcaAuthorityArn"},
		{"tls with an odd authority", http, edit(func(s *connectService) {
			s.Tls = &types.ServiceConnectTlsConfiguration{IssuerCertificateAuthority: &types.ServiceConnectTlsCertificateAuthority{AwsPcaAuthorityArn: ptr("x")}}
		}), "InvalidParameterException", "awsPcaAuthorityArn must be"},
		{"tls in bridge mode", old, func(in *sdk.CreateServiceInput) {
			edit(func(s *connectService) { s.Tls = &types.ServiceConnectTlsConfiguration{IssuerCertificateAuthority: ca} })(in)
			in.LaunchType, in.NetworkConfiguration = types.LaunchTypeEc2, nil
		}, "InvalidParameterException", "awsvpc only"},
		{"host mode", host, func(in *sdk.CreateServiceInput) {
			connected("mesh")(in)
			in.LaunchType, in.NetworkConfiguration = types.LaunchTypeEc2, nil
		}, "InvalidParameterException", "network mode host"},
		{"access log without log", http, configured(func(c *connectConfig) {
			c.AccessLogConfiguration = &types.ServiceConnectAccessLogConfiguration{Format: "TEXT"}
		}), "InvalidParameterException", "requires logConfiguration"},
		{"access log format", http, configured(func(c *connectConfig) {
			c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "g"}}
			c.AccessLogConfiguration = &types.ServiceConnectAccessLogConfiguration{Format: "XML"}
		}), "InvalidParameterException", "accessLogConfiguration.format"},
		{"log without group", http, configured(func(c *connectConfig) {
			c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverAwslogs}
		}), "InvalidParameterException", "awslogs-group"},
		{"log driver", http, configured(func(c *connectConfig) {
			c.LogConfiguration = &types.LogConfiguration{LogDriver: types.LogDriverSplunk}
		}), "UnsupportedFeatureException", "splunk"},
		{"log level", http, configured(func(c *connectConfig) {
			c.ContainerConfigurations = []types.ServiceConnectContainerConfiguration{&types.ServiceConnectContainerConfigurationMemberLogLevel{Value: "loud"}}
		}), "InvalidParameterException", "logLevel"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.s.CreateService(w.ctx, web(tt.definition, tt.change))
			refused(t, err, tt.code, tt.message)
		})
	}
	if n := w.cloudMapServices(); n != 1 {
		t.Errorf("refused requests left %d Cloud Map services, want the one of the first", n)
	}
}

func (w *world) cloudMapServices() (n int) {
	w.st.View(func(tx *store.Tx) {
		for range cloudmap.Services(tx, home) {
			n++
		}
	})
	return n
}

// revision is what the primary revision of a service keeps.
func (w *world) connect(service string) (c *state.Connect) {
	w.st.View(func(tx *store.Tx) {
		svc, _ := state.Services.Get(tx, home.Key("default", service))
		rev, _ := state.Revisions.Get(tx, svc.Key()+"/"+svc.Primary)
		c = rev.Connect
	})
	return c
}

func TestConnectLife(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	ns := w.namespace("mesh")
	_, err := w.s.UpdateCluster(w.ctx, &sdk.UpdateClusterInput{Cluster: ptr("default"), ServiceConnectDefaults: &types.ClusterServiceConnectDefaultsRequest{Namespace: &ns}})
	must(w, 0, err)
	http := w.define("http", named("web", "http"))
	made := w.create(web(http, connected("", endpoint("web", on(80, "")), endpoint("db", on(5432, "database")))))
	d := made.Deployments[0]
	if *d.ServiceConnectConfiguration.Namespace != ns || len(d.ServiceConnectResources) != 2 || *d.ServiceConnectResources[0].DiscoveryName != "web" ||
		!strings.HasPrefix(*d.ServiceConnectResources[0].DiscoveryArn, "arn:aws:servicediscovery:us-east-1:000000000000:service/srv-") {
		t.Errorf("%+v", d)
	}
	c := w.connect("web")
	if e := c.Endpoints[0]; e.DNSName != "web.mesh" || e.Protocol != "HTTP" || e.Request.Seconds() != 15 || e.Idle.Minutes() != 5 || e.TestHeader != testHeader {
		t.Errorf("%+v", e)
	}
	if e := c.Endpoints[1]; e.DNSName != "database" || e.Protocol != "TCP" || e.Request != 0 || e.Idle.Hours() != 1 || e.TestHeader != "" {
		t.Errorf("%+v", e)
	}
	list, err := w.s.ListServicesByNamespace(w.ctx, &sdk.ListServicesByNamespaceInput{Namespace: ptr("mesh")})
	if must(w, list, err); !slices.Equal(list.ServiceArns, []string{*made.ServiceArn}) {
		t.Errorf("%v", list.ServiceArns)
	}
	_, err = w.s.ListServicesByNamespace(w.ctx, &sdk.ListServicesByNamespaceInput{Namespace: ptr("none")})
	refused(t, err, "NamespaceNotFoundException", "none")

	update := func(in *sdk.UpdateServiceInput) (*types.Service, error) {
		in.Service = ptr("web")
		out, err := w.s.UpdateService(w.ctx, in)
		if err != nil {
			return nil, err
		}
		return out.Service, nil
	}
	same, err := update(&sdk.UpdateServiceInput{DesiredCount: ptr[int32](3)})
	if must(w, 0, err); *same.Deployments[0].Id != *d.Id {
		t.Error("what did not change started a deployment")
	}
	grpc := w.define("http", named("web", "grpc"))
	_, err = update(&sdk.UpdateServiceInput{TaskDefinition: &grpc})
	refused(t, err, "InvalidParameterException", "appProtocol of the port mapping web cannot change from HTTP to GRPC")
	less, err := update(&sdk.UpdateServiceInput{ServiceConnectConfiguration: &connectConfig{Enabled: true}})
	if must(w, 0, err); *less.Deployments[0].Id == *d.Id || len(less.Deployments[0].ServiceConnectResources) != 0 {
		t.Errorf("%+v", less.Deployments[0])
	}
	forced, err := update(&sdk.UpdateServiceInput{ForceNewDeployment: true})
	if must(w, 0, err); *forced.Deployments[0].Id == *less.Deployments[0].Id || w.connect("web") == nil {
		t.Errorf("%+v", forced.Deployments[0])
	}
	off, err := update(&sdk.UpdateServiceInput{ServiceConnectConfiguration: &connectConfig{}})
	if must(w, 0, err); off.Deployments[0].ServiceConnectConfiguration != nil || w.connect("web") != nil {
		t.Errorf("%+v", off.Deployments[0])
	}
	revs, err := w.s.DescribeServiceRevisions(w.ctx, &sdk.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{*less.CurrentServiceRevisions[0].Arn}})
	if must(w, 0, err); revs.ServiceRevisions[0].ServiceConnectConfiguration == nil {
		t.Error("the revision does not show its configuration")
	}
	bare, err := w.s.UpdateCluster(w.ctx, &sdk.UpdateClusterInput{Cluster: ptr("default"), ServiceConnectDefaults: &types.ClusterServiceConnectDefaultsRequest{Namespace: ptr("")}})
	if must(w, 0, err); bare.Cluster.ServiceConnectDefaults != nil {
		t.Errorf("%+v", bare.Cluster.ServiceConnectDefaults)
	}
}

// TestConnectTasks: tasks are registered in Cloud Map, know the endpoints of the
// time when their deployment began, and show the proxy.
func TestConnectTasks(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.cluster()
	w.namespace("mesh")
	http := w.define("http", named("web", "http"))
	w.create(web(http, connected("mesh", endpoint("web", on(80, "shop")))))
	w.await("web", "stable", stable)
	instances := func() (n int) {
		w.st.View(func(tx *store.Tx) {
			for _, s := range cloudmap.Services(tx, home) {
				n += cloudmap.CountInstances(tx, s.ID)
			}
		})
		return n
	}
	if n := instances(); n != 2 {
		t.Errorf("%d instances in Cloud Map, want 2", n)
	}
	if k := w.connect("web").Known; len(k) != 1 || !slices.Equal(k[0].Names, []string{"shop", "web.mesh"}) || k[0].VIP != "127.255.0.1" || k[0].Port != 80 {
		t.Errorf("%+v", k)
	}
	tasks, err := w.s.ListTasks(w.ctx, &sdk.ListTasksInput{ServiceName: ptr("web")})
	must(w, 0, err)
	out, err := w.s.DescribeTasks(w.ctx, &sdk.DescribeTasksInput{Tasks: tasks.TaskArns})
	must(w, 0, err)
	for _, x := range out.Tasks {
		if c := x.Containers; len(c) != 2 || !strings.HasPrefix(*c[1].Name, "ecs-service-connect-") || *c[1].LastStatus != "RUNNING" {
			t.Errorf("%+v", c)
		}
	}
	_, err = w.s.DeleteService(w.ctx, &sdk.DeleteServiceInput{Service: ptr("web"), Force: ptr(true)})
	must(w, 0, err)
	w.await("web", "gone", func(s types.Service) bool { return *s.Status == inactive })
	if n := w.cloudMapServices() + instances(); n != 0 {
		t.Errorf("%d services and instances are left in Cloud Map", n)
	}
}
