package ecs

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// StartTask starts a task on each given container instance; there is one.
func (s *Service) StartTask(ctx context.Context, in *sdk.StartTaskInput) (*sdk.StartTaskOutput, error) {
	if err := batch("Container instances", len(in.ContainerInstances), 10); err != nil {
		return nil, err
	}
	if len(in.VolumeConfigurations) > 0 {
		return nil, unsupported("volumeConfigurations is not available in this version of grue; remove it.")
	}
	run := &sdk.RunTaskInput{
		TaskDefinition: in.TaskDefinition, LaunchType: types.LaunchTypeEc2, Group: in.Group, StartedBy: in.StartedBy,
		NetworkConfiguration: in.NetworkConfiguration, Overrides: in.Overrides, PropagateTags: in.PropagateTags,
		EnableECSManagedTags: in.EnableECSManagedTags, EnableExecuteCommand: in.EnableExecuteCommand, Tags: in.Tags,
	}
	zones := s.zonesOf(ctx, in.NetworkConfiguration)
	out := &sdk.RunTaskOutput{Failures: []types.Failure{}, Tasks: []types.Task{}}
	err := s.update(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		l, err := s.launch(r, c, run)
		if err != nil {
			return err
		}
		l.zones = zones
		for _, ref := range in.ContainerInstances {
			if !s.isInstance(r, c.Name, ref) {
				out.Failures = append(out.Failures, missing(r.arnOf("container-instance", c.Name, ref)))
				continue
			}
			s.start(r, l, 1, out)
		}
		return nil
	})
	return &sdk.StartTaskOutput{Failures: out.Failures, Tasks: out.Tasks}, err
}
