package servicediscovery

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/store"
)

// CreateHttpNamespace makes a namespace that only API calls discover.
func (s *Service) CreateHttpNamespace(ctx context.Context, in *servicediscovery.CreateHttpNamespaceInput) (*servicediscovery.CreateHttpNamespaceOutput, error) {
	name, err := required("Name", in.Name, 1024)
	if err == nil && !printable.MatchString(name) {
		err = invalid("Name %q may have printable ASCII characters only, without spaces.", name)
	}
	if err != nil {
		return nil, err
	}
	n := &cloudmap.Namespace{Name: name, Type: cloudmap.HTTP}
	id, err := s.createNamespace(ctx, n, in.CreatorRequestId, in.Description, in.Tags)
	return &servicediscovery.CreateHttpNamespaceOutput{OperationId: id}, err
}

// CreatePrivateDnsNamespace makes a namespace whose names tasks resolve.
func (s *Service) CreatePrivateDnsNamespace(ctx context.Context, in *servicediscovery.CreatePrivateDnsNamespaceInput) (*servicediscovery.CreatePrivateDnsNamespaceOutput, error) {
	vpc, err := required("Vpc", in.Vpc, 64)
	if err != nil {
		return nil, err
	}
	if !vpcID.MatchString(vpc) {
		return nil, invalid("Vpc %q is no id of a VPC; such ids begin with vpc-.", vpc)
	}
	var ttl *types.SOA
	if p := in.Properties; p != nil && p.DnsProperties != nil {
		ttl = p.DnsProperties.SOA
	}
	n, err := zone(in.Name, cloudmap.DNSPrivate, ttl)
	if err != nil {
		return nil, err
	}
	n.VPC = vpc
	id, err := s.createNamespace(ctx, n, in.CreatorRequestId, in.Description, in.Tags)
	return &servicediscovery.CreatePrivateDnsNamespaceOutput{OperationId: id}, err
}

// CreatePublicDnsNamespace makes a namespace whose names tasks of this machine
// resolve; nobody else does.
func (s *Service) CreatePublicDnsNamespace(ctx context.Context, in *servicediscovery.CreatePublicDnsNamespaceInput) (*servicediscovery.CreatePublicDnsNamespaceOutput, error) {
	var ttl *types.SOA
	if p := in.Properties; p != nil && p.DnsProperties != nil {
		ttl = p.DnsProperties.SOA
	}
	n, err := zone(in.Name, cloudmap.DNSPublic, ttl)
	if err != nil {
		return nil, err
	}
	id, err := s.createNamespace(ctx, n, in.CreatorRequestId, in.Description, in.Tags)
	return &servicediscovery.CreatePublicDnsNamespaceOutput{OperationId: id}, err
}

// zone is a DNS namespace in the making.
func zone(name *string, kind string, soa *types.SOA) (*cloudmap.Namespace, error) {
	text, err := required("Name", name, 253)
	if err == nil {
		err = checkDomain(text, kind == cloudmap.DNSPublic)
	}
	if err != nil {
		return nil, err
	}
	n := &cloudmap.Namespace{Name: strings.TrimSuffix(text, "."), Type: kind}
	if soa != nil {
		if err := checkTTL("Properties.DnsProperties.SOA.TTL", soa.TTL); err != nil {
			return nil, err
		}
		n.SOATTL = *soa.TTL
	}
	return n, nil
}

func (s *Service) createNamespace(ctx context.Context, n *cloudmap.Namespace, request, description *string, tags []types.Tag) (*string, error) {
	err := first(optional("Description", description, 1024), optional("CreatorRequestId", request, 64))
	if err != nil {
		return nil, err
	}
	n.Scope, n.Created = scopeOf(ctx), s.now()
	n.Description, n.CreatorRequestID = aws.ToString(description), aws.ToString(request)
	if n.Tags, err = readTags(tags); err != nil {
		return nil, err
	}
	var id string
	asked := asks(n.Type, n.Name, n.VPC, n.SOATTL, n.Description, tags)
	err = s.update(func(tx *store.Tx) error {
		again, err := repeated(tx, n.Scope, cloudmap.CreateNamespaceOp, n.CreatorRequestID, asked)
		if again != "" || err != nil {
			id = again
			return err
		}
		op := &cloudmap.Operation{
			Scope: n.Scope, Type: cloudmap.CreateNamespaceOp, Request: n.CreatorRequestID, Asked: asked,
		}
		if other, taken := cloudmap.ZoneTaken(tx, n); taken && n.Type == cloudmap.DNSPrivate {
			op.Code = "CANNOT_CREATE_HOSTED_ZONE"
			op.Message = "The VPC " + n.VPC + " has already been associated with the hosted zone " + other.HostedZone +
				" with the same domain name (ConflictingDomainExists): it belongs to the namespace " + other.ARN() + ", and tasks of one machine share one network."
		} else {
			if err := cloudmap.CreateNamespace(tx, n); err != nil {
				return err
			}
			op.NamespaceID, op.Targets = n.ID, map[string]string{"NAMESPACE": n.ID}
		}
		id = cloudmap.AddOperation(tx, op, s.now())
		return nil
	})
	return &id, err
}

// GetNamespace shows a namespace.
func (s *Service) GetNamespace(ctx context.Context, in *servicediscovery.GetNamespaceInput) (*servicediscovery.GetNamespaceOutput, error) {
	out := &servicediscovery.GetNamespaceOutput{}
	err := s.view(func(tx *store.Tx) error {
		n, err := namespace(tx, scopeOf(ctx), in.Id)
		if err != nil {
			return err
		}
		x := summary(tx, n)
		out.Namespace = &types.Namespace{
			Arn: x.Arn, Id: x.Id, Name: x.Name, Type: x.Type, Description: x.Description, CreateDate: x.CreateDate,
			Properties: x.Properties, ServiceCount: x.ServiceCount, ResourceOwner: x.ResourceOwner,
			CreatorRequestId: text(n.CreatorRequestID),
		}
		return nil
	})
	return out, err
}

// ListNamespaces lists the namespaces that all filters let through.
func (s *Service) ListNamespaces(ctx context.Context, in *servicediscovery.ListNamespacesInput) (*servicediscovery.ListNamespacesOutput, error) {
	scope := scopeOf(ctx)
	var filters []filter
	for _, f := range in.Filters {
		filters = append(filters, filter{string(f.Name), string(f.Condition), f.Values})
	}
	conditions := []string{"EQ", "BEGINS_WITH"}
	keep, err := compile(filters, map[string]field[*cloudmap.Namespace]{
		"TYPE":           {conditions, func(n *cloudmap.Namespace) string { return n.Type }},
		"NAME":           {conditions, func(n *cloudmap.Namespace) string { return n.Name }},
		"HTTP_NAME":      {conditions, func(n *cloudmap.Namespace) string { return n.HTTPName }},
		"RESOURCE_OWNER": {conditions[:1], func(*cloudmap.Namespace) string { return "SELF" }},
	})
	if err != nil {
		return nil, err
	}
	out := &servicediscovery.ListNamespacesOutput{Namespaces: []types.NamespaceSummary{}}
	err = s.view(func(tx *store.Tx) error {
		page, next, err := list(cloudmap.Namespaces(tx, scope), keep, func(n *cloudmap.Namespace) string { return n.ID }, in.NextToken, in.MaxResults)
		for _, n := range page {
			out.Namespaces = append(out.Namespaces, summary(tx, n))
		}
		out.NextToken = next
		return err
	})
	return out, err
}

// DeleteNamespace removes a namespace without services.
func (s *Service) DeleteNamespace(ctx context.Context, in *servicediscovery.DeleteNamespaceInput) (*servicediscovery.DeleteNamespaceOutput, error) {
	out := &servicediscovery.DeleteNamespaceOutput{}
	err := s.update(func(tx *store.Tx) error {
		n, err := namespace(tx, scopeOf(ctx), in.Id)
		if err != nil {
			return err
		}
		if err := cloudmap.DeleteNamespace(tx, n); err != nil {
			return err
		}
		out.OperationId = s.done(tx, n.Scope, cloudmap.DeleteNamespaceOp, n.ID, "NAMESPACE", n.ID)
		return nil
	})
	return out, err
}

// namespace finds a namespace by id or ARN.
func namespace(tx *store.Tx, scope arn.Scope, id *string) (*cloudmap.Namespace, error) {
	key, err := required("Id", id, 255)
	if err != nil {
		return nil, err
	}
	n, ok := cloudmap.NamespaceByID(tx, scope, key)
	if !ok {
		return nil, noNamespace(key)
	}
	return n, nil
}

func summary(tx *store.Tx, n *cloudmap.Namespace) types.NamespaceSummary {
	properties := &types.NamespaceProperties{
		HttpProperties: &types.HttpProperties{HttpName: aws.String(n.HTTPName)},
		DnsProperties:  &types.DnsProperties{SOA: &types.SOA{}},
	}
	if n.DNS() {
		properties.DnsProperties = &types.DnsProperties{HostedZoneId: aws.String(n.HostedZone), SOA: &types.SOA{TTL: aws.Int64(n.SOATTL)}}
	}
	return types.NamespaceSummary{
		Arn: aws.String(n.ARN()), Id: aws.String(n.ID), Name: aws.String(n.Name), Type: types.NamespaceType(n.Type),
		Description: text(n.Description), CreateDate: aws.Time(n.Created), Properties: properties,
		ServiceCount: aws.Int32(int32(cloudmap.CountServices(tx, n))), ResourceOwner: aws.String(n.Account),
	}
}

// text leaves out what is empty.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
