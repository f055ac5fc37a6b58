package ecs

import (
	"context"
	"reflect"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
)

// UpdateService changes a service. A member of the service revision whose
// effective value differs, or forceNewDeployment, starts a deployment; all else
// is in force at once.
func (s *Service) UpdateService(ctx context.Context, in *sdk.UpdateServiceInput) (*sdk.UpdateServiceOutput, error) {
	faultUpdate.Hit()
	defer faultUpdated.Hit()
	if err := checkUpdate(in); err != nil {
		return nil, err
	}
	out := &sdk.UpdateServiceOutput{}
	err := s.update(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		old, ok := r.service(c.Name, get(in.Service))
		switch {
		case !ok:
			return noService()
		case old.Status != active:
			return notActive()
		}
		svc := *old
		if err := s.applyUpdate(r, c, &svc, in); err != nil {
			return err
		}
		state.Services.Put(r.Tx, svc.Key(), &svc)
		v := r.serviceView(&svc, false)
		out.Service = &v
		return nil
	})
	return out, err
}

func checkUpdate(in *sdk.UpdateServiceInput) error {
	if get(in.Service) == "" {
		return invalid("Service can not be blank.")
	}
	if err := checkDesired(in.DesiredCount); err != nil {
		return err
	}
	f := features{
		in.VpcLatticeConfigurations, in.VolumeConfigurations,
		in.GatewayConnectors, in.Monitoring, in.DeploymentController, in.PlacementConstraints,
	}
	if err := f.refuse(); err != nil {
		return err
	}
	return checkCommon(in.PropagateTags, in.AvailabilityZoneRebalancing, in.PlacementStrategy, in.HealthCheckGracePeriodSeconds)
}

// applyUpdate changes svc, a copy, and starts a deployment if one is due.
func (s *Service) applyUpdate(r *request, c *state.Cluster, svc *state.Service, in *sdk.UpdateServiceInput) error {
	if in.DesiredCount != nil {
		if svc.Daemon {
			return invalid("The desired count can not be specified for a service with the scheduling strategy DAEMON.")
		}
		svc.Desired = int(*in.DesiredCount)
	}
	if err := s.applySettings(r, svc, in); err != nil {
		return err
	}
	if err := r.applyCapacity(c, svc, in); err != nil {
		return err
	}
	now, ok := state.Revisions.Get(r.Tx, svc.Key()+"/"+svc.Primary)
	if !ok {
		return noService()
	}
	td, err := r.nextDefinition(svc, &now.Body.V, in)
	if err != nil {
		return err
	}
	next, err := r.nextRevision(svc, &now.Body.V, td, in)
	if err != nil {
		return err
	}
	mesh, err := r.nextConnect(svc, next, now, td, in)
	if err != nil {
		return err
	}
	if !in.ForceNewDeployment && !triggers(&now.Body.V, next) {
		return nil
	}
	if err := runnable(td, svc.Body.V.LaunchType, svc.Body.V.CapacityProviderStrategy); err != nil {
		return err
	}
	svc.Body.V.TaskDefinition, svc.Body.V.NetworkConfiguration = next.TaskDefinition, next.NetworkConfiguration
	setLoadBalancers(svc, next.LoadBalancers)
	svc.Body.V.ServiceRegistries = next.ServiceRegistries
	return s.startDeployment(r, svc, *next, mesh)
}

// applySettings changes what needs no deployment.
func (s *Service) applySettings(r *request, svc *state.Service, in *sdk.UpdateServiceInput) error {
	b := &svc.Body.V
	if in.DeploymentConfiguration != nil {
		config := fillConfiguration(mergeConfiguration(*b.DeploymentConfiguration, in.DeploymentConfiguration), svc.Daemon)
		if err := checkConfiguration(&config, svc.Daemon); err != nil {
			return err
		}
		if err := s.checkWatchers(r, &config); err != nil {
			return err
		}
		b.DeploymentConfiguration = &config
	}
	lay(&b.HealthCheckGracePeriodSeconds, in.HealthCheckGracePeriodSeconds)
	if in.PlacementStrategy != nil {
		b.PlacementStrategy = in.PlacementStrategy
	}
	if in.PropagateTags != "" {
		b.PropagateTags = in.PropagateTags
	}
	if in.AvailabilityZoneRebalancing != "" {
		b.AvailabilityZoneRebalancing = in.AvailabilityZoneRebalancing
	}
	if in.EnableECSManagedTags != nil {
		b.EnableECSManagedTags = *in.EnableECSManagedTags
	}
	if in.EnableExecuteCommand != nil {
		b.EnableExecuteCommand = *in.EnableExecuteCommand
	}
	return nil
}

// applyCapacity changes capacity provider strategy and platform version; the
// next revision takes them over.
func (r *request) applyCapacity(c *state.Cluster, svc *state.Service, in *sdk.UpdateServiceInput) error {
	b := &svc.Body.V
	switch {
	case in.CapacityProviderStrategy == nil:
	case len(in.CapacityProviderStrategy) == 0: // back to the launch type
		if len(b.CapacityProviderStrategy) > 0 {
			b.CapacityProviderStrategy, b.LaunchType = nil, types.LaunchTypeFargate
		}
	default:
		if err := checkStrategy(in.CapacityProviderStrategy, c.Body.V.CapacityProviders); err != nil {
			return err
		}
		b.CapacityProviderStrategy, b.LaunchType = in.CapacityProviderStrategy, ""
	}
	fargate := b.LaunchType == types.LaunchTypeFargate || len(b.CapacityProviderStrategy) > 0
	given := get(in.PlatformVersion)
	if given == "" && fargate {
		given = get(b.PlatformVersion)
	}
	platform, _, err := platformVersion(given, fargate)
	if err != nil {
		return err
	}
	b.PlatformVersion, b.PlatformFamily = text(platform), nil
	if fargate {
		b.PlatformFamily = ptr("Linux")
	}
	return nil
}

// nextDefinition is the task definition the service shall have. One that it has
// already may be INACTIVE.
func (r *request) nextDefinition(svc *state.Service, now *types.ServiceRevision, in *sdk.UpdateServiceInput) (*state.TaskDefinition, error) {
	ref := get(in.TaskDefinition)
	if ref == "" {
		ref = get(now.TaskDefinition)
	}
	td, ok := r.definition(ref)
	if !ok {
		return nil, noDefinition()
	}
	if get(td.Def.V.TaskDefinitionArn) != get(now.TaskDefinition) && td.Def.V.Status != types.TaskDefinitionStatusActive {
		return nil, clientError("TaskDefinition is inactive")
	}
	return td, nil
}

// nextRevision lays the update over the primary revision. An absent list leaves
// what there is, an empty one removes it.
func (r *request) nextRevision(svc *state.Service, now *types.ServiceRevision, td *state.TaskDefinition, in *sdk.UpdateServiceInput) (*types.ServiceRevision, error) {
	network, lbs := now.NetworkConfiguration, now.LoadBalancers
	given := in.NetworkConfiguration
	if given == nil && td.Def.V.NetworkMode == types.NetworkModeAwsvpc {
		given = network
	}
	network, err := checkNetwork(given, td.Def.V.NetworkMode)
	if err != nil {
		return nil, err
	}
	if in.LoadBalancers != nil {
		lbs = in.LoadBalancers
	}
	if in.LoadBalancers != nil || in.TaskDefinition != nil || in.DeploymentConfiguration != nil {
		if err := r.checkLoadBalancers(svc, lbs, td); err != nil {
			return nil, err
		}
	}
	next := revisionOf(svc, td, network, lbs)
	next.ServiceRegistries = now.ServiceRegistries
	if in.ServiceRegistries != nil {
		next.ServiceRegistries = in.ServiceRegistries
	}
	if in.ServiceRegistries != nil || in.TaskDefinition != nil {
		if err := r.checkRegistries(next.ServiceRegistries, td); err != nil {
			return nil, err
		}
	}
	return &next, nil
}

// triggers tells whether a revision differs from another in what starts a
// deployment. Capacity provider strategies do not.
func triggers(now, next *types.ServiceRevision) bool {
	return get(now.TaskDefinition) != get(next.TaskDefinition) ||
		get(now.PlatformVersion) != get(next.PlatformVersion) ||
		!reflect.DeepEqual(now.NetworkConfiguration, next.NetworkConfiguration) ||
		!sameConnect(now.ServiceConnectConfiguration, next.ServiceConnectConfiguration) ||
		!sameLoadBalancers(now.LoadBalancers, next.LoadBalancers) ||
		!sameRegistries(now.ServiceRegistries, next.ServiceRegistries)
}

func sameLoadBalancers(a, b []types.LoadBalancer) bool {
	return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b)
}
