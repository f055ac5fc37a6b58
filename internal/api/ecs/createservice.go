package ecs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/wire"
)

// CreateService makes a service, its first revision and its first deployment.
func (s *Service) CreateService(ctx context.Context, in *sdk.CreateServiceInput) (*sdk.CreateServiceOutput, error) {
	faultCreate.Hit()
	defer faultCreated.Hit()
	if err := checkCreate(in); err != nil {
		return nil, err
	}
	digest, err := fingerprint(*in)
	if err != nil {
		return nil, err
	}
	out := &sdk.CreateServiceOutput{}
	err = s.update(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		svc, err := r.vacancy(c.Name, in, digest)
		if err != nil {
			return err
		}
		if svc == nil {
			if svc, err = s.create(r, c, in); err != nil {
				return err
			}
			svc.CreateDigest = digest
			state.Services.Put(r.Tx, svc.Key(), svc)
		}
		v := r.serviceView(svc, true)
		out.Service = &v
		return nil
	})
	return out, err
}

// fingerprint tells whether two requests ask for the same.
func fingerprint(in sdk.CreateServiceInput) (string, error) {
	in.ClientToken = nil
	doc, err := wire.MarshalJSON(in, true)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:]), nil
}

// vacancy returns the existing service if the request repeats the one that made
// it, nil if the name is free, and an error if it is taken.
func (r *request) vacancy(cluster string, in *sdk.CreateServiceInput, digest string) (*state.Service, error) {
	old, ok := state.Services.Get(r.Tx, r.Key(cluster, *in.ServiceName))
	switch {
	case !ok:
		return nil, nil
	case old.Status == draining:
		return nil, invalid("Unable to Start a service that is still Draining.")
	case old.Status == active && old.CreateDigest == digest && old.ClientToken == get(in.ClientToken):
		return old, nil
	case old.Status == active:
		return nil, invalid("Creation of service was not idempotent.")
	}
	// Deployments and revisions are deleted with the service.
	for key := range state.Revisions.Prefix(r.Tx, old.Key()+"/") {
		state.Revisions.Delete(r.Tx, key)
	}
	for key := range state.Deployments.Prefix(r.Tx, old.Key()+"/") {
		state.Deployments.Delete(r.Tx, key)
		state.Chronicles.Delete(r.Tx, key)
	}
	return nil, nil
}

// checkCreate checks what needs no record.
func checkCreate(in *sdk.CreateServiceInput) error {
	daemon := in.SchedulingStrategy == types.SchedulingStrategyDaemon
	token := get(in.ClientToken)
	switch {
	case !plainName.MatchString(get(in.ServiceName)):
		return invalid("The service name '%s' is not valid: 1 to 255 letters, numbers, underscores and hyphens.", clip(get(in.ServiceName)))
	case len(token) > 36 || !printable(token):
		return invalid("clientToken can have at most 36 ASCII characters from 33 to 126.")
	case get(in.TaskDefinition) == "":
		return invalid("TaskDefinition can not be blank.")
	case daemon && in.DesiredCount != nil:
		return invalid("The desired count can not be specified for a service with the scheduling strategy DAEMON.")
	case !daemon && in.DesiredCount == nil:
		return invalid("Desired count is required for a service with the scheduling strategy REPLICA.")
	}
	if err := oneOf("schedulingStrategy", in.SchedulingStrategy, in.SchedulingStrategy.Values()); err != nil {
		return err
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
	if err := checkCommon(in.PropagateTags, in.AvailabilityZoneRebalancing, in.PlacementStrategy, in.HealthCheckGracePeriodSeconds); err != nil {
		return err
	}
	return checkTags(in.Tags)
}

// maxDesired is ECS's quota of tasks in a service.
const maxDesired = 5000

func checkDesired(n *int32) error {
	if get(n) < 0 || get(n) > maxDesired {
		return invalid("The desired count must be between 0 and %d; it was %d.", maxDesired, *n)
	}
	return nil
}

// checkCommon checks members that CreateService and UpdateService share.
func checkCommon(p types.PropagateTags, az types.AvailabilityZoneRebalancing, strategy []types.PlacementStrategy, grace *int32) error {
	if err := oneOf("propagateTags", p, p.Values()); err != nil {
		return err
	}
	if err := oneOf("availabilityZoneRebalancing", az, az.Values()); err != nil {
		return err
	}
	if len(strategy) > 5 {
		return invalid("A service can have at most 5 placement strategies.")
	}
	for _, x := range strategy {
		if err := oneOf("placementStrategy.type", x.Type, x.Type.Values()); err != nil {
			return err
		}
	}
	return bounds("healthCheckGracePeriodSeconds", get(grace), 0, math.MaxInt32)
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 33 || s[i] > 126 {
			return false
		}
	}
	return true
}

// create makes the records of a new service. The caller writes the service.
func (s *Service) create(r *request, c *state.Cluster, in *sdk.CreateServiceInput) (*state.Service, error) {
	launchType, strategy, err := r.capacity(c, in.LaunchType, in.CapacityProviderStrategy)
	if err != nil {
		return nil, err
	}
	td, err := r.activeDefinition(*in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	if err := runnable(td, launchType, strategy); err != nil {
		return nil, err
	}
	network, err := checkNetwork(in.NetworkConfiguration, td.Def.V.NetworkMode)
	if err != nil {
		return nil, err
	}
	fargate := launchType == types.LaunchTypeFargate || len(strategy) > 0
	if fargate && in.SchedulingStrategy == types.SchedulingStrategyDaemon {
		return nil, invalid("The scheduling strategy DAEMON is not supported on Fargate.")
	}
	platform, _, err := platformVersion(get(in.PlatformVersion), fargate)
	if err != nil {
		return nil, err
	}
	if fargate && len(in.PlacementStrategy) > 0 {
		return nil, invalid("Placement strategies are not supported with FARGATE launch type.")
	}
	svc := r.newService(c.Name, in)
	b := &svc.Body.V
	b.LaunchType, b.CapacityProviderStrategy = launchType, strategy
	b.PlatformVersion, b.NetworkConfiguration = text(platform), network
	if fargate {
		b.PlatformFamily = ptr("Linux")
	}
	if err := checkConfiguration(b.DeploymentConfiguration, svc.Daemon); err != nil {
		return nil, err
	}
	if err := r.checkLoadBalancers(svc, in.LoadBalancers, td); err != nil {
		return nil, err
	}
	if err := s.checkWatchers(r, b.DeploymentConfiguration); err != nil {
		return nil, err
	}
	config, mesh, err := r.resolveConnect(connectFor(in.ServiceConnectConfiguration, nil), c.Name, td, nil)
	if err != nil {
		return nil, err
	}
	if err := r.checkRegistries(in.ServiceRegistries, td); err != nil {
		return nil, err
	}
	setLoadBalancers(svc, in.LoadBalancers)
	b.ServiceRegistries = list(in.ServiceRegistries)
	b.TaskDefinition = td.Def.V.TaskDefinitionArn
	body := revisionOf(svc, td, network, in.LoadBalancers)
	body.ServiceConnectConfiguration = config
	return svc, s.startDeployment(r, svc, body, mesh)
}

// newService fills in what depends on the request alone.
func (r *request) newService(cluster string, in *sdk.CreateServiceInput) *state.Service {
	svc := &state.Service{
		Scope: r.Scope, Cluster: cluster, Name: *in.ServiceName, Created: r.now, Status: active,
		ClientToken: get(in.ClientToken), Desired: int(get(in.DesiredCount)),
		Daemon: in.SchedulingStrategy == types.SchedulingStrategyDaemon,
	}
	if svc.Daemon {
		svc.Desired = 1 // one task on each container instance
	}
	config := fillConfiguration(mergeConfiguration(types.DeploymentConfiguration{}, in.DeploymentConfiguration), svc.Daemon)
	svc.Body.V = types.Service{
		ServiceArn: ptr(svc.ARN()), ServiceName: &svc.Name, ClusterArn: ptr(r.Cluster(cluster)),
		CreatedAt: &svc.Created, CreatedBy: text(r.caller.ARN), DeploymentConfiguration: &config,
		DeploymentController: &types.DeploymentController{Type: types.DeploymentControllerTypeEcs},
		SchedulingStrategy:   either(svc.Daemon, types.SchedulingStrategyDaemon, types.SchedulingStrategyReplica),
		PlacementConstraints: []types.PlacementConstraint{}, PlacementStrategy: list(in.PlacementStrategy),
		ServiceRegistries: []types.ServiceRegistry{}, Tags: in.Tags, PropagateTags: in.PropagateTags,
		EnableECSManagedTags: in.EnableECSManagedTags, EnableExecuteCommand: in.EnableExecuteCommand,
		HealthCheckGracePeriodSeconds: in.HealthCheckGracePeriodSeconds, RoleArn: in.Role,
		AvailabilityZoneRebalancing: in.AvailabilityZoneRebalancing, ResourceManagementType: types.ResourceManagementTypeCustomer,
	}
	b := &svc.Body.V
	if b.PropagateTags == "" {
		b.PropagateTags = types.PropagateTagsNone
	}
	if b.AvailabilityZoneRebalancing == "" {
		eligible := !svc.Daemon && *config.MaximumPercent > 100
		b.AvailabilityZoneRebalancing = either(eligible, types.AvailabilityZoneRebalancingEnabled, types.AvailabilityZoneRebalancingDisabled)
	}
	return svc
}

// setLoadBalancers sets what a service shows with load balancers.
func setLoadBalancers(svc *state.Service, lbs []types.LoadBalancer) {
	b := &svc.Body.V
	b.LoadBalancers = list(lbs)
	if len(lbs) == 0 {
		return
	}
	fill(&b.HealthCheckGracePeriodSeconds, 0)
	fill(&b.RoleArn, arn.Make("iam", "", svc.Account, "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"))
}
