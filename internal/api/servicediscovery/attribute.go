package servicediscovery

import (
	"context"
	"maps"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// maxServiceAttributes is how many attributes a service can have.
const maxServiceAttributes = 30

// GetServiceAttributes shows the attributes of a service.
func (s *Service) GetServiceAttributes(ctx context.Context, in *servicediscovery.GetServiceAttributesInput) (*servicediscovery.GetServiceAttributesOutput, error) {
	out := &servicediscovery.GetServiceAttributesOutput{}
	err := s.view(func(tx *store.Tx) error {
		x, err := service(tx, scopeOf(ctx), "ServiceId", in.ServiceId)
		if err != nil {
			return err
		}
		attributes := map[string]string{}
		maps.Copy(attributes, x.Attributes)
		out.ServiceAttributes = &types.ServiceAttributes{Attributes: attributes, ServiceArn: aws.String(x.ARN()), ResourceOwner: aws.String(x.Account)}
		return nil
	})
	return out, err
}

// UpdateServiceAttributes adds and changes attributes of a service.
func (s *Service) UpdateServiceAttributes(ctx context.Context, in *servicediscovery.UpdateServiceAttributesInput) (*servicediscovery.UpdateServiceAttributesOutput, error) {
	if len(in.Attributes) == 0 {
		return nil, invalid("Attributes is required.")
	}
	for key, value := range in.Attributes {
		if key == "" || utf8.RuneCountInString(key) > 255 || utf8.RuneCountInString(value) > 1024 {
			return nil, invalid("Attributes: a key has 1 to 255 characters and a value at most 1024; %.40q does not.", key)
		}
	}
	err := s.update(func(tx *store.Tx) error {
		x, err := service(tx, scopeOf(ctx), "ServiceId", in.ServiceId)
		if err != nil {
			return err
		}
		next := x.Clone()
		if next.Attributes == nil {
			next.Attributes = map[string]string{}
		}
		maps.Copy(next.Attributes, in.Attributes)
		if len(next.Attributes) > maxServiceAttributes {
			return wire.Errorf("ServiceAttributesLimitExceededException", "A service can have at most %d attributes.", maxServiceAttributes)
		}
		cloudmap.PutService(tx, next)
		return nil
	})
	return &servicediscovery.UpdateServiceAttributesOutput{}, err
}

// DeleteServiceAttributes removes attributes of a service.
func (s *Service) DeleteServiceAttributes(ctx context.Context, in *servicediscovery.DeleteServiceAttributesInput) (*servicediscovery.DeleteServiceAttributesOutput, error) {
	if len(in.Attributes) == 0 {
		return nil, invalid("Attributes is required: the keys to delete.")
	}
	err := s.update(func(tx *store.Tx) error {
		x, err := service(tx, scopeOf(ctx), "ServiceId", in.ServiceId)
		if err != nil {
			return err
		}
		next := x.Clone()
		for _, key := range in.Attributes {
			delete(next.Attributes, key)
		}
		cloudmap.PutService(tx, next)
		return nil
	})
	return &servicediscovery.DeleteServiceAttributesOutput{}, err
}
