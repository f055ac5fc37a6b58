package servicediscovery

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/store"
)

// RegisterInstance adds an instance to a service, or changes one.
func (s *Service) RegisterInstance(ctx context.Context, in *servicediscovery.RegisterInstanceInput) (*servicediscovery.RegisterInstanceOutput, error) {
	id, err := readInstanceID(in.InstanceId)
	if err == nil {
		err = optional("CreatorRequestId", in.CreatorRequestId, 64)
	}
	if err != nil {
		return nil, err
	}
	scope := scopeOf(ctx)
	out := &servicediscovery.RegisterInstanceOutput{}
	err = s.update(func(tx *store.Tx) error {
		x, err := service(tx, scope, "ServiceId", in.ServiceId)
		if err != nil {
			return err
		}
		i, err := s.readInstance(tx, x, id, in.Attributes)
		if err != nil {
			return err
		}
		i.CreatorRequestID = aws.ToString(in.CreatorRequestId)
		asked := asks(x.ID, id, in.Attributes)
		again, err := repeated(tx, scope, cloudmap.RegisterInstanceOp, i.CreatorRequestID, asked)
		if again != "" || err != nil {
			out.OperationId = &again
			return err
		}
		if err := cloudmap.Register(tx, x, i); err != nil {
			return err
		}
		out.OperationId = aws.String(cloudmap.AddOperation(tx, &cloudmap.Operation{
			Scope: scope, Type: cloudmap.RegisterInstanceOp, NamespaceID: x.NamespaceID, Request: i.CreatorRequestID, Asked: asked,
			Targets: map[string]string{"SERVICE": x.ID, "INSTANCE": id},
		}, s.now()))
		return nil
	})
	return out, err
}

func readInstanceID(id *string) (string, error) {
	text, err := required("InstanceId", id, 64)
	if err == nil && !instanceID.MatchString(text) {
		err = invalid("InstanceId %q may have letters, digits and _/:.@- only.", text)
	}
	return text, err
}

// readInstance validates an instance of a service.
func (s *Service) readInstance(tx *store.Tx, x *cloudmap.Service, id string, attributes map[string]string) (cloudmap.Instance, error) {
	i := cloudmap.Instance{ID: id, Attributes: maps.Clone(attributes), Registered: s.now()}
	n, ok := cloudmap.NamespaceByID(tx, x.Scope, x.NamespaceID)
	if !ok {
		return i, noNamespace(x.NamespaceID)
	}
	if _, srv := x.Record("SRV"); srv && !domain.MatchString(id) {
		return i, invalid("InstanceId %q is part of a name, for the service has SRV records: it must consist of labels of letters, digits, '-' and '_'.", id)
	}
	if err := checkAttributes(n, x, attributes); err != nil {
		return i, err
	}
	if ec2 := attributes[cloudmap.EC2]; ec2 != "" {
		ip, ok := s.instance(x.Scope, ec2)
		if !ok {
			return i, invalid("Attributes: the instance %s does not exist.", ec2)
		}
		i.Attributes[cloudmap.IPv4] = ip
	}
	return i, nil
}

// DeregisterInstance removes an instance from a service.
func (s *Service) DeregisterInstance(ctx context.Context, in *servicediscovery.DeregisterInstanceInput) (*servicediscovery.DeregisterInstanceOutput, error) {
	out := &servicediscovery.DeregisterInstanceOutput{}
	err := s.update(func(tx *store.Tx) error {
		x, i, err := instance(tx, ctx, in.ServiceId, in.InstanceId)
		if err != nil {
			return err
		}
		if err := cloudmap.Deregister(tx, x, i.ID); err != nil {
			return err
		}
		out.OperationId = s.done(tx, x.Scope, cloudmap.DeregisterInstanceOp, x.NamespaceID, "SERVICE", x.ID, "INSTANCE", i.ID)
		return nil
	})
	return out, err
}

// GetInstance shows an instance.
func (s *Service) GetInstance(ctx context.Context, in *servicediscovery.GetInstanceInput) (*servicediscovery.GetInstanceOutput, error) {
	out := &servicediscovery.GetInstanceOutput{}
	err := s.view(func(tx *store.Tx) error {
		x, i, err := instance(tx, ctx, in.ServiceId, in.InstanceId)
		if err != nil {
			return err
		}
		out.ResourceOwner = aws.String(x.Account)
		out.Instance = &types.Instance{
			Id: aws.String(i.ID), Attributes: i.Attributes, CreatorRequestId: text(i.CreatorRequestID), CreatedByAccount: aws.String(x.Account),
		}
		return nil
	})
	return out, err
}

// ListInstances lists the instances of a service.
func (s *Service) ListInstances(ctx context.Context, in *servicediscovery.ListInstancesInput) (*servicediscovery.ListInstancesOutput, error) {
	out := &servicediscovery.ListInstancesOutput{Instances: []types.InstanceSummary{}}
	err := s.view(func(tx *store.Tx) error {
		x, err := service(tx, scopeOf(ctx), "ServiceId", in.ServiceId)
		if err != nil {
			return err
		}
		out.ResourceOwner = aws.String(x.Account)
		every := func(*cloudmap.Instance) bool { return true }
		page, next, err := list(cloudmap.Instances(tx, x.ID), every, func(i *cloudmap.Instance) string { return i.ID }, in.NextToken, in.MaxResults)
		for _, i := range page {
			out.Instances = append(out.Instances, types.InstanceSummary{
				Id: aws.String(i.ID), Attributes: i.Attributes, CreatedByAccount: aws.String(x.Account),
			})
		}
		out.NextToken = next
		return err
	})
	return out, err
}

// instance finds an instance and its service.
func instance(tx *store.Tx, ctx context.Context, serviceID, instanceID *string) (*cloudmap.Service, *cloudmap.Instance, error) {
	x, err := service(tx, scopeOf(ctx), "ServiceId", serviceID)
	if err != nil {
		return nil, nil, err
	}
	id, err := required("InstanceId", instanceID, 64)
	if err != nil {
		return nil, nil, err
	}
	i, ok := cloudmap.GetInstance(tx, x.ID, strings.TrimSpace(id))
	if !ok {
		return nil, nil, noInstance(id)
	}
	return x, i, nil
}
