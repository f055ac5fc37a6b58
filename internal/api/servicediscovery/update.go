package servicediscovery

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/store"
)

// UpdateHttpNamespace changes the description.
func (s *Service) UpdateHttpNamespace(ctx context.Context, in *servicediscovery.UpdateHttpNamespaceInput) (*servicediscovery.UpdateHttpNamespaceOutput, error) {
	if in.Namespace == nil || in.Namespace.Description == nil {
		return nil, invalid("Namespace.Description is required.")
	}
	id, err := s.updateNamespace(ctx, cloudmap.HTTP, in.Id, in.UpdaterRequestId, in.Namespace.Description, nil)
	return &servicediscovery.UpdateHttpNamespaceOutput{OperationId: id}, err
}

// UpdatePrivateDnsNamespace changes the description and how long it is remembered
// that a name does not exist.
func (s *Service) UpdatePrivateDnsNamespace(ctx context.Context, in *servicediscovery.UpdatePrivateDnsNamespaceInput) (*servicediscovery.UpdatePrivateDnsNamespaceOutput, error) {
	if in.Namespace == nil {
		return nil, invalid("Namespace is required.")
	}
	var soa *types.SOAChange
	if p := in.Namespace.Properties; p != nil && p.DnsProperties != nil {
		soa = p.DnsProperties.SOA
	}
	id, err := s.updateNamespace(ctx, cloudmap.DNSPrivate, in.Id, in.UpdaterRequestId, in.Namespace.Description, soa)
	return &servicediscovery.UpdatePrivateDnsNamespaceOutput{OperationId: id}, err
}

// UpdatePublicDnsNamespace does the same to a public namespace.
func (s *Service) UpdatePublicDnsNamespace(ctx context.Context, in *servicediscovery.UpdatePublicDnsNamespaceInput) (*servicediscovery.UpdatePublicDnsNamespaceOutput, error) {
	if in.Namespace == nil {
		return nil, invalid("Namespace is required.")
	}
	var soa *types.SOAChange
	if p := in.Namespace.Properties; p != nil && p.DnsProperties != nil {
		soa = p.DnsProperties.SOA
	}
	id, err := s.updateNamespace(ctx, cloudmap.DNSPublic, in.Id, in.UpdaterRequestId, in.Namespace.Description, soa)
	return &servicediscovery.UpdatePublicDnsNamespaceOutput{OperationId: id}, err
}

func (s *Service) updateNamespace(ctx context.Context, kind string, id, request, description *string, soa *types.SOAChange) (out *string, err error) {
	err = first(optional("UpdaterRequestId", request, 64), optional("Namespace.Description", description, 1024))
	if err == nil && soa != nil {
		err = checkTTL("Namespace.Properties.DnsProperties.SOA.TTL", soa.TTL)
	}
	if err != nil {
		return nil, err
	}
	err = s.update(func(tx *store.Tx) error {
		n, err := namespace(tx, scopeOf(ctx), id)
		if err != nil {
			return err
		}
		if n.Type != kind {
			return invalid("The namespace %s is of type %s, not %s.", n.ID, n.Type, kind)
		}
		next := n.Clone()
		if description != nil {
			next.Description = *description
		}
		if soa != nil {
			next.SOATTL = *soa.TTL
		}
		cloudmap.PutNamespace(tx, next)
		out = s.done(tx, n.Scope, cloudmap.UpdateNamespaceOp, n.ID, "NAMESPACE", n.ID)
		return nil
	})
	return out, err
}
