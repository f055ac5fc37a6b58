package ecs

import (
	"context"
	"errors"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/state"
)

// connectDefaults turns serviceConnectDefaults into what a cluster keeps: the ARN
// of the namespace. A name that no namespace has makes an HTTP namespace, as in
// ECS; an empty one removes the default.
func (r *request) connectDefaults(in *types.ClusterServiceConnectDefaultsRequest) (*types.ClusterServiceConnectDefaults, error) {
	if in == nil || get(in.Namespace) == "" {
		return nil, nil
	}
	ref := *in.Namespace
	ns, ok := cloudmap.FindNamespace(r.Tx, r.Scope, ref)
	switch {
	case ok:
	case arn.Is(ref):
		return nil, noNamespace(ref)
	case len(ref) > 1024 || !printable(ref):
		return nil, invalid("The namespace '%s' is not valid: up to 1024 ASCII characters without spaces.", clip(ref))
	default:
		var err error
		ns, err = cloudmap.CreateHTTPNamespace(r.Tx, r.Scope, ref, "Created by Amazon ECS for Service Connect.", map[string]string{"AmazonECSManaged": "true"}, r.now)
		var exists *cloudmap.ExistsError
		if errors.As(err, &exists) {
			return nil, invalid("The namespace '%s' cannot be created: %s", clip(ref), exists.Error())
		}
		if err != nil {
			return nil, err
		}
	}
	return &types.ClusterServiceConnectDefaults{Namespace: ptr(ns.ARN())}, nil
}

// ListServicesByNamespace lists the ARNs of the services, of all clusters, that
// use a namespace, those that only call others included.
func (s *Service) ListServicesByNamespace(ctx context.Context, in *sdk.ListServicesByNamespaceInput) (*sdk.ListServicesByNamespaceOutput, error) {
	if get(in.Namespace) == "" {
		return nil, invalid("Namespace can not be blank.")
	}
	var arns []string
	if err := s.view(ctx, func(r *request) error {
		ns, ok := cloudmap.FindNamespace(r.Tx, r.Scope, *in.Namespace)
		if !ok {
			return noNamespace(*in.Namespace)
		}
		for _, svc := range state.Services.Prefix(r.Tx, r.Key("")) {
			rev, ok := state.Revisions.Get(r.Tx, svc.Key()+"/"+svc.Primary)
			if ok && svc.Status == active && rev.Connect != nil && rev.Connect.Namespace == ns.ID {
				arns = append(arns, svc.ARN())
			}
		}
		slices.Sort(arns)
		return nil
	}); err != nil {
		return nil, err
	}
	page, next, err := pageARNs(arns, in.NextToken, in.MaxResults, 10)
	return &sdk.ListServicesByNamespaceOutput{ServiceArns: list(page), NextToken: next}, err
}
