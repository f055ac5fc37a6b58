package servicediscovery

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
)

func TestServices(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	ns, plain := w.private("prod.local"), w.http("plain")
	in := &sdk.CreateServiceInput{
		Name: aws.String("api"), NamespaceId: &ns, DnsConfig: dns(types.RoutingPolicyWeighted, "A"), HealthCheckCustomConfig: custom,
		CreatorRequestId: aws.String("once"), Description: aws.String("d"),
	}
	in.DnsConfig.NamespaceId = &ns
	s := w.service(in)
	if s.Type != types.ServiceTypeDnsHttp || *s.NamespaceId != ns || *s.InstanceCount != 0 || s.DnsConfig.RoutingPolicy != types.RoutingPolicyWeighted ||
		*s.DnsConfig.DnsRecords[0].TTL != 60 || *s.HealthCheckCustomConfig.FailureThreshold != 1 || *s.Arn != "arn:aws:servicediscovery:eu-west-1:000000000000:service/"+*s.Id {
		t.Errorf("service %+v", s)
	}
	if again := w.service(in); *again.Id != *s.Id {
		t.Errorf("a repeated request made %s beside %s", *again.Id, *s.Id)
	}
	in.CreatorRequestId = aws.String("twice")
	in.Name = aws.String("API") // names of services with DNS differ by more than case
	_, err := w.c.CreateService(ctx, in)
	var exists *types.ServiceAlreadyExists
	if !errors.As(err, &exists) || *exists.ServiceId != *s.Id || *exists.ServiceArn != *s.Arn || *exists.CreatorRequestId != "once" {
		t.Errorf("a taken name: %v", err)
	}
	api := w.service(&sdk.CreateServiceInput{Name: aws.String("only-api"), NamespaceId: &ns, Type: types.ServiceTypeOptionHttp})
	w.service(&sdk.CreateServiceInput{Name: aws.String("x"), NamespaceId: &plain})
	if api.Type != types.ServiceTypeHttp || api.DnsConfig != nil {
		t.Errorf("service %+v", api)
	}
	list, err := w.c.ListServices(ctx, &sdk.ListServicesInput{Filters: []types.ServiceFilter{{Name: "NAMESPACE_ID", Values: []string{ns}}}})
	w.ok(err)
	if len(list.Services) != 2 {
		t.Errorf("%d services", len(list.Services))
	}
	n, err := w.c.GetNamespace(ctx, &sdk.GetNamespaceInput{Id: &ns})
	w.ok(err)
	if *n.Namespace.ServiceCount != 2 {
		t.Errorf("%d services counted", *n.Namespace.ServiceCount)
	}
	_, err = w.c.DeleteNamespace(ctx, &sdk.DeleteNamespaceInput{Id: &ns})
	fails(t, err, "ResourceInUse", "2 services")

	w.register(s, "i1", map[string]string{"AWS_INSTANCE_IPV4": "10.0.0.1"})
	_, err = w.c.DeleteService(ctx, &sdk.DeleteServiceInput{Id: s.Id})
	fails(t, err, "ResourceInUse", "1 instances")
	change := &types.ServiceChange{Description: aws.String("new"), DnsConfig: &types.DnsConfigChange{DnsRecords: []types.DnsRecord{{Type: "A", TTL: aws.Int64(5)}}}}
	up, err := w.c.UpdateService(ctx, &sdk.UpdateServiceInput{Id: s.Arn, Service: change})
	w.ok(err)
	w.target(up.OperationId, "SERVICE")
	if r := w.table().Records["api.prod.local"]; r == nil || r.TTL["A"] != 5 || !r.Weighted || len(r.Hosts) != 1 {
		t.Errorf("records %+v", r)
	}
	change.DnsConfig.DnsRecords[0].Type = "SRV"
	_, err = w.c.UpdateService(ctx, &sdk.UpdateServiceInput{Id: s.Id, Service: change})
	fails(t, err, "InvalidInput", "cannot change")
	w.ok(second(w.c.DeregisterInstance(ctx, &sdk.DeregisterInstanceInput{ServiceId: s.Id, InstanceId: aws.String("i1")})))
	w.ok(second(w.c.DeleteService(ctx, &sdk.DeleteServiceInput{Id: s.Id})))
	_, err = w.c.GetService(ctx, &sdk.GetServiceInput{Id: s.Id})
	fails(t, err, "ServiceNotFound", *s.Id)
}

func second[T any](_ T, err error) error { return err }

func TestServiceRefused(t *testing.T) {
	t.Parallel()
	w := start(t)
	ns, plain := w.private("prod.local"), w.http("plain")
	name := aws.String("api")
	for _, c := range []struct {
		in         sdk.CreateServiceInput
		code, part string
	}{
		{sdk.CreateServiceInput{Name: aws.String("a..b"), NamespaceId: &ns}, "InvalidInput", "Name"},
		{sdk.CreateServiceInput{Name: aws.String("-a"), NamespaceId: &ns}, "InvalidInput", "Name"},
		{sdk.CreateServiceInput{Name: aws.String(strings.Repeat("a", 128)), NamespaceId: &ns}, "InvalidInput", "127"},
		{sdk.CreateServiceInput{Name: name}, "InvalidInput", "NamespaceId is required"},
		{sdk.CreateServiceInput{Name: name, NamespaceId: aws.String("ns-x")}, "NamespaceNotFound", "ns-x"},
		{sdk.CreateServiceInput{Name: name, NamespaceId: &plain, DnsConfig: dns("", "A")}, "InvalidInput", "HTTP"},
		{sdk.CreateServiceInput{Name: name, NamespaceId: &ns, DnsConfig: dns("")}, "InvalidInput", "DnsRecords"},
		{sdk.CreateServiceInput{Name: name, NamespaceId: &ns, DnsConfig: dns("", "A", "SRV")}, "InvalidInput", "together"},
		{sdk.CreateServiceInput{Name: name, NamespaceId: &ns, DnsConfig: dns("", "TXT")}, "InvalidInput", "together"},
		{sdk.CreateServiceInput{Name: name, NamespaceId: &ns, DnsConfig: dns("", "CNAME")}, "InvalidInput", "WEIGHTED"},
		{sdk.CreateServiceInput{Name: name, NamespaceId: &ns, DnsConfig: dns("LATENCY", "A")}, "InvalidInput", "RoutingPolicy"},
		{sdk.CreateServiceInput{Name: name, NamespaceId: &ns, DnsConfig: dns("", "A"), Type: "HTTP"}, "InvalidInput", "DnsConfig"},
		{sdk.CreateServiceInput{Name: name, NamespaceId: &ns, Type: "DNS"}, "InvalidInput", "Type"},
		{sdk.CreateServiceInput{Name: name, NamespaceId: &plain, HealthCheckCustomConfig: custom, HealthCheckConfig: &types.HealthCheckConfig{Type: "TCP"}}, "InvalidInput", "not both"},
		{sdk.CreateServiceInput{Name: name, NamespaceId: &plain, HealthCheckConfig: &types.HealthCheckConfig{Type: "TCP"}}, "InvalidInput", "HealthCheckCustomConfig"},
	} {
		_, err := w.c.CreateService(t.Context(), &c.in)
		fails(t, err, c.code, c.part)
	}
	if out, err := w.c.ListServices(t.Context(), &sdk.ListServicesInput{}); err != nil || len(out.Services) != 0 {
		t.Errorf("after refusals: %v %v", out, err)
	}
}

func TestServiceAttributes(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	ns := w.http("plain")
	s := w.service(&sdk.CreateServiceInput{Name: aws.String("x"), NamespaceId: &ns})
	w.ok(second(w.c.UpdateServiceAttributes(ctx, &sdk.UpdateServiceAttributesInput{ServiceId: s.Id, Attributes: map[string]string{"a": "1", "b": "2"}})))
	w.ok(second(w.c.UpdateServiceAttributes(ctx, &sdk.UpdateServiceAttributesInput{ServiceId: s.Arn, Attributes: map[string]string{"b": "3"}})))
	w.ok(second(w.c.DeleteServiceAttributes(ctx, &sdk.DeleteServiceAttributesInput{ServiceId: s.Id, Attributes: []string{"a"}})))
	out, err := w.c.GetServiceAttributes(ctx, &sdk.GetServiceAttributesInput{ServiceId: s.Id})
	w.ok(err)
	if a := out.ServiceAttributes; fmt.Sprint(a.Attributes) != "map[b:3]" || *a.ServiceArn != *s.Arn {
		t.Errorf("attributes %+v", a)
	}
	many := map[string]string{}
	for i := range 30 {
		many[fmt.Sprint(i)] = ""
	}
	_, err = w.c.UpdateServiceAttributes(ctx, &sdk.UpdateServiceAttributesInput{ServiceId: s.Id, Attributes: many})
	fails(t, err, "ServiceAttributesLimitExceededException", "30")
	_, err = w.c.GetServiceAttributes(ctx, &sdk.GetServiceAttributesInput{ServiceId: aws.String("srv-x")})
	fails(t, err, "ServiceNotFound", "srv-x")
}
