package ecs

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/taskdef"
)

// checkOverrides checks the overrides of a task and brings cpu and memory into
// their plain form.
func checkOverrides(in *types.TaskOverride, td *state.TaskDefinition, fargate bool) (types.TaskOverride, error) {
	if in == nil {
		return types.TaskOverride{}, nil
	}
	o := *in
	if len(o.InferenceAcceleratorOverrides) > 0 {
		return o, unsupported("overrides.inferenceAcceleratorOverrides: there are no inference accelerators; remove them.")
	}
	if err := checkContainerOverrides(o.ContainerOverrides, td); err != nil {
		return o, err
	}
	cpu, memory := taskdef.CPU(&td.Def.V), taskdef.Memory(&td.Def.V)
	for _, x := range []struct {
		member string
		p      **string
		parse  func(string) (int, bool)
		size   *int
	}{{"cpu", &o.Cpu, taskdef.ParseCPU, &cpu}, {"memory", &o.Memory, taskdef.ParseMemory, &memory}} {
		if *x.p == nil {
			continue
		}
		n, ok := x.parse(**x.p)
		if !ok {
			return o, invalid("Invalid '%s' setting for task: '%s'.", x.member, clip(**x.p))
		}
		*x.p, *x.size = ptr(strconv.Itoa(n)), n
	}
	if fargate && (o.Cpu != nil || o.Memory != nil) && !taskdef.FargateSize(cpu, memory) {
		return o, clientError("No Fargate configuration exists for given values: %d CPU, %d memory. See the Amazon ECS documentation for the valid values.", cpu, memory)
	}
	if e := o.EphemeralStorage; e != nil {
		if err := bounds("overrides.ephemeralStorage.sizeInGiB", e.SizeInGiB, 20, 200); err != nil {
			return o, err
		}
	}
	return o, nil
}

func checkContainerOverrides(list []types.ContainerOverride, td *state.TaskDefinition) error {
	seen := map[string]bool{}
	for _, c := range list {
		name := get(c.Name)
		switch {
		case taskdef.Container(&td.Def.V, name) == nil:
			return invalid("Override for container named %s is not a container in the TaskDefinition.", clip(name))
		case seen[name]:
			return invalid("There is more than one override for the container %s.", name)
		case len(c.ResourceRequirements) > 0:
			return unsupported("containerOverrides.resourceRequirements: there are no such devices; remove them.")
		case c.Memory != nil && *c.Memory < 6 || c.MemoryReservation != nil && *c.MemoryReservation < 6:
			return invalid("The memory of the container %s must be at least 6 MiB.", name)
		}
		seen[name] = true
		for _, kv := range c.Environment {
			if get(kv.Name) == "" {
				return invalid("An environment variable of the container %s has no name.", name)
			}
		}
	}
	return nil
}
