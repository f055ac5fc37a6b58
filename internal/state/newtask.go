package state

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/wire"
)

// TaskOptions is what a new task has beyond its definition.
type TaskOptions struct {
	Service   *Service // nil for a standalone task
	Revision  *Revision
	Group     string // "" = family:<family>
	StartedBy string

	LaunchType, CapacityProvider, PlatformVersion string
	AZ, Subnet                                    string
	Network                                       *ecs.NetworkConfiguration
	Overrides                                     ecs.TaskOverride
	Tags                                          []ecs.Tag
	ExecuteCommand                                bool
}

// NewTask makes a task that is about to start: PROVISIONING when it needs a
// network interface, PENDING otherwise.
func NewTask(scope arn.Scope, cluster string, td *TaskDefinition, o TaskOptions, now time.Time) *Task {
	def := &td.Def.V
	t := &Task{
		Scope: scope, Cluster: cluster, ID: arn.NewTaskID(),
		TaskDefinition: aws.ToString(def.TaskDefinitionArn),
		Group:          o.Group, StartedBy: o.StartedBy,
		LastStatus: "PENDING", DesiredStatus: "RUNNING", Created: now, Version: 1,
		AZ: o.AZ, Subnet: o.Subnet, LaunchType: o.LaunchType, CapacityProvider: o.CapacityProvider,
		PlatformVersion: platform(o), CPU: aws.ToString(def.Cpu), Memory: aws.ToString(def.Memory),
		NetworkMode: networkMode(def), ExecuteCommand: o.ExecuteCommand, Tags: o.Tags,
		Overrides: wire.Stored[ecs.TaskOverride]{V: o.Overrides}, Health: "UNKNOWN",
	}
	if o.Service != nil {
		t.Service, t.Revision = o.Service.Name, o.Revision.N
	}
	if t.Group == "" {
		t.Group = "family:" + td.Family
	}
	if v := aws.ToString(o.Overrides.Cpu); v != "" {
		t.CPU = v
	}
	if v := aws.ToString(o.Overrides.Memory); v != "" {
		t.Memory = v
	}
	if o.Network != nil {
		t.Network.V = *o.Network
	}
	if t.NetworkMode == string(ecs.NetworkModeAwsvpc) {
		t.LastStatus = "PROVISIONING"
		t.ENI, t.AttachmentID, t.ENIStatus = "eni-"+arn.NewHex(17), store.NewUUID(), "PRECREATED"
	}
	for i := range def.ContainerDefinitions {
		t.Containers = append(t.Containers, newContainer(t, &def.ContainerDefinitions[i], o))
	}
	return t
}

func newContainer(t *Task, def *ecs.ContainerDefinition, o TaskOptions) Container {
	c := Container{
		Name: aws.ToString(def.Name), UUID: store.NewUUID(), Image: aws.ToString(def.Image),
		EndpointID: fmt.Sprintf("%s-%010d", t.ID, endpointSuffix()),
		Status:     "PENDING", Health: "UNKNOWN", CPU: strconv.Itoa(int(def.Cpu)),
		Memory: optional(def.Memory), Reservation: optional(def.MemoryReservation),
	}
	for _, x := range o.Overrides.ContainerOverrides {
		if aws.ToString(x.Name) != c.Name {
			continue
		}
		if x.Cpu != nil {
			c.CPU = strconv.Itoa(int(*x.Cpu))
		}
		if x.Memory != nil {
			c.Memory = optional(x.Memory)
		}
		if x.MemoryReservation != nil {
			c.Reservation = optional(x.MemoryReservation)
		}
	}
	return c
}

// endpointSuffix is ten random digits, as Fargate's endpoint ids end.
func endpointSuffix() uint64 {
	n, _ := strconv.ParseUint(arn.NewHex(8), 16, 64) // eight hex digits always parse
	return n
}

func optional(n *int32) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(int(*n))
}

// platform resolves LATEST; only Fargate has platform versions.
func platform(o TaskOptions) string {
	fargate := o.LaunchType == string(ecs.LaunchTypeFargate) || o.CapacityProvider == "FARGATE" || o.CapacityProvider == "FARGATE_SPOT"
	switch {
	case !fargate:
		return ""
	case o.PlatformVersion == "" || o.PlatformVersion == "LATEST":
		return "1.4.0"
	}
	return o.PlatformVersion
}

// networkMode of a definition; bridge is the default.
func networkMode(def *ecs.TaskDefinition) string {
	if def.NetworkMode == "" {
		return string(ecs.NetworkModeBridge)
	}
	return string(def.NetworkMode)
}
