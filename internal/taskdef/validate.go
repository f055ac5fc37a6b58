package taskdef

import (
	"slices"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Validate checks a normalised definition by ECS's rules. The error is an *Error.
func Validate(d *ecs.TaskDefinition) error {
	if err := firstError(d, familyRule, taskRules, containerRules, portRules, dependsRules, volumeRules, networkRules, sizeRules); err != nil {
		return err
	}
	if slices.Contains(d.RequiresCompatibilities, ecs.CompatibilityFargate) {
		return Fargate(d)
	}
	return nil
}

func familyRule(d *ecs.TaskDefinition) error {
	family := val(d.Family)
	switch {
	case family == "":
		return refuse("Family should not be null or empty.")
	case !plainName.MatchString(family):
		return refuse("Family '%s' is not valid: up to 255 letters (uppercase and lowercase), numbers, underscores and hyphens.", clip(family))
	}
	return nil
}

// taskRules checks the members that stand beside the containers.
func taskRules(d *ecs.TaskDefinition) error {
	switch d.NetworkMode {
	case "", ecs.NetworkModeAwsvpc, ecs.NetworkModeBridge, ecs.NetworkModeHost, ecs.NetworkModeNone:
	default:
		return refuse("Network mode '%s' is not valid: use bridge, host, awsvpc or none.", clip(string(d.NetworkMode)))
	}
	for _, c := range d.RequiresCompatibilities {
		if !slices.Contains(c.Values(), c) {
			return refuse("Compatibility '%s' is not valid: use %s.", clip(string(c)), join(c.Values()))
		}
	}
	if d.PidMode != "" && !slices.Contains(d.PidMode.Values(), d.PidMode) {
		return refuse("pidMode '%s' is not valid: use host or task.", clip(string(d.PidMode)))
	}
	if d.IpcMode != "" && !slices.Contains(d.IpcMode.Values(), d.IpcMode) {
		return refuse("ipcMode '%s' is not valid: use host, task or none.", clip(string(d.IpcMode)))
	}
	if len(d.PlacementConstraints) > 10 {
		return refuse("A task definition can have at most 10 placement constraints.")
	}
	for _, p := range d.PlacementConstraints {
		if p.Type != ecs.TaskDefinitionPlacementConstraintTypeMemberOf {
			return refuse("The placement constraint type '%s' is not valid in a task definition: use memberOf.", clip(string(p.Type)))
		}
	}
	if len(d.InferenceAccelerators) > 0 {
		return refuse("Amazon Elastic Inference (EI) is no longer available to customers.")
	}
	return storageRule(d)
}

func storageRule(d *ecs.TaskDefinition) error {
	if s := d.EphemeralStorage; s != nil && (s.SizeInGiB < 21 || s.SizeInGiB > 200) {
		return refuse("Ephemeral storage must be between 21 GiB and 200 GiB; it was %d.", s.SizeInGiB)
	}
	p := d.RuntimePlatform
	if p == nil {
		return nil
	}
	if p.CpuArchitecture != "" && !slices.Contains(p.CpuArchitecture.Values(), p.CpuArchitecture) {
		return refuse("cpuArchitecture '%s' is not valid: use X86_64 or ARM64.", clip(string(p.CpuArchitecture)))
	}
	if p.OperatingSystemFamily != "" && !slices.Contains(p.OperatingSystemFamily.Values(), p.OperatingSystemFamily) {
		return refuse("operatingSystemFamily '%s' is not valid.", clip(string(p.OperatingSystemFamily)))
	}
	return nil
}

// networkRules checks the container settings that depend on the network mode.
func networkRules(d *ecs.TaskDefinition) error {
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		if len(c.Links) > 0 && d.NetworkMode != "" && d.NetworkMode != ecs.NetworkModeBridge {
			return invalid(c, "Links are only supported when networkMode=bridge.")
		}
		if d.NetworkMode == ecs.NetworkModeAwsvpc && val(c.Hostname) != "" {
			return invalid(c, "hostname is not supported on container when networkMode=awsvpc.")
		}
		if d.NetworkMode == ecs.NetworkModeAwsvpc && len(c.ExtraHosts) > 0 {
			return invalid(c, "extraHosts are not supported when networkMode=awsvpc.")
		}
		for _, l := range needsLinks(c) {
			if Container(d, l) == nil {
				return invalid(c, "It links to container '%s', which is not in the task definition.", clip(l))
			}
		}
	}
	if d.ProxyConfiguration != nil && d.NetworkMode != ecs.NetworkModeAwsvpc {
		return refuse("proxyConfiguration needs the network mode awsvpc.")
	}
	return nil
}
