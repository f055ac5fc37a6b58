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

// CreateService makes a service, at once. The same CreatorRequestId with the same
// settings answers with the service that it made before.
func (s *Service) CreateService(ctx context.Context, in *servicediscovery.CreateServiceInput) (*servicediscovery.CreateServiceOutput, error) {
	x, err := readService(in)
	if err != nil {
		return nil, err
	}
	x.Scope, x.Created = scopeOf(ctx), s.now()
	out := &servicediscovery.CreateServiceOutput{}
	err = s.update(func(tx *store.Tx) error {
		n, err := namespaceOfNewService(tx, x.Scope, in)
		if err != nil {
			return err
		}
		if err := fits(n, &x); err != nil {
			return err
		}
		x.NamespaceID = n.ID
		if old, ok := cloudmap.FindService(tx, x.Scope, n.ID, x.Name); ok && sameRequest(old, &x) {
			out.Service = show(tx, old)
			return nil
		}
		made, err := cloudmap.CreateService(tx, x)
		if err == nil {
			out.Service = show(tx, made)
		}
		return err
	})
	return out, err
}

// readService validates what does not need the namespace.
func readService(in *servicediscovery.CreateServiceInput) (x cloudmap.Service, err error) {
	if x.Name, err = required("Name", in.Name, 127); err != nil {
		return x, err
	}
	if x.Name != "." && !domain.MatchString(x.Name) {
		return x, invalid("Name %q must consist of labels of 1 to 63 letters, digits, '-' and '_', with dots between them.", x.Name)
	}
	err = first(optional("Description", in.Description, 1024), optional("CreatorRequestId", in.CreatorRequestId, 64))
	if err != nil {
		return x, err
	}
	x.Description, x.CreatorRequestID = aws.ToString(in.Description), aws.ToString(in.CreatorRequestId)
	if in.Type != "" && in.Type != types.ServiceTypeOptionHttp {
		return x, invalid("Type can only be HTTP; it was %q.", in.Type)
	}
	if in.Type == types.ServiceTypeOptionHttp && in.DnsConfig != nil {
		return x, invalid("A service of type HTTP has no DnsConfig.")
	}
	if x.Policy, x.Records, err = readDNS(in.DnsConfig); err != nil {
		return x, err
	}
	if in.HealthCheckConfig != nil && in.HealthCheckCustomConfig != nil {
		return x, invalid("Give either HealthCheckConfig or HealthCheckCustomConfig, not both.")
	}
	if in.HealthCheckConfig != nil {
		return x, noHealthCheck()
	}
	if c := in.HealthCheckCustomConfig; c != nil {
		if n := aws.ToInt32(c.FailureThreshold); n < 0 || n > 10 {
			return x, invalid("HealthCheckCustomConfig.FailureThreshold must be between 1 and 10; it was %d.", n)
		}
		x.CustomHealth = true
	}
	x.Tags, err = readTags(in.Tags)
	return x, err
}

func noHealthCheck() error {
	return invalid("HealthCheckConfig is not supported: there are no health checkers of Route 53 here. Use HealthCheckCustomConfig and tell the state with UpdateInstanceCustomHealthStatus.")
}

// namespaceOfNewService finds the namespace; its id may stand in two places.
func namespaceOfNewService(tx *store.Tx, scope arn.Scope, in *servicediscovery.CreateServiceInput) (*cloudmap.Namespace, error) {
	id := aws.ToString(in.NamespaceId)
	if d := in.DnsConfig; d != nil && d.NamespaceId != nil {
		if id != "" && arn.Name(id) != arn.Name(*d.NamespaceId) {
			return nil, invalid("NamespaceId is %s, but DnsConfig.NamespaceId is %s.", id, *d.NamespaceId)
		}
		id = *d.NamespaceId
	}
	if id == "" {
		return nil, invalid("NamespaceId is required.")
	}
	n, ok := cloudmap.NamespaceByID(tx, scope, id)
	if !ok {
		return nil, noNamespace(id)
	}
	return n, nil
}

// fits checks a new service against its namespace.
func fits(n *cloudmap.Namespace, x *cloudmap.Service) error {
	switch {
	case !n.DNS() && len(x.Records) > 0:
		return invalid("The namespace %s is of type HTTP: its services have no DnsConfig.", n.ID)
	case len(x.Records) > 0 && len(x.Name)+1+len(n.Name) > 253:
		return invalid("Name: %s.%s is longer than a domain name can be, which is 253 characters.", x.Name, n.Name)
	case len(x.Records) == 0 && x.Name == ".":
		return invalid("Name \".\" is for services with DnsConfig.")
	}
	return nil
}

// sameRequest tells whether a request made the service that exists.
func sameRequest(old, x *cloudmap.Service) bool {
	return old.CreatorRequestID != "" && old.CreatorRequestID == x.CreatorRequestID &&
		asks(old.Description, old.Policy, old.Records, old.CustomHealth) == asks(x.Description, x.Policy, x.Records, x.CustomHealth)
}

// GetService shows a service.
func (s *Service) GetService(ctx context.Context, in *servicediscovery.GetServiceInput) (*servicediscovery.GetServiceOutput, error) {
	out := &servicediscovery.GetServiceOutput{}
	err := s.view(func(tx *store.Tx) error {
		x, err := service(tx, scopeOf(ctx), "Id", in.Id)
		if err == nil {
			out.Service = show(tx, x)
		}
		return err
	})
	return out, err
}

// ListServices lists the services that all filters let through.
func (s *Service) ListServices(ctx context.Context, in *servicediscovery.ListServicesInput) (*servicediscovery.ListServicesOutput, error) {
	scope := scopeOf(ctx)
	var filters []filter
	for _, f := range in.Filters {
		values := f.Values
		if f.Name == types.ServiceFilterNameNamespaceId && len(values) == 1 {
			values = []string{arn.Name(values[0])} // an ARN is as good
		}
		filters = append(filters, filter{string(f.Name), string(f.Condition), values})
	}
	keep, err := compile(filters, map[string]field[*cloudmap.Service]{
		"NAMESPACE_ID":   {[]string{"EQ"}, func(x *cloudmap.Service) string { return x.NamespaceID }},
		"RESOURCE_OWNER": {[]string{"EQ"}, func(*cloudmap.Service) string { return "SELF" }},
	})
	if err != nil {
		return nil, err
	}
	out := &servicediscovery.ListServicesOutput{Services: []types.ServiceSummary{}}
	err = s.view(func(tx *store.Tx) error {
		page, next, err := list(cloudmap.Services(tx, scope), keep, func(x *cloudmap.Service) string { return x.ID }, in.NextToken, in.MaxResults)
		for _, x := range page {
			v := show(tx, x)
			out.Services = append(out.Services, types.ServiceSummary{
				Arn: v.Arn, Id: v.Id, Name: v.Name, Type: v.Type, Description: v.Description, CreateDate: v.CreateDate, DnsConfig: v.DnsConfig,
				HealthCheckCustomConfig: v.HealthCheckCustomConfig, InstanceCount: v.InstanceCount, ResourceOwner: v.ResourceOwner, CreatedByAccount: v.CreatedByAccount,
			})
		}
		out.NextToken = next
		return err
	})
	return out, err
}

// UpdateService changes description and times to live. A DnsConfig that is left
// out deletes the service's records, as in AWS.
func (s *Service) UpdateService(ctx context.Context, in *servicediscovery.UpdateServiceInput) (*servicediscovery.UpdateServiceOutput, error) {
	change := in.Service
	if change == nil {
		return nil, invalid("Service is required.")
	}
	if err := optional("Service.Description", change.Description, 1024); err != nil {
		return nil, err
	}
	if change.HealthCheckConfig != nil {
		return nil, noHealthCheck()
	}
	out := &servicediscovery.UpdateServiceOutput{}
	err := s.update(func(tx *store.Tx) error {
		x, err := service(tx, scopeOf(ctx), "Id", in.Id)
		if err != nil {
			return err
		}
		next := x.Clone()
		if change.Description != nil {
			next.Description = *change.Description
		}
		if err := redefine(next, change.DnsConfig); err != nil {
			return err
		}
		cloudmap.PutService(tx, next)
		out.OperationId = s.done(tx, x.Scope, cloudmap.UpdateServiceOp, x.NamespaceID, "SERVICE", x.ID)
		return nil
	})
	return out, err
}

// DeleteService removes a service without instances, at once.
func (s *Service) DeleteService(ctx context.Context, in *servicediscovery.DeleteServiceInput) (*servicediscovery.DeleteServiceOutput, error) {
	err := s.update(func(tx *store.Tx) error {
		x, err := service(tx, scopeOf(ctx), "Id", in.Id)
		if err != nil {
			return err
		}
		return cloudmap.DeleteService(tx, x)
	})
	return &servicediscovery.DeleteServiceOutput{}, err
}

// service finds a service by id or ARN.
func service(tx *store.Tx, scope arn.Scope, member string, id *string) (*cloudmap.Service, error) {
	key, err := required(member, id, 255)
	if err != nil {
		return nil, err
	}
	x, ok := cloudmap.ServiceByID(tx, scope, strings.TrimSpace(key))
	if !ok {
		return nil, noService(key)
	}
	return x, nil
}

func show(tx *store.Tx, x *cloudmap.Service) *types.Service {
	out := &types.Service{
		Arn: aws.String(x.ARN()), Id: aws.String(x.ID), Name: aws.String(x.Name), NamespaceId: aws.String(x.NamespaceID),
		Type: types.ServiceType(x.Type()), Description: text(x.Description), CreatorRequestId: text(x.CreatorRequestID),
		CreateDate: aws.Time(x.Created), InstanceCount: aws.Int32(int32(cloudmap.CountInstances(tx, x.ID))),
		ResourceOwner: aws.String(x.Account), CreatedByAccount: aws.String(x.Account), DnsConfig: showDNS(x),
	}
	if x.CustomHealth {
		out.HealthCheckCustomConfig = &types.HealthCheckCustomConfig{FailureThreshold: aws.Int32(1)}
	}
	return out
}
