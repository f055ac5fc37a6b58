package taskdef

import (
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// minMemory is the least memory of a container, in MiB.
const minMemory = 6

// sizeRules checks cpu and memory of the task against those of its containers.
func sizeRules(d *ecs.TaskDefinition) error {
	cpu, memory := CPU(d), Memory(d)
	if d.Cpu != nil && (cpu < 128 || cpu > 196608) {
		return refuse("Invalid 'cpu' setting for task: '%d'. It must be between 128 and 196608 CPU units.", cpu)
	}
	var cpus, reserved int
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		if err := memoryRule(c, memory); err != nil {
			return err
		}
		cpus += int(c.Cpu)
		if c.MemoryReservation != nil {
			reserved += int(*c.MemoryReservation)
		} else {
			reserved += int(val(c.Memory))
		}
	}
	if cpu > 0 && cpus > cpu {
		return refuse("The total number of CPU units reserved for the containers (%d) is greater than the 'cpu' of the task (%d).", cpus, cpu)
	}
	if memory > 0 && reserved > memory {
		return refuse("The total memory reserved for the containers (%d MiB) is greater than the 'memory' of the task (%d MiB).", reserved, memory)
	}
	return nil
}

func memoryRule(c *ecs.ContainerDefinition, task int) error {
	switch {
	case c.Cpu < 0:
		return invalid(c, "'cpu' must not be negative.")
	case task == 0 && c.Memory == nil && c.MemoryReservation == nil:
		return invalid(c, "At least one of 'memory' or 'memoryReservation' must be specified.")
	case c.Memory != nil && *c.Memory < minMemory:
		return invalid(c, "'memory' must be at least %d MiB; it was %d.", minMemory, *c.Memory)
	case c.MemoryReservation != nil && *c.MemoryReservation < minMemory:
		return invalid(c, "'memoryReservation' must be at least %d MiB; it was %d.", minMemory, *c.MemoryReservation)
	case c.Memory != nil && c.MemoryReservation != nil && *c.MemoryReservation > *c.Memory:
		return invalid(c, "'memoryReservation' must not be greater than 'memory'.")
	case task > 0 && int(val(c.Memory)) > task:
		return invalid(c, "'memory' (%d MiB) is greater than the 'memory' of the task (%d MiB).", *c.Memory, task)
	}
	return nil
}
