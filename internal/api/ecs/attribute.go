package ecs

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/wire"
)

// PutAttributes adds custom attributes to the container instance.
func (s *Service) PutAttributes(ctx context.Context, in *sdk.PutAttributesInput) (*sdk.PutAttributesOutput, error) {
	if err := batch("Attributes", len(in.Attributes), 10); err != nil {
		return nil, err
	}
	for _, a := range in.Attributes {
		if name := get(a.Name); name == "" || len(name) > 128 || strings.HasPrefix(name, "ecs.") {
			return nil, invalid("The attribute name '%s' is not valid: 1 to 128 characters, not beginning with ecs.", clip(name))
		}
	}
	err := s.changeAttributes(ctx, in.Cluster, in.Attributes, func(old []types.Attribute) ([]types.Attribute, error) {
		for _, a := range in.Attributes {
			old = slices.DeleteFunc(old, func(x types.Attribute) bool { return get(x.Name) == get(a.Name) })
			old = append(old, types.Attribute{Name: a.Name, Value: a.Value})
		}
		if len(old) > 10 {
			return nil, wire.Errorf("AttributeLimitExceededException", "A container instance can have at most 10 custom attributes.")
		}
		return old, nil
	})
	return &sdk.PutAttributesOutput{Attributes: in.Attributes}, err
}

// DeleteAttributes removes custom attributes.
func (s *Service) DeleteAttributes(ctx context.Context, in *sdk.DeleteAttributesInput) (*sdk.DeleteAttributesOutput, error) {
	if err := batch("Attributes", len(in.Attributes), 10); err != nil {
		return nil, err
	}
	err := s.changeAttributes(ctx, in.Cluster, in.Attributes, func(old []types.Attribute) ([]types.Attribute, error) {
		for _, a := range in.Attributes {
			old = slices.DeleteFunc(old, func(x types.Attribute) bool {
				return get(x.Name) == get(a.Name) && (a.Value == nil || get(x.Value) == get(a.Value))
			})
		}
		return old, nil
	})
	return &sdk.DeleteAttributesOutput{Attributes: in.Attributes}, err
}

// changeAttributes checks that all attributes are meant for this machine, and
// changes its own.
func (s *Service) changeAttributes(ctx context.Context, cluster *string, given []types.Attribute, fn func([]types.Attribute) ([]types.Attribute, error)) error {
	return s.update(ctx, func(r *request) error {
		c, err := r.cluster(cluster)
		if err != nil {
			return err
		}
		for _, a := range given {
			if !s.isInstance(r, c.Name, get(a.TargetId)) {
				return wire.Errorf("TargetNotFoundException", "The target '%s' was not found; use the ARN that ListContainerInstances gives.", clip(get(a.TargetId)))
			}
		}
		next := instance{Scope: r.Scope}
		if x, ok := instances.Get(r.Tx, r.Key(c.Name)); ok {
			next = *x
		}
		if next.Attributes, err = fn(slices.Clone(next.Attributes)); err != nil {
			return err
		}
		instances.Put(r.Tx, r.Key(c.Name), &next)
		return nil
	})
}

// ListAttributes lists the attributes of the container instance.
func (s *Service) ListAttributes(ctx context.Context, in *sdk.ListAttributesInput) (*sdk.ListAttributesOutput, error) {
	if in.TargetType != types.TargetTypeContainerInstance {
		return nil, invalid("Invalid targetType '%s'. Valid values are: container-instance", clip(string(in.TargetType)))
	}
	var found []types.Attribute
	if err := s.view(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		target := s.instanceARN(r, c.Name)
		for _, a := range s.attributes(r, c.Name) {
			if in.AttributeName != nil && get(a.Name) != *in.AttributeName || in.AttributeValue != nil && get(a.Value) != *in.AttributeValue {
				continue
			}
			a.TargetId = &target
			found = append(found, a)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b types.Attribute) int { return strings.Compare(*a.Name, *b.Name) })
	page, next, err := pageBy(found, func(a types.Attribute) string { return *a.Name }, in.NextToken, in.MaxResults, 100)
	return &sdk.ListAttributesOutput{Attributes: page, NextToken: next}, err
}
