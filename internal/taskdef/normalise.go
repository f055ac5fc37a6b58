package taskdef

import (
	"slices"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Normalise returns the definition as ECS stores and returns it. It fails only
// on values that have no normal form; Validate judges the rest. The argument is
// not changed.
func Normalise(in ecs.TaskDefinition) (ecs.TaskDefinition, error) {
	d := in
	var err error
	if d.Cpu, err = normalSize(in.Cpu, parseCPU, "cpu"); err != nil {
		return d, err
	}
	if d.Memory, err = normalSize(in.Memory, parseMemory, "memory"); err != nil {
		return d, err
	}
	d.Volumes = normalVolumes(in.Volumes)
	d.PlacementConstraints = list(in.PlacementConstraints)
	if p := in.ProxyConfiguration; p != nil && p.Type == "" {
		c := *p
		c.Type = ecs.ProxyConfigurationTypeAppmesh
		d.ProxyConfiguration = &c
	}
	d.ContainerDefinitions = slices.Clone(in.ContainerDefinitions)
	for i := range d.ContainerDefinitions {
		normalContainer(&d.ContainerDefinitions[i], d.NetworkMode)
	}
	return d, nil
}

// normalContainer fills in what ECS fills in.
func normalContainer(c *ecs.ContainerDefinition, mode ecs.NetworkMode) {
	if c.Essential == nil {
		c.Essential = ptr(true)
	}
	c.Environment = list(c.Environment)
	c.MountPoints = list(c.MountPoints)
	c.VolumesFrom = list(c.VolumesFrom)
	c.SystemControls = list(c.SystemControls)
	c.PortMappings = normalPorts(c.PortMappings, mode)
	if l := c.LogConfiguration; l != nil && l.SecretOptions == nil {
		next := *l
		next.SecretOptions = []ecs.Secret{}
		c.LogConfiguration = &next
	}
	c.HealthCheck = normalHealth(c.HealthCheck)
	if r := c.RestartPolicy; r != nil && r.RestartAttemptPeriod == nil {
		next := *r
		next.RestartAttemptPeriod = ptr[int32](300)
		c.RestartPolicy = &next
	}
}

func normalHealth(h *ecs.HealthCheck) *ecs.HealthCheck {
	if h == nil {
		return nil
	}
	next := *h
	next.Interval = orDefault(h.Interval, 30)
	next.Timeout = orDefault(h.Timeout, 5)
	next.Retries = orDefault(h.Retries, 3)
	return &next
}

func orDefault(p *int32, d int32) *int32 {
	if p == nil {
		return &d
	}
	return p
}

// list makes an absent list an empty one: ECS always sends those.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func ptr[T any](v T) *T { return &v }
