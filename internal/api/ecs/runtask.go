package ecs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/wire"
)

// RunTask starts up to ten tasks of a definition.
func (s *Service) RunTask(ctx context.Context, in *sdk.RunTaskInput) (*sdk.RunTaskOutput, error) {
	count := 1
	if in.Count != nil {
		count = int(*in.Count)
	}
	if count < 1 || count > 10 {
		return nil, invalid("count must be between 1 and 10; it was %d.", count)
	}
	token := get(in.ClientToken)
	if len(token) > 64 || !printable(token) {
		return nil, invalid("clientToken can have at most 64 ASCII characters from 33 to 126.")
	}
	if len(in.VolumeConfigurations) > 0 {
		return nil, unsupported("volumeConfigurations is not available in this version of grue; remove it.")
	}
	if err := refusePlacement(in.PlacementConstraints); err != nil {
		return nil, err
	}
	digest, err := runDigest(*in)
	if err != nil {
		return nil, err
	}
	zones := s.zonesOf(ctx, in.NetworkConfiguration)
	out := &sdk.RunTaskOutput{Failures: []types.Failure{}, Tasks: []types.Task{}}
	return out, s.update(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		again, err := r.repeated(c.Name, token, digest)
		if err != nil || again != nil {
			for _, t := range again {
				out.Tasks = append(out.Tasks, s.taskView(r, t, true))
			}
			return err
		}
		l, err := s.launch(r, c, in)
		if err != nil {
			return err
		}
		l.zones = zones
		tasks := s.start(r, l, count, out)
		r.remember(c.Name, token, digest, tasks)
		return nil
	})
}

// runDigest tells whether two requests ask for the same.
func runDigest(in sdk.RunTaskInput) (string, error) {
	in.ClientToken = nil
	doc, err := wire.MarshalJSON(in, true)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:]), nil
}

// launching is what the tasks of one request have in common.
type launching struct {
	cluster string
	td      *state.TaskDefinition
	options state.TaskOptions
	zones   map[string]string // by subnet
}

// launch checks a request against the records.
func (s *Service) launch(r *request, c *state.Cluster, in *sdk.RunTaskInput) (*launching, error) {
	td, err := r.activeDefinition(get(in.TaskDefinition))
	if err != nil {
		return nil, err
	}
	launchType, strategy, err := r.capacity(c, in.LaunchType, in.CapacityProviderStrategy)
	if err != nil {
		return nil, err
	}
	if err := runnable(td, launchType, strategy); err != nil {
		return nil, err
	}
	fargate := launchType == types.LaunchTypeFargate || len(strategy) > 0
	_, platform, err := platformVersion(get(in.PlatformVersion), fargate)
	if err != nil {
		return nil, err
	}
	network, err := checkNetwork(in.NetworkConfiguration, td.Def.V.NetworkMode)
	if err != nil {
		return nil, err
	}
	if err := checkStarter(get(in.StartedBy), get(in.Group), in.PropagateTags); err != nil {
		return nil, err
	}
	overrides, err := checkOverrides(in.Overrides, td, fargate)
	if err != nil {
		return nil, err
	}
	tags, err := r.taskTags(c.Name, td, in.Tags, in.PropagateTags, in.EnableECSManagedTags)
	if err != nil {
		return nil, err
	}
	l := &launching{cluster: c.Name, td: td, options: state.TaskOptions{
		Group: get(in.Group), StartedBy: get(in.StartedBy), LaunchType: string(launchType), PlatformVersion: platform,
		Network: network, Overrides: overrides, Tags: tags, ExecuteCommand: in.EnableExecuteCommand,
	}}
	if len(strategy) > 0 {
		l.options.CapacityProvider = get(strategy[0].CapacityProvider)
	}
	return l, nil
}

// start makes the tasks that have room, and failures for the others.
func (s *Service) start(r *request, l *launching, count int, out *sdk.RunTaskOutput) []*state.Task {
	var tasks []*state.Task
	for i := range count {
		o := l.options
		o.AZ, o.Subnet = place(r.Region, o.Network, l.zones, i)
		t := state.NewTask(r.Scope, l.cluster, l.td, o, r.now)
		if reason := s.noRoom(r, t, l.td); reason != "" {
			out.Failures = append(out.Failures, types.Failure{Arn: ptr(s.instanceARN(r, l.cluster)), Reason: &reason})
			continue
		}
		state.PutTask(r.Tx, t)
		r.emitTask(t)
		tasks = append(tasks, t)
		out.Tasks = append(out.Tasks, s.taskView(r, t, true))
	}
	return tasks
}

// taskTags are the tags of a standalone task.
func (r *request) taskTags(cluster string, td *state.TaskDefinition, given []types.Tag, propagate types.PropagateTags, managed bool) ([]types.Tag, error) {
	if err := checkTags(given); err != nil {
		return nil, err
	}
	var tags []types.Tag
	if propagate == types.PropagateTagsTaskDefinition {
		tags = td.Tags
	}
	tags = mergeTags(tags, given)
	if managed {
		tags = append(tags, types.Tag{Key: ptr("aws:ecs:clusterName"), Value: &cluster})
	}
	return tags, nil
}

func checkStarter(startedBy, group string, propagate types.PropagateTags) error {
	switch {
	case len(startedBy) > 128:
		return invalid("startedBy can have at most 128 characters.")
	case len(group) > 255:
		return invalid("group can have at most 255 characters.")
	case propagate == types.PropagateTagsService:
		return invalid("Propagating tags from SERVICE is not supported for tasks that no service starts.")
	}
	return oneOf("propagateTags", propagate, propagate.Values())
}
