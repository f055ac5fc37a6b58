package servicediscovery

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
)

func TestInstanceRefused(t *testing.T) {
	t.Parallel()
	w := start(t)
	ns, plain := w.private("prod.local"), w.http("plain")
	make := func(name string, config *types.DnsConfig) *types.Service {
		return w.service(&sdk.CreateServiceInput{Name: &name, NamespaceId: &ns, DnsConfig: config})
	}
	a, both, srv := make("a", dns("", "A")), make("both", dns("", "A", "AAAA")), make("srv", dns("", "SRV"))
	cname, weighted := make("cname", dns("WEIGHTED", "CNAME")), make("weighted", dns("WEIGHTED", "A"))
	checked := w.service(&sdk.CreateServiceInput{Name: aws.String("checked"), NamespaceId: &plain, HealthCheckCustomConfig: custom})
	many := map[string]string{}
	for i := range 31 {
		many[fmt.Sprint("k", i)] = "v"
	}
	const v4, v6, port = "AWS_INSTANCE_IPV4", "AWS_INSTANCE_IPV6", "AWS_INSTANCE_PORT"
	for _, c := range []struct {
		service *types.Service
		id      string
		a       map[string]string
		part    string
	}{
		{a, "i", map[string]string{}, v4},
		{a, "i", map[string]string{v4: "10.0.0"}, v4},
		{a, "i", map[string]string{v4: "::1"}, v4},
		{a, "i j", map[string]string{v4: "10.0.0.1"}, "InstanceId"},
		{a, strings.Repeat("i", 65), map[string]string{v4: "10.0.0.1"}, "64"},
		{a, "i", map[string]string{v4: "10.0.0.1", "AWS_ELSE": "x"}, "AWS_ELSE"},
		{a, "i", map[string]string{v4: "10.0.0.1", "AWS_INIT_HEALTH_STATUS": "HEALTHY"}, "HealthCheckCustomConfig"},
		{a, "i", map[string]string{v4: "10.0.0.1", "AWS_EC2_INSTANCE_ID": "i-0123456789abcdef0"}, "HTTP"},
		{a, "i", map[string]string{"AWS_ALIAS_DNS_NAME": "lb.example.com"}, "WEIGHTED"},
		{weighted, "i", map[string]string{"AWS_ALIAS_DNS_NAME": "lb.example.com", v4: "10.0.0.1"}, "exclude"},
		{both, "i", map[string]string{v4: "10.0.0.1"}, v6},
		{srv, "i", map[string]string{v4: "10.0.0.1"}, port},
		{srv, "i", map[string]string{port: "80"}, v4},
		{srv, "i", map[string]string{v4: "10.0.0.1", port: "65536"}, port},
		{srv, "a@b", map[string]string{v4: "10.0.0.1", port: "80"}, "SRV"},
		{cname, "i", map[string]string{}, "AWS_INSTANCE_CNAME"},
		{checked, "i", map[string]string{"AWS_INIT_HEALTH_STATUS": "WELL"}, "AWS_INIT_HEALTH_STATUS"},
		{checked, "i", map[string]string{"AWS_EC2_INSTANCE_ID": "i-00000000"}, "does not exist"},
		{checked, "i", many, "30"},
		{checked, "i", map[string]string{"k": strings.Repeat("v", 1025)}, "1024"},
	} {
		_, err := w.c.RegisterInstance(t.Context(), &sdk.RegisterInstanceInput{ServiceId: c.service.Id, InstanceId: &c.id, Attributes: c.a})
		fails(t, err, "InvalidInput", c.part)
	}
	_, err := w.c.RegisterInstance(t.Context(), &sdk.RegisterInstanceInput{ServiceId: aws.String("srv-x"), InstanceId: aws.String("i"), Attributes: many})
	fails(t, err, "ServiceNotFound", "srv-x")
	for name, r := range w.table().Records {
		if len(r.Hosts) != 0 {
			t.Errorf("after refusals %s has %v", name, r.Hosts)
		}
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	ns := w.http("plain")
	s := w.service(&sdk.CreateServiceInput{Name: aws.String("x"), NamespaceId: &ns})
	w.register(s, "i1", map[string]string{"AWS_EC2_INSTANCE_ID": "i-0123456789abcdef0", "stage": "beta"})
	got, err := w.c.GetInstance(ctx, &sdk.GetInstanceInput{ServiceId: s.Arn, InstanceId: aws.String("i1")})
	w.ok(err)
	if got.Instance.Attributes["AWS_INSTANCE_IPV4"] != "10.1.2.3" || got.Instance.Attributes["stage"] != "beta" {
		t.Errorf("instance %+v", got.Instance)
	}
	for i := range 5 {
		w.register(s, fmt.Sprint("j", i), map[string]string{})
	}
	w.register(s, "i1", map[string]string{"stage": "gamma"}) // registered again: changed
	var all []string
	p := sdk.NewListInstancesPaginator(w.c, &sdk.ListInstancesInput{ServiceId: s.Id, MaxResults: aws.Int32(2)})
	for p.HasMorePages() {
		page, err := p.NextPage(ctx)
		w.ok(err)
		for _, i := range page.Instances {
			all = append(all, *i.Id+i.Attributes["stage"])
		}
	}
	if fmt.Sprint(all) != "[i1gamma j0 j1 j2 j3 j4]" {
		t.Errorf("instances %v", all)
	}
	gone := &sdk.DeregisterInstanceInput{ServiceId: s.Id, InstanceId: aws.String("j0")}
	w.ok(second(w.c.DeregisterInstance(ctx, gone)))
	_, err = w.c.DeregisterInstance(ctx, gone)
	fails(t, err, "InstanceNotFound", "j0")
	_, err = w.c.GetInstance(ctx, &sdk.GetInstanceInput{ServiceId: s.Id, InstanceId: aws.String("j0")})
	fails(t, err, "InstanceNotFound", "j0")
	_, err = w.c.UpdateInstanceCustomHealthStatus(ctx, &sdk.UpdateInstanceCustomHealthStatusInput{ServiceId: s.Id, InstanceId: aws.String("i1"), Status: "HEALTHY"})
	fails(t, err, "CustomHealthNotFound", "custom health check")
	health, err := w.c.GetInstancesHealthStatus(ctx, &sdk.GetInstancesHealthStatusInput{ServiceId: s.Id, Instances: []string{"i1"}})
	w.ok(err)
	if fmt.Sprint(health.Status) != "map[i1:UNKNOWN]" {
		t.Errorf("health %v", health.Status)
	}
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	ns := w.private("prod.local")
	s := w.service(&sdk.CreateServiceInput{Name: aws.String("api"), NamespaceId: &ns, DnsConfig: dns("", "A"), HealthCheckCustomConfig: custom})
	for i, a := range []map[string]string{
		{"stage": "beta", "zone": "a"},
		{"stage": "beta", "zone": "b", "AWS_INIT_HEALTH_STATUS": "UNHEALTHY"},
		{"stage": "prod", "zone": "a"},
	} {
		a["AWS_INSTANCE_IPV4"] = fmt.Sprint("10.0.0.", i)
		w.register(s, fmt.Sprint("i", i), a)
	}
	in := &sdk.DiscoverInstancesInput{NamespaceName: aws.String("prod.local"), ServiceName: aws.String("api")}
	found := func(change func(*sdk.DiscoverInstancesInput)) string {
		t.Helper()
		next := *in
		change(&next)
		out, err := w.c.DiscoverInstances(ctx, &next)
		w.ok(err)
		var ids []string
		for _, i := range out.Instances {
			ids = append(ids, *i.InstanceId)
		}
		slices.Sort(ids)
		return fmt.Sprint(ids)
	}
	set := func(id string, status types.CustomHealthStatus) {
		t.Helper()
		_, err := w.c.UpdateInstanceCustomHealthStatus(ctx, &sdk.UpdateInstanceCustomHealthStatusInput{ServiceId: s.Id, InstanceId: &id, Status: status})
		w.ok(err)
	}
	type q = sdk.DiscoverInstancesInput
	for _, c := range []struct {
		what   string
		change func(*q)
		want   string
	}{
		{"by default", func(*q) {}, "[i0 i2]"},
		{"all", func(in *q) { in.HealthStatus = "ALL" }, "[i0 i1 i2]"},
		{"unhealthy", func(in *q) { in.HealthStatus = "UNHEALTHY" }, "[i1]"},
		{"by attribute", func(in *q) { in.QueryParameters = map[string]string{"stage": "beta"}; in.HealthStatus = "ALL" }, "[i0 i1]"},
		{"by attributes", func(in *q) { in.QueryParameters = map[string]string{"stage": "beta", "zone": "a"} }, "[i0]"},
		{"no match", func(in *q) { in.QueryParameters = map[string]string{"stage": "none"} }, "[]"},
		{"none healthy", func(in *q) { in.QueryParameters = map[string]string{"zone": "b"}; in.HealthStatus = "HEALTHY" }, "[]"},
		{"or else all", func(in *q) { in.QueryParameters = map[string]string{"zone": "b"} }, "[i1]"},
		{"optional", func(in *q) { in.OptionalParameters = map[string]string{"stage": "prod"} }, "[i2]"},
		{"optional without match", func(in *q) { in.OptionalParameters = map[string]string{"stage": "none"} }, "[i0 i2]"},
	} {
		if got := found(c.change); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	rev := func() int64 {
		t.Helper()
		out, err := w.c.DiscoverInstancesRevision(ctx, &sdk.DiscoverInstancesRevisionInput{NamespaceName: in.NamespaceName, ServiceName: in.ServiceName})
		w.ok(err)
		return *out.InstancesRevision
	}
	before := rev()
	set("i1", "HEALTHY")
	set("i0", "UNHEALTHY")
	if got := found(func(*q) {}); got != "[i1 i2]" || rev() != before {
		t.Errorf("after a change of health: %s, revision %d, was %d", got, rev(), before)
	}
	sick := 0
	for _, h := range w.table().Records["api.prod.local"].Hosts {
		if h.Sick {
			sick++
		}
	}
	if sick != 1 {
		t.Errorf("%d sick hosts", sick)
	}
	w.ok(second(w.c.DeregisterInstance(ctx, &sdk.DeregisterInstanceInput{ServiceId: s.Id, InstanceId: aws.String("i2")})))
	if rev() <= before {
		t.Errorf("revision %d, was %d", rev(), before)
	}
	one, err := w.c.DiscoverInstances(ctx, &q{NamespaceName: in.NamespaceName, ServiceName: in.ServiceName, MaxResults: aws.Int32(1), HealthStatus: "ALL"})
	w.ok(err)
	if len(one.Instances) != 1 || *one.Instances[0].NamespaceName != "prod.local" || *one.Instances[0].ServiceName != "api" || one.Instances[0].HealthStatus == "" {
		t.Errorf("one instance: %+v", one.Instances)
	}
	for _, c := range []struct {
		change     func(*q)
		code, part string
	}{
		{func(in *q) { in.NamespaceName = aws.String("none") }, "NamespaceNotFound", "none"},
		{func(in *q) { in.ServiceName = aws.String("none") }, "ServiceNotFound", "none"},
		{func(in *q) { in.MaxResults = aws.Int32(1001) }, "InvalidInput", "MaxResults"},
		{func(in *q) { in.HealthStatus = "WELL" }, "InvalidInput", "HealthStatus"},
	} {
		next := *in
		c.change(&next)
		_, err := w.c.DiscoverInstances(ctx, &next)
		fails(t, err, c.code, c.part)
	}
}
