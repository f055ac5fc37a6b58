package hook

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// overrides are the command and the variables of a container.
func overrides(container string, t *taskTarget, event []byte) ecs.TaskOverride {
	o := ecs.ContainerOverride{Name: &container, Command: slices.Clone(t.Command)}
	if !slices.ContainsFunc(t.Environment, func(v variable) bool { return v.Name == eventVariable }) {
		o.Environment = append(o.Environment, ecs.KeyValuePair{Name: aws.String(eventVariable), Value: aws.String(string(event))})
	}
	for _, v := range t.Environment {
		o.Environment = append(o.Environment, ecs.KeyValuePair{Name: &v.Name, Value: &v.Value})
	}
	return ecs.TaskOverride{ContainerOverrides: []ecs.ContainerOverride{o}}
}

// taskOptions start the task as a task of the revision would start, outside the
// service: it is no target of load balancers and no part of the desired count.
func (h *Hooks) taskOptions(tx *store.Tx, c *Call, rev *state.Revision, td *state.TaskDefinition, over ecs.TaskOverride) state.TaskOptions {
	b := &rev.Body.V
	o := state.TaskOptions{
		Group: "hook:" + c.Deployment.Service, StartedBy: c.Deployment.ID, Overrides: over, Network: b.NetworkConfiguration,
		LaunchType: string(b.LaunchType), PlatformVersion: aws.ToString(b.PlatformVersion), AZ: rev.Region + "a",
	}
	if len(b.CapacityProviderStrategy) > 0 {
		o.CapacityProvider = aws.ToString(b.CapacityProviderStrategy[0].CapacityProvider)
	}
	if n := b.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil && len(n.AwsvpcConfiguration.Subnets) > 0 {
		o.Subnet = n.AwsvpcConfiguration.Subnets[0]
		if h.opts.Zone != nil {
			if z := h.opts.Zone(rev.Scope, o.Subnet); z != "" {
				o.AZ = z
			}
		}
	}
	if svc, ok := state.Services.Get(tx, rev.Scope.Key(rev.Cluster, rev.Service)); ok {
		switch svc.Body.V.PropagateTags {
		case ecs.PropagateTagsService:
			o.Tags = slices.Clone(svc.Body.V.Tags)
		case ecs.PropagateTagsTaskDefinition:
			o.Tags = slices.Clone(td.Tags)
		}
		if svc.Body.V.EnableECSManagedTags {
			o.Tags = append(o.Tags, ecs.Tag{Key: aws.String("aws:ecs:clusterName"), Value: &svc.Cluster},
				ecs.Tag{Key: aws.String("aws:ecs:serviceName"), Value: &svc.Name})
		}
	}
	return o
}
