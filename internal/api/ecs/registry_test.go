package ecs

import (
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/store"
)

// registries makes a Cloud Map service with each kind of record; it returns their
// ARNs by kind, and one without records under "".
func (w *world) registries() map[string]string {
	w.Helper()
	out := map[string]string{}
	must(w, 0, w.st.Update(func(tx *store.Tx) error {
		n := &cloudmap.Namespace{Scope: home, Name: "prod.local", Type: cloudmap.DNSPrivate, Created: time.Now()}
		if err := cloudmap.CreateNamespace(tx, n); err != nil {
			return err
		}
		for _, kind := range []string{"A", "AAAA", "SRV", "CNAME", ""} {
			x := cloudmap.Service{Scope: home, NamespaceID: n.ID, Name: "s" + kind}
			if kind != "" {
				x.Records = []cloudmap.Record{{Type: kind, TTL: 60}}
			}
			made, err := cloudmap.CreateService(tx, x)
			if err != nil {
				return err
			}
			out[kind] = made.ARN()
		}
		return nil
	}))
	return out
}

func TestRegistryRefused(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	arns := w.registries()
	fargate, ec2 := w.define("web"), w.define("old", bridge)
	app, port := ptr("app"), ptr[int32](80)
	type registry = types.ServiceRegistry
	for _, c := range []struct {
		name, definition string
		list             []registry
		message          string
	}{
		{"two", fargate, []registry{{RegistryArn: ptr(arns["A"])}, {RegistryArn: ptr(arns["SRV"])}}, "at most 1"},
		{"no arn", fargate, []registry{{}}, "registryArn"},
		{"unknown", fargate, []registry{{RegistryArn: ptr(arns["A"] + "x")}}, "does not exist"},
		{"an id", fargate, []registry{{RegistryArn: ptr(arns["A"][len(arns["A"])-20:])}}, "does not exist"},
		{"another service", fargate, []registry{{RegistryArn: ptr("arn:aws:ecs:us-east-1:000000000000:service/a/b")}}, "does not exist"},
		{"another region", fargate, []registry{{RegistryArn: ptr("arn:aws:servicediscovery:eu-west-1:000000000000:service/srv-1")}}, "does not exist"},
		{"port and container", fargate, []registry{{RegistryArn: ptr(arns["SRV"]), Port: port, ContainerName: app, ContainerPort: port}}, "not both"},
		{"half a container", fargate, []registry{{RegistryArn: ptr(arns["SRV"]), ContainerName: app}}, "belong together"},
		{"odd port", fargate, []registry{{RegistryArn: ptr(arns["SRV"]), Port: ptr[int32](0)}}, "between 1 and 65535"},
		{"unknown container", fargate, []registry{{RegistryArn: ptr(arns["SRV"]), ContainerName: ptr("x"), ContainerPort: port}}, "The container x does not exist"},
		{"unknown port", fargate, []registry{{RegistryArn: ptr(arns["SRV"]), ContainerName: app, ContainerPort: ptr[int32](81)}}, "did not have a container port 81"},
		{"no port", fargate, []registry{{RegistryArn: ptr(arns["SRV"])}}, "SRV records"},
		{"name", fargate, []registry{{RegistryArn: ptr(arns["CNAME"])}}, "CNAME"},
		{"IPv6", fargate, []registry{{RegistryArn: ptr(arns["AAAA"])}}, "AAAA"},
		{"addresses in bridge mode", ec2, []registry{{RegistryArn: ptr(arns["A"]), ContainerName: app, ContainerPort: port}}, "awsvpc"},
		{"port in bridge mode", ec2, []registry{{RegistryArn: ptr(arns["SRV"]), Port: port}}, "containerName and containerPort"},
	} {
		_, err := w.s.CreateService(w.ctx, web(c.definition, func(in *sdk.CreateServiceInput) {
			in.ServiceRegistries = c.list
			if c.definition == ec2 {
				in.LaunchType, in.NetworkConfiguration = types.LaunchTypeEc2, nil
			}
		}))
		t.Run(c.name, func(t *testing.T) { refused(t, err, "InvalidParameterException", c.message) })
	}
	for _, c := range []struct {
		name, definition string
		registry         registry
	}{
		{"addresses", fargate, registry{RegistryArn: ptr(arns["A"])}},
		{"addresses-port", fargate, registry{RegistryArn: ptr(arns["A"]), Port: port}},
		{"srv", fargate, registry{RegistryArn: ptr(arns["SRV"]), ContainerName: app, ContainerPort: port}},
		{"api", fargate, registry{RegistryArn: ptr(arns[""])}},
		{"bridge", ec2, registry{RegistryArn: ptr(arns["SRV"]), ContainerName: app, ContainerPort: port}},
	} {
		s := w.create(web(c.definition, func(in *sdk.CreateServiceInput) {
			in.ServiceName, in.ServiceRegistries = ptr(c.name), []registry{c.registry}
			if c.definition == ec2 {
				in.LaunchType, in.NetworkConfiguration = types.LaunchTypeEc2, nil
			}
		}))
		if len(s.ServiceRegistries) != 1 || *s.ServiceRegistries[0].RegistryArn != *c.registry.RegistryArn {
			t.Errorf("%s: %+v", c.name, s.ServiceRegistries)
		}
	}
}

// A changed registry is a new revision; the same one, or none, changes nothing; an
// empty list removes it.
func TestRegistryUpdate(t *testing.T) {
	w := newWorld(t)
	w.cluster()
	arns := w.registries()
	w.define("web")
	first := w.create(web("web", func(in *sdk.CreateServiceInput) {
		in.ServiceRegistries = []types.ServiceRegistry{{RegistryArn: ptr(arns["A"])}}
	}))
	revision := *first.CurrentServiceRevisions[0].Arn
	update := func(list []types.ServiceRegistry) *types.Service {
		t.Helper()
		out, err := w.s.UpdateService(w.ctx, &sdk.UpdateServiceInput{Service: ptr("web"), ServiceRegistries: list})
		return must(w, out, err).Service
	}
	for _, c := range []struct {
		what    string
		list    []types.ServiceRegistry
		changes bool
		want    string
	}{
		{"nothing said", nil, false, arns["A"]},
		{"the same", []types.ServiceRegistry{{RegistryArn: ptr(arns["A"])}}, false, arns["A"]},
		{"another port", []types.ServiceRegistry{{RegistryArn: ptr(arns["A"]), Port: ptr[int32](80)}}, true, arns["A"]},
		{"another registry", []types.ServiceRegistry{{RegistryArn: ptr(arns["SRV"]), Port: ptr[int32](80)}}, true, arns["SRV"]},
		{"none", []types.ServiceRegistry{}, true, ""},
	} {
		s := update(c.list)
		var now string
		for _, d := range s.Deployments {
			if *d.Status == "PRIMARY" {
				now = *d.Id
			}
		}
		primary := "ecs-svc/" + revision[len(revision)-19:]
		if (now != primary) != c.changes {
			t.Errorf("%s: deployment %s, was %s", c.what, now, primary)
		}
		revision = revision[:len(revision)-19] + now[len(now)-19:]
		revs, err := w.s.DescribeServiceRevisions(w.ctx, &sdk.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{revision}})
		list := must(w, revs, err).ServiceRevisions[0].ServiceRegistries
		if len(list) != len(s.ServiceRegistries) || c.want == "" && len(list) != 0 || c.want != "" && (len(list) != 1 || *list[0].RegistryArn != c.want) {
			t.Errorf("%s: revision %+v, service %+v", c.what, list, s.ServiceRegistries)
		}
	}
	_, err := w.s.UpdateService(w.ctx, &sdk.UpdateServiceInput{Service: ptr("web"), ServiceRegistries: []types.ServiceRegistry{{RegistryArn: ptr("x")}}})
	refused(t, err, "InvalidParameterException", "does not exist")
}
