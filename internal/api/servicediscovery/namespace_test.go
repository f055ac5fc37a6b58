package servicediscovery

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
)

func TestNamespaces(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	plain := w.http("plain")
	private := w.private("prod.local")
	pub, err := w.c.CreatePublicDnsNamespace(ctx, &sdk.CreatePublicDnsNamespaceInput{
		Name: aws.String("example.com"), Description: aws.String("all of it"), CreatorRequestId: aws.String("once"),
		Properties: &types.PublicDnsNamespaceProperties{DnsProperties: &types.PublicDnsPropertiesMutable{SOA: &types.SOA{TTL: aws.Int64(100)}}},
		Tags:       []types.Tag{{Key: aws.String("team"), Value: aws.String("web")}},
	})
	w.ok(err)
	public := w.target(pub.OperationId, "NAMESPACE")
	got, err := w.c.GetNamespace(ctx, &sdk.GetNamespaceInput{Id: &public})
	w.ok(err)
	n := got.Namespace
	if !regexp.MustCompile(`^ns-[0-9a-z]{16}$`).MatchString(*n.Id) || *n.Arn != "arn:aws:servicediscovery:eu-west-1:000000000000:namespace/"+public ||
		n.Type != types.NamespaceTypeDnsPublic || *n.Name != "example.com" || *n.Description != "all of it" || *n.CreatorRequestId != "once" ||
		*n.ServiceCount != 0 || *n.Properties.HttpProperties.HttpName != "example.com" || *n.Properties.DnsProperties.SOA.TTL != 100 ||
		!strings.HasPrefix(*n.Properties.DnsProperties.HostedZoneId, "Z") || *n.ResourceOwner != "000000000000" {
		t.Errorf("namespace %+v", n)
	}
	if by, err := w.c.GetNamespace(ctx, &sdk.GetNamespaceInput{Id: n.Arn}); err != nil || *by.Namespace.Id != public {
		t.Errorf("by ARN: %v %v", by, err)
	}
	for _, c := range []struct {
		filter types.NamespaceFilter
		want   []string
	}{
		{types.NamespaceFilter{Name: "TYPE", Values: []string{"HTTP"}}, []string{plain}},
		{types.NamespaceFilter{Name: "TYPE", Condition: "BEGINS_WITH", Values: []string{"DNS_"}}, []string{private, public}},
		{types.NamespaceFilter{Name: "NAME", Condition: "EQ", Values: []string{"prod.local"}}, []string{private}},
		{types.NamespaceFilter{Name: "HTTP_NAME", Condition: "BEGINS_WITH", Values: []string{"p"}}, []string{plain, private}},
		{types.NamespaceFilter{Name: "RESOURCE_OWNER", Values: []string{"SELF"}}, []string{plain, private, public}},
		{types.NamespaceFilter{Name: "RESOURCE_OWNER", Values: []string{"OTHER_ACCOUNTS"}}, nil},
	} {
		out, err := w.c.ListNamespaces(ctx, &sdk.ListNamespacesInput{Filters: []types.NamespaceFilter{c.filter}})
		w.ok(err)
		ids := map[string]bool{}
		for _, n := range out.Namespaces {
			ids[*n.Id] = true
		}
		for _, id := range c.want {
			if !ids[id] {
				t.Errorf("%v: %s is missing", c.filter, id)
			}
		}
		if len(ids) != len(c.want) {
			t.Errorf("%v: %d namespaces, want %d", c.filter, len(ids), len(c.want))
		}
	}
	up, err := w.c.UpdatePrivateDnsNamespace(ctx, &sdk.UpdatePrivateDnsNamespaceInput{Id: &private, Namespace: &types.PrivateDnsNamespaceChange{
		Description: aws.String("new"), Properties: &types.PrivateDnsNamespacePropertiesChange{DnsProperties: &types.PrivateDnsPropertiesMutableChange{SOA: &types.SOAChange{TTL: aws.Int64(7)}}},
	}})
	w.ok(err)
	w.target(up.OperationId, "NAMESPACE")
	if z := w.table().Zones; len(z) != 2 || z[1].Name != "prod.local" || z[1].SOATTL != 7 {
		t.Errorf("zones %v", z)
	}
	_, err = w.c.UpdateHttpNamespace(ctx, &sdk.UpdateHttpNamespaceInput{Id: &private, Namespace: &types.HttpNamespaceChange{Description: aws.String("x")}})
	fails(t, err, "InvalidInput", "DNS_PRIVATE")
	del, err := w.c.DeleteNamespace(ctx, &sdk.DeleteNamespaceInput{Id: &public})
	w.ok(err)
	w.target(del.OperationId, "NAMESPACE")
	_, err = w.c.GetNamespace(ctx, &sdk.GetNamespaceInput{Id: &public})
	fails(t, err, "NamespaceNotFound", public)
}

func TestNamespaceRefused(t *testing.T) {
	t.Parallel()
	w := start(t)
	vpc := aws.String("vpc-1")
	for _, c := range []struct {
		why  string
		in   sdk.CreatePrivateDnsNamespaceInput
		part string
	}{
		{"no domain", sdk.CreatePrivateDnsNamespaceInput{Name: aws.String("a..b"), Vpc: vpc}, "no domain name"},
		{"space", sdk.CreatePrivateDnsNamespaceInput{Name: aws.String("a b"), Vpc: vpc}, "no domain name"},
		{"long label", sdk.CreatePrivateDnsNamespaceInput{Name: aws.String(strings.Repeat("a", 64)), Vpc: vpc}, "no domain name"},
		{"long", sdk.CreatePrivateDnsNamespaceInput{Name: aws.String(strings.Repeat("abcd.", 60)), Vpc: vpc}, "253"},
		{"no vpc", sdk.CreatePrivateDnsNamespaceInput{Name: aws.String("a"), Vpc: aws.String("subnet-1")}, "vpc-"},
		{"ttl", sdk.CreatePrivateDnsNamespaceInput{Name: aws.String("a"), Vpc: vpc, Properties: &types.PrivateDnsNamespaceProperties{
			DnsProperties: &types.PrivateDnsPropertiesMutable{SOA: &types.SOA{TTL: aws.Int64(-1)}},
		}}, "SOA.TTL"},
		{"description", sdk.CreatePrivateDnsNamespaceInput{Name: aws.String("a"), Vpc: vpc, Description: aws.String(strings.Repeat("x", 1025))}, "1024"},
		{"tag", sdk.CreatePrivateDnsNamespaceInput{Name: aws.String("a"), Vpc: vpc, Tags: []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}}, "reserved"},
	} {
		_, err := w.c.CreatePrivateDnsNamespace(t.Context(), &c.in)
		fails(t, err, "InvalidInput", c.part)
	}
	_, err := w.c.CreatePublicDnsNamespace(t.Context(), &sdk.CreatePublicDnsNamespaceInput{Name: aws.String("local")})
	fails(t, err, "InvalidInput", "one label")
	_, err = w.c.CreateHttpNamespace(t.Context(), &sdk.CreateHttpNamespaceInput{Name: aws.String("a b")})
	fails(t, err, "InvalidInput", "printable")
	many := make([]types.Tag, 51)
	for i := range many {
		many[i] = types.Tag{Key: aws.String(fmt.Sprint(i)), Value: aws.String("")}
	}
	_, err = w.c.CreateHttpNamespace(t.Context(), &sdk.CreateHttpNamespaceInput{Name: aws.String("a"), Tags: many})
	fails(t, err, "TooManyTagsException", "50")
	_, err = w.c.ListNamespaces(t.Context(), &sdk.ListNamespacesInput{Filters: []types.NamespaceFilter{{Name: "COLOUR", Values: []string{"x"}}}})
	fails(t, err, "InvalidInput", "COLOUR")
	_, err = w.c.ListNamespaces(t.Context(), &sdk.ListNamespacesInput{MaxResults: aws.Int32(101)})
	fails(t, err, "InvalidInput", "MaxResults")
	_, err = w.c.GetOperation(t.Context(), &sdk.GetOperationInput{OperationId: aws.String("none-1")})
	fails(t, err, "OperationNotFound", "none-1")
	if out, err := w.c.ListNamespaces(t.Context(), &sdk.ListNamespacesInput{}); err != nil || len(out.Namespaces) != 0 {
		t.Errorf("after refusals: %v %v", out, err)
	}
}

// A repeated request answers with the first operation, another one with the same
// CreatorRequestId is refused, and so is a name that is taken.
func TestNamespaceOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	in := &sdk.CreateHttpNamespaceInput{Name: aws.String("a"), CreatorRequestId: aws.String("r1")}
	one, err := w.c.CreateHttpNamespace(t.Context(), in)
	w.ok(err)
	again, err := w.c.CreateHttpNamespace(t.Context(), in)
	w.ok(err)
	if *again.OperationId != *one.OperationId {
		t.Errorf("operations %s and %s", *one.OperationId, *again.OperationId)
	}
	_, err = w.c.CreateHttpNamespace(t.Context(), &sdk.CreateHttpNamespaceInput{Name: aws.String("b"), CreatorRequestId: aws.String("r1")})
	var twice *types.DuplicateRequest
	if !errors.As(err, &twice) || *twice.DuplicateOperationId != *one.OperationId {
		t.Errorf("another request: %v", err)
	}
	_, err = w.c.CreateHttpNamespace(t.Context(), &sdk.CreateHttpNamespaceInput{Name: aws.String("a")})
	var exists *types.NamespaceAlreadyExists
	if !errors.As(err, &exists) || *exists.NamespaceId != w.target(one.OperationId, "NAMESPACE") || *exists.CreatorRequestId != "r1" {
		t.Errorf("a taken name: %v", err)
	}
	// A DNS namespace may share the name; it is then called otherwise over HTTP.
	id := w.private("a")
	n, err := w.c.GetNamespace(t.Context(), &sdk.GetNamespaceInput{Id: &id})
	w.ok(err)
	if name := *n.Namespace.Properties.HttpProperties.HttpName; name == "a" || !strings.HasPrefix(name, "a-") {
		t.Errorf("HttpName %s", name)
	}
	_, err = w.c.CreatePrivateDnsNamespace(t.Context(), &sdk.CreatePrivateDnsNamespaceInput{Name: aws.String("A"), Vpc: aws.String("vpc-2")})
	fails(t, err, "NamespaceAlreadyExists", id)
}

// Two regions of one machine share its network: the second zone of a name is an
// operation that fails.
func TestZoneOfAnotherRegion(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.private("prod.local")
	other := w.client("us-east-1")
	out, err := other.CreatePrivateDnsNamespace(t.Context(), &sdk.CreatePrivateDnsNamespaceInput{Name: aws.String("prod.local"), Vpc: aws.String("vpc-1")})
	w.ok(err)
	op, err := other.GetOperation(t.Context(), &sdk.GetOperationInput{OperationId: out.OperationId})
	w.ok(err)
	if o := op.Operation; o.Status != types.OperationStatusFail || *o.ErrorCode != "CANNOT_CREATE_HOSTED_ZONE" || !strings.Contains(*o.ErrorMessage, "ConflictingDomainExists") {
		t.Errorf("operation %+v", o)
	}
	if l, err := other.ListNamespaces(t.Context(), &sdk.ListNamespacesInput{}); err != nil || len(l.Namespaces) != 0 {
		t.Errorf("%v %v", l, err)
	}
	if _, err := w.client("us-east-1").GetOperation(t.Context(), &sdk.GetOperationInput{OperationId: out.OperationId}); err != nil {
		t.Error(err)
	}
	_, err = w.c.GetOperation(t.Context(), &sdk.GetOperationInput{OperationId: out.OperationId})
	fails(t, err, "OperationNotFound", "")
}

func TestOperationsAndTags(t *testing.T) {
	t.Parallel()
	w := start(t)
	ctx := t.Context()
	ns := w.private("prod.local")
	s := w.service(&sdk.CreateServiceInput{Name: aws.String("api"), NamespaceId: &ns, DnsConfig: dns("", "A")})
	for i := range 5 {
		w.register(s, fmt.Sprintf("i%d", i), map[string]string{"AWS_INSTANCE_IPV4": "10.0.0.1"})
	}
	for _, c := range []struct {
		filters []types.OperationFilter
		want    int
	}{
		{nil, 6},
		{[]types.OperationFilter{{Name: "TYPE", Values: []string{"REGISTER_INSTANCE"}}}, 5},
		{[]types.OperationFilter{{Name: "TYPE", Condition: "IN", Values: []string{"REGISTER_INSTANCE", "CREATE_NAMESPACE"}}}, 6},
		{[]types.OperationFilter{{Name: "NAMESPACE_ID", Values: []string{ns}}, {Name: "SERVICE_ID", Values: []string{*s.Id}}}, 5},
		{[]types.OperationFilter{{Name: "STATUS", Values: []string{"SUCCESS"}}}, 6},
		{[]types.OperationFilter{{Name: "STATUS", Condition: "IN", Values: []string{"FAIL", "PENDING"}}}, 0},
		{[]types.OperationFilter{{Name: "UPDATE_DATE", Condition: "BETWEEN", Values: []string{"0", "1"}}}, 0},
		{[]types.OperationFilter{{Name: "UPDATE_DATE", Condition: "BETWEEN", Values: []string{"0", "99999999999"}}}, 6},
	} {
		count := 0
		p := sdk.NewListOperationsPaginator(w.c, &sdk.ListOperationsInput{Filters: c.filters, MaxResults: aws.Int32(2)})
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			w.ok(err)
			count += len(page.Operations)
		}
		if count != c.want {
			t.Errorf("%v: %d operations, want %d", c.filters, count, c.want)
		}
	}
	_, err := w.c.ListOperations(ctx, &sdk.ListOperationsInput{Filters: []types.OperationFilter{{Name: "UPDATE_DATE", Values: []string{"x"}}}})
	fails(t, err, "InvalidInput", "BETWEEN")

	_, err = w.c.TagResource(ctx, &sdk.TagResourceInput{ResourceARN: s.Arn, Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}})
	w.ok(err)
	_, err = w.c.UntagResource(ctx, &sdk.UntagResourceInput{ResourceARN: s.Arn, TagKeys: []string{"a", "none"}})
	w.ok(err)
	tags, err := w.c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceARN: s.Arn})
	w.ok(err)
	if len(tags.Tags) != 1 || *tags.Tags[0].Key != "b" {
		t.Errorf("tags %v", tags.Tags)
	}
	_, err = w.c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceARN: aws.String(*s.Arn + "x")})
	fails(t, err, "ResourceNotFoundException", *s.Arn)
}
