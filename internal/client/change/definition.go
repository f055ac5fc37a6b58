package change

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Again is the request that registers a described definition once more, with its
// tags: everything but what ECS itself adds. Containers are copied, so they may be
// changed.
func Again(d *types.TaskDefinition, tags []types.Tag) *ecs.RegisterTaskDefinitionInput {
	in := &ecs.RegisterTaskDefinitionInput{
		Family: d.Family, ContainerDefinitions: slices.Clone(d.ContainerDefinitions), Volumes: d.Volumes,
		Cpu: d.Cpu, Memory: d.Memory, EphemeralStorage: d.EphemeralStorage,
		TaskRoleArn: d.TaskRoleArn, ExecutionRoleArn: d.ExecutionRoleArn,
		NetworkMode: d.NetworkMode, IpcMode: d.IpcMode, PidMode: d.PidMode, ProxyConfiguration: d.ProxyConfiguration,
		PlacementConstraints: d.PlacementConstraints, RequiresCompatibilities: d.RequiresCompatibilities,
		RuntimePlatform: d.RuntimePlatform, InferenceAccelerators: d.InferenceAccelerators,
		EnableFaultInjection: d.EnableFaultInjection,
	}
	if len(tags) > 0 { // AWS refuses an empty list
		in.Tags = tags
	}
	return in
}

// Described is a request as the definition that it will make.
func Described(in *ecs.RegisterTaskDefinitionInput) *types.TaskDefinition {
	return &types.TaskDefinition{
		Family: in.Family, ContainerDefinitions: in.ContainerDefinitions, Volumes: in.Volumes,
		Cpu: in.Cpu, Memory: in.Memory, EphemeralStorage: in.EphemeralStorage,
		TaskRoleArn: in.TaskRoleArn, ExecutionRoleArn: in.ExecutionRoleArn,
		NetworkMode: in.NetworkMode, IpcMode: in.IpcMode, PidMode: in.PidMode, ProxyConfiguration: in.ProxyConfiguration,
		PlacementConstraints: in.PlacementConstraints, RequiresCompatibilities: in.RequiresCompatibilities,
		RuntimePlatform: in.RuntimePlatform, InferenceAccelerators: in.InferenceAccelerators,
		EnableFaultInjection: in.EnableFaultInjection,
	}
}
