package ecs

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
)

// The capacity providers that there are. On this machine both run tasks the
// same way.
var providers = []types.CapacityProviderType{types.CapacityProviderTypeFargate, types.CapacityProviderTypeFargateSpot}

func isProvider(name string) bool {
	return slices.Contains(providers, types.CapacityProviderType(name))
}

// PutClusterCapacityProviders associates capacity providers with a cluster.
func (s *Service) PutClusterCapacityProviders(ctx context.Context, in *sdk.PutClusterCapacityProvidersInput) (*sdk.PutClusterCapacityProvidersOutput, error) {
	if get(in.Cluster) == "" {
		return nil, invalid("Cluster can not be blank.")
	}
	if in.CapacityProviders == nil || in.DefaultCapacityProviderStrategy == nil {
		return nil, invalid("capacityProviders and defaultCapacityProviderStrategy are required; they may be empty lists.")
	}
	if err := checkProviders(in.CapacityProviders, in.DefaultCapacityProviderStrategy, in.CapacityProviders); err != nil {
		return nil, err
	}
	c, err := s.changeCluster(ctx, in.Cluster, func(_ *request, c *types.Cluster) error {
		c.CapacityProviders, c.DefaultCapacityProviderStrategy = in.CapacityProviders, in.DefaultCapacityProviderStrategy
		return nil
	})
	return &sdk.PutClusterCapacityProvidersOutput{Cluster: c}, err
}

// checkProviders checks names and a strategy over those associated.
func checkProviders(names []string, strategy []types.CapacityProviderStrategyItem, associated []string) error {
	for _, n := range names {
		if !isProvider(arn.Name(n)) {
			return invalid("The specified capacity provider '%s' was not found. Use FARGATE or FARGATE_SPOT.", clip(n))
		}
	}
	return checkStrategy(strategy, associated)
}

// checkStrategy checks a capacity provider strategy.
func checkStrategy(strategy []types.CapacityProviderStrategyItem, associated []string) error {
	if len(strategy) > 20 {
		return invalid("A capacity provider strategy can have at most 20 items.")
	}
	weight, bases := int32(0), 0
	for _, item := range strategy {
		name := get(item.CapacityProvider)
		switch {
		case !isProvider(arn.Name(name)):
			return invalid("The specified capacity provider '%s' was not found.", clip(name))
		case !slices.Contains(associated, name):
			return invalid("The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. Associate the capacity provider %s with the cluster and try again.", name)
		case item.Weight < 0 || item.Weight > 1000:
			return invalid("The weight of a capacity provider must be between 0 and 1000; it was %d.", item.Weight)
		case item.Base < 0 || item.Base > 100000:
			return invalid("The base of a capacity provider must be between 0 and 100000; it was %d.", item.Base)
		}
		weight += item.Weight
		if item.Base > 0 {
			bases++
		}
	}
	switch {
	case bases > 1:
		return invalid("Only one capacity provider in a strategy can have a base.")
	case len(strategy) > 0 && weight == 0 && bases == 0:
		return invalid("At least one capacity provider in a strategy must have a weight greater than zero.")
	}
	return nil
}

// DescribeCapacityProviders describes FARGATE and FARGATE_SPOT.
func (s *Service) DescribeCapacityProviders(ctx context.Context, in *sdk.DescribeCapacityProvidersInput) (*sdk.DescribeCapacityProvidersOutput, error) {
	out := &sdk.DescribeCapacityProvidersOutput{Failures: []types.Failure{}}
	var found []types.CapacityProvider
	err := s.view(ctx, func(r *request) error {
		names := in.CapacityProviders
		if in.Cluster != nil {
			c, err := r.cluster(in.Cluster)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				names = c.Body.V.CapacityProviders
			}
		} else if len(names) == 0 {
			names = []string{"FARGATE", "FARGATE_SPOT"}
		}
		for _, n := range names {
			if !isProvider(arn.Name(n)) {
				out.Failures = append(out.Failures, missing(r.providerARN(n)))
				continue
			}
			n = arn.Name(n)
			found = append(found, types.CapacityProvider{
				CapacityProviderArn: ptr(r.providerARN(n)), Name: ptr(n), Status: types.CapacityProviderStatusActive,
				Type: types.CapacityProviderType(n), Tags: []types.Tag{},
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(a, b types.CapacityProvider) int { return len(*a.Name) - len(*b.Name) })
	out.CapacityProviders, out.NextToken, err = pageBy(found, func(p types.CapacityProvider) string { return *p.Name }, in.NextToken, in.MaxResults, 10)
	return out, err
}

func (r *request) providerARN(name string) string {
	if arn.Is(name) {
		return name
	}
	return r.ECS("capacity-provider/" + name)
}

// CreateCapacityProvider is refused: there is no Auto Scaling group to scale.
func (s *Service) CreateCapacityProvider(context.Context, *sdk.CreateCapacityProviderInput) (*sdk.CreateCapacityProviderOutput, error) {
	return nil, unsupported("This machine is the only capacity: use the capacity providers FARGATE and FARGATE_SPOT.")
}

// UpdateCapacityProvider is refused for the reserved providers, as on AWS.
func (s *Service) UpdateCapacityProvider(_ context.Context, in *sdk.UpdateCapacityProviderInput) (*sdk.UpdateCapacityProviderOutput, error) {
	return nil, reservedProvider(get(in.Name), "updated")
}

// DeleteCapacityProvider is refused for the reserved providers, as on AWS.
func (s *Service) DeleteCapacityProvider(_ context.Context, in *sdk.DeleteCapacityProviderInput) (*sdk.DeleteCapacityProviderOutput, error) {
	return nil, reservedProvider(get(in.CapacityProvider), "deleted")
}

func reservedProvider(name, what string) error {
	if isProvider(arn.Name(name)) {
		return invalid("The capacity provider %s is reserved and cannot be %s.", arn.Name(name), what)
	}
	return invalid("The specified capacity provider '%s' was not found.", clip(name))
}

// capacity decides how tasks are launched: by launch type, by strategy, or by
// the cluster's default strategy; EC2 if there is none.
func (r *request) capacity(c *state.Cluster, launchType types.LaunchType, strategy []types.CapacityProviderStrategyItem) (types.LaunchType, []types.CapacityProviderStrategyItem, error) {
	switch launchType {
	case "", types.LaunchTypeEc2, types.LaunchTypeFargate:
	case types.LaunchTypeExternal, types.LaunchTypeManagedInstances:
		return "", nil, unsupported("launchType %s: tasks run on this machine; use FARGATE or EC2.", launchType)
	default:
		return "", nil, oneOf("launchType", launchType, launchType.Values())
	}
	if launchType != "" && len(strategy) > 0 {
		return "", nil, invalid("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
	}
	if err := checkStrategy(strategy, c.Body.V.CapacityProviders); err != nil {
		return "", nil, err
	}
	switch {
	case launchType != "":
		return launchType, nil, nil
	case len(strategy) > 0:
		return "", strategy, nil
	case len(c.Body.V.DefaultCapacityProviderStrategy) > 0:
		return "", c.Body.V.DefaultCapacityProviderStrategy, nil
	}
	return types.LaunchTypeEc2, nil, nil
}
