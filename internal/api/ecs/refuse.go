package ecs

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/taskdef"
)

// features are the members of CreateService and UpdateService that this version
// of grue does not carry out. A member that is set is refused by name.
type features struct {
	lattice    []types.VpcLatticeConfiguration
	volumes    []types.ServiceVolumeConfiguration
	gateways   []types.GatewayConnector
	monitoring *types.MonitoringConfiguration
	controller *types.DeploymentController
	placement  []types.PlacementConstraint
}

func (f features) refuse() error {
	if f.controller != nil {
		switch f.controller.Type {
		case types.DeploymentControllerTypeEcs:
		case types.DeploymentControllerTypeCodeDeploy, types.DeploymentControllerTypeExternal:
			return unsupported("deploymentController %s is not available in this version of grue; use ECS.", f.controller.Type)
		default:
			return oneOf("deploymentController.type", f.controller.Type, f.controller.Type.Values())
		}
	}
	for _, m := range []struct {
		name string
		set  bool
	}{
		{"vpcLatticeConfigurations", len(f.lattice) > 0},
		{"volumeConfigurations", len(f.volumes) > 0},
		{"gatewayConnectors", len(f.gateways) > 0},
		{"monitoring", f.monitoring != nil && len(f.monitoring.MetricConfigurations) > 0},
	} {
		if m.set {
			return unsupported("%s is not available in this version of grue; remove it.", m.name)
		}
	}
	return refusePlacement(f.placement)
}

// refusePlacement: constraints choose among machines, and there is one.
func refusePlacement(list []types.PlacementConstraint) error {
	if len(list) > 10 {
		return invalid("A service or task can have at most 10 placement constraints.")
	}
	for _, c := range list {
		if err := oneOf("placementConstraints.type", c.Type, c.Type.Values()); err != nil {
			return err
		}
	}
	if len(list) > 0 {
		return unsupported("placementConstraints (%s): this machine is the only container instance; remove them.", list[0].Type)
	}
	return nil
}

// activeDefinition finds a definition from which new tasks may start.
func (r *request) activeDefinition(ref string) (*state.TaskDefinition, error) {
	td, ok := r.definition(ref)
	switch {
	case !ok:
		return nil, noDefinition()
	case td.Def.V.Status != types.TaskDefinitionStatusActive:
		return nil, clientError("TaskDefinition is inactive")
	}
	return td, nil
}

// runnable checks that tasks can start from a definition with a launch type or
// capacity provider strategy.
func runnable(td *state.TaskDefinition, launchType types.LaunchType, strategy []types.CapacityProviderStrategyItem) error {
	def := &td.Def.V
	if launchType == types.LaunchTypeFargate || len(strategy) > 0 {
		if err := taskdef.Fargate(def); err != nil {
			if launchType == "" {
				return invalid("The task definition is not compatible with the capacity provider %s: %s", get(strategy[0].CapacityProvider), err.Error())
			}
			return invalid("Task definition does not support launch_type FARGATE.")
		}
	}
	if why := taskdef.Unsupported(def); why != "" {
		return unsupported("The task definition %s:%d cannot run on grue: %s.", td.Family, td.Revision, why)
	}
	return nil
}
