package taskdef

import (
	"slices"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Fargate tells why a normalised, valid definition cannot run on Fargate; nil if
// it can.
func Fargate(d *ecs.TaskDefinition) error {
	if d.NetworkMode != ecs.NetworkModeAwsvpc {
		return refuse("Fargate only supports network mode ‘awsvpc’.")
	}
	if d.Cpu == nil {
		return refuse("Fargate requires that 'cpu' be defined at the task level.")
	}
	if d.Memory == nil {
		return refuse("Fargate requires that 'memory' be defined at the task level.")
	}
	if !FargateSize(CPU(d), Memory(d)) {
		return refuse("No Fargate configuration exists for given values: %d CPU, %d memory. See the Amazon ECS documentation for the valid values.", CPU(d), Memory(d))
	}
	switch {
	case windows(d) && (CPU(d) < 1024 || CPU(d) > 4096):
		return refuse("No Fargate configuration exists for given values: %d CPU, %d memory. See the Amazon ECS documentation for the valid values.", CPU(d), Memory(d))
	case len(d.PlacementConstraints) > 0:
		return refuse("Placement constraints are not supported for Fargate.")
	case d.IpcMode != "":
		return refuse("ipcMode is not supported for Fargate.")
	case d.PidMode == ecs.PidModeHost:
		return refuse("pidMode 'host' is not supported for Fargate.")
	}
	for _, v := range d.Volumes {
		if v.DockerVolumeConfiguration != nil {
			return refuse("Fargate compatible task definitions do not support dockerVolumeConfiguration.")
		}
		if v.Host != nil && val(v.Host.SourcePath) != "" {
			return refuse("Fargate compatible task definitions do not support sourcePath in volumes.")
		}
	}
	for i := range d.ContainerDefinitions {
		if err := firstError(&d.ContainerDefinitions[i], fargateContainer, fargateLinux, fargateLog); err != nil {
			return err
		}
	}
	return fargateRoles(d)
}

func windows(d *ecs.TaskDefinition) bool {
	p := d.RuntimePlatform
	return p != nil && p.OperatingSystemFamily != "" && p.OperatingSystemFamily != ecs.OSFamilyLinux
}

// fargateContainer refuses the members that Fargate does not have.
func fargateContainer(c *ecs.ContainerDefinition) error {
	for _, m := range []struct {
		name string
		set  bool
	}{
		{"disableNetworking", val(c.DisableNetworking)},
		{"dnsSearchDomains", len(c.DnsSearchDomains) > 0},
		{"dnsServers", len(c.DnsServers) > 0},
		{"dockerSecurityOptions", len(c.DockerSecurityOptions) > 0},
		{"extraHosts", len(c.ExtraHosts) > 0},
		{"links", len(c.Links) > 0},
		{"privileged", val(c.Privileged)},
		{"resourceRequirements", len(c.ResourceRequirements) > 0},
	} {
		if m.set {
			return invalid(c, "'%s' is not supported for Fargate.", m.name)
		}
	}
	if err := within(c, "startTimeout", c.StartTimeout, 2, 120); err != nil {
		return err
	}
	return within(c, "stopTimeout", c.StopTimeout, 0, 120)
}

func fargateLinux(c *ecs.ContainerDefinition) error {
	l := c.LinuxParameters
	if l == nil {
		return nil
	}
	for _, m := range []struct {
		name string
		set  bool
	}{
		{"devices", len(l.Devices) > 0}, {"maxSwap", l.MaxSwap != nil}, {"swappiness", l.Swappiness != nil},
	} {
		if m.set {
			return invalid(c, "'linuxParameters.%s' is not supported for Fargate.", m.name)
		}
	}
	if l.Capabilities != nil && slices.ContainsFunc(l.Capabilities.Add, func(s string) bool { return s != "SYS_PTRACE" }) {
		return invalid(c, "The only capability that can be added for Fargate is SYS_PTRACE.")
	}
	return nil
}

func fargateLog(c *ecs.ContainerDefinition) error {
	if l := c.LogConfiguration; l != nil {
		switch l.LogDriver {
		case ecs.LogDriverAwslogs, ecs.LogDriverSplunk, ecs.LogDriverAwsfirelens:
		default:
			return invalid(c, "The log driver '%s' is not supported for Fargate: use awslogs, splunk or awsfirelens.", l.LogDriver)
		}
	}
	return nil
}

// fargateRoles: secrets and log drivers need the execution role on Fargate.
func fargateRoles(d *ecs.TaskDefinition) error {
	if val(d.ExecutionRoleArn) != "" {
		return nil
	}
	for _, c := range d.ContainerDefinitions {
		if l := c.LogConfiguration; l != nil && l.LogDriver == ecs.LogDriverAwslogs {
			return refuse("Fargate requires task definition to have execution role ARN to support log driver awslogs.")
		}
		if len(c.Secrets) > 0 {
			return refuse("When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.")
		}
	}
	return nil
}

// Compatibilities tells where a normalised, valid definition can run.
func Compatibilities(d *ecs.TaskDefinition) []ecs.Compatibility {
	out := []ecs.Compatibility{}
	if d.NetworkMode != ecs.NetworkModeAwsvpc {
		out = append(out, ecs.CompatibilityExternal)
	}
	out = append(out, ecs.CompatibilityEc2)
	if Fargate(d) == nil {
		out = append(out, ecs.CompatibilityFargate)
	}
	if slices.Contains(d.RequiresCompatibilities, ecs.CompatibilityManagedInstances) {
		out = append(out, ecs.CompatibilityManagedInstances)
	}
	return out
}
