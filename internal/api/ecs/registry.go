package ecs

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/state"
)

// checkRegistries checks serviceRegistries against the task definition and the
// services of Cloud Map.
func (r *request) checkRegistries(list []types.ServiceRegistry, td *state.TaskDefinition) error {
	if len(list) == 0 {
		return nil
	}
	if len(list) > 1 {
		return invalid("A service can have at most 1 service registry; there were %d.", len(list))
	}
	x := &list[0]
	if get(x.RegistryArn) == "" {
		return invalid("registryArn cannot be empty.")
	}
	s, ok := cloudmap.ServiceByID(r.Tx, r.Scope, *x.RegistryArn)
	if !ok || *x.RegistryArn != s.ARN() {
		return invalid("The service registry %s does not exist: registryArn is the ARN of a Cloud Map service of this account and region.", clip(*x.RegistryArn))
	}
	if err := checkRegistryPort(x, td); err != nil {
		return err
	}
	return checkRecords(x, s, td)
}

// checkRegistryPort: a port is given by its number, or by a container and one of
// its ports.
func checkRegistryPort(x *types.ServiceRegistry, td *state.TaskDefinition) error {
	container := x.ContainerName != nil || x.ContainerPort != nil
	switch {
	case container && x.Port != nil:
		return invalid("A service registry has either port, or containerName and containerPort, not both.")
	case container && (get(x.ContainerName) == "" || x.ContainerPort == nil):
		return invalid("containerName and containerPort of a service registry belong together.")
	case x.Port != nil && (*x.Port < 1 || *x.Port > 65535):
		return invalid("The port of a service registry must be between 1 and 65535; it was %d.", *x.Port)
	case !container:
		return nil
	}
	return checkContainerPort(&types.LoadBalancer{ContainerName: x.ContainerName, ContainerPort: x.ContainerPort}, td)
}

// checkRecords: the DNS records of the registry are ones that tasks of this
// network mode can have.
func checkRecords(x *types.ServiceRegistry, s *cloudmap.Service, td *state.TaskDefinition) error {
	mode := td.Def.V.NetworkMode
	if mode == "" {
		mode = types.NetworkModeBridge
	}
	if mode == types.NetworkModeNone {
		return invalid("A service whose task definition has the network mode none cannot have a service registry.")
	}
	has := func(kind string) bool { _, ok := s.Record(kind); return ok }
	switch {
	case has("CNAME") || has("AAAA"):
		return invalid("The service registry %s has CNAME or AAAA records; tasks can have A or SRV records.", s.ARN())
	case has("A") && mode != types.NetworkModeAwsvpc:
		return invalid("The service registry %s has A records, which need the network mode awsvpc; with the network mode %s use SRV records.", s.ARN(), mode)
	case mode != types.NetworkModeAwsvpc && x.ContainerName == nil:
		return invalid("A service registry needs containerName and containerPort with the network mode %s.", mode)
	case has("SRV") && x.Port == nil && x.ContainerPort == nil:
		return invalid("The service registry %s has SRV records: give either port, or containerName and containerPort.", s.ARN())
	}
	return nil
}

// sameRegistries tells whether two lists say the same.
func sameRegistries(a, b []types.ServiceRegistry) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := &a[i], &b[i]
		if get(x.RegistryArn) != get(y.RegistryArn) || get(x.ContainerName) != get(y.ContainerName) ||
			get(x.ContainerPort) != get(y.ContainerPort) || get(x.Port) != get(y.Port) {
			return false
		}
	}
	return true
}
