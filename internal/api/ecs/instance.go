package ecs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// instance keeps what users attach to the container instance of a cluster.
type instance struct {
	arn.Scope
	Tags       []types.Tag
	Attributes []types.Attribute
}

// instances by account/region/cluster.
var instances = store.NewTable[instance]("ecs.instance")

// instanceID is the id of this machine in a cluster: the same for ever.
func (s *Service) instanceID(r *request, cluster string) string {
	sum := sha256.Sum256([]byte(s.o.Machine.InstanceID + "/" + r.Key(cluster)))
	return hex.EncodeToString(sum[:16])
}

func (s *Service) instanceARN(r *request, cluster string) string {
	return r.ECS("container-instance/" + cluster + "/" + s.instanceID(r, cluster))
}

// instanceView is this machine as the container instance of a cluster.
func (s *Service) instanceView(r *request, cluster string, tags bool) types.ContainerInstance {
	n := r.census(cluster)
	cpu, memory := s.o.Machine.CPUs*1024, s.o.Machine.MemoryMiB
	usedCPU, usedMemory := r.used(cluster)
	out := types.ContainerInstance{
		ContainerInstanceArn: ptr(s.instanceARN(r, cluster)), Ec2InstanceId: text(s.o.Machine.InstanceID),
		Status: ptr(active), AgentConnected: true, RegisteredAt: at(s.o.Machine.Registered), Version: 1,
		RunningTasksCount: int32(n.running), PendingTasksCount: int32(n.pending),
		RegisteredResources: resources(cpu, memory), RemainingResources: resources(max(0, cpu-usedCPU), max(0, memory-usedMemory)),
		Attributes: s.attributes(r, cluster), Attachments: []types.Attachment{}, Tags: []types.Tag{},
		VersionInfo: &types.VersionInfo{AgentVersion: text(s.o.Machine.Version)},
	}
	if x, ok := instances.Get(r.Tx, r.Key(cluster)); ok && tags {
		out.Tags = list(x.Tags)
	}
	return out
}

// used is what the tasks of a cluster have reserved.
func (r *request) used(cluster string) (cpu, memory int) {
	for _, t := range state.Tasks.Prefix(r.Tx, state.TaskKey(r.Scope, cluster, "")) {
		if t.LastStatus != stopped {
			cpu += mib(t.CPU)
			memory += taskMemory(t)
		}
	}
	return cpu, memory
}

// taskMemory is the memory limit of a task: its own, or the sum of its containers'.
func taskMemory(t *state.Task) int {
	if t.Memory != "" {
		return mib(t.Memory)
	}
	sum := 0
	for _, c := range t.Containers {
		sum += max(mib(c.Memory), mib(c.Reservation))
	}
	return sum
}

func resources(cpu, memory int) []types.Resource {
	return []types.Resource{
		{Name: ptr("CPU"), Type: ptr("INTEGER"), IntegerValue: int32(cpu)},
		{Name: ptr("MEMORY"), Type: ptr("INTEGER"), IntegerValue: int32(memory)},
		{Name: ptr("PORTS"), Type: ptr("STRINGSET"), StringSetValue: []string{}},
		{Name: ptr("PORTS_UDP"), Type: ptr("STRINGSET"), StringSetValue: []string{}},
	}
}

// attributes are those of the machine and those that users put.
func (s *Service) attributes(r *request, cluster string) []types.Attribute {
	out := []types.Attribute{
		{Name: ptr("ecs.cpu-architecture"), Value: ptr(s.o.Machine.Architecture)},
		{Name: ptr("ecs.os-family"), Value: ptr("LINUX")},
		{Name: ptr("ecs.os-type"), Value: ptr("linux")},
	}
	if x, ok := instances.Get(r.Tx, r.Key(cluster)); ok {
		out = append(out, x.Attributes...)
	}
	return out
}

// ListContainerInstances lists this machine.
func (s *Service) ListContainerInstances(ctx context.Context, in *sdk.ListContainerInstancesInput) (*sdk.ListContainerInstancesOutput, error) {
	if err := oneOf("status", in.Status, in.Status.Values()); err != nil {
		return nil, err
	}
	if get(in.Filter) != "" {
		return nil, unsupported("filter: the cluster query language is not evaluated; this machine is the only container instance.")
	}
	arns := []string{}
	if err := s.view(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err == nil && (in.Status == "" || in.Status == types.ContainerInstanceStatusActive) {
			arns = append(arns, s.instanceARN(r, c.Name))
		}
		return err
	}); err != nil {
		return nil, err
	}
	page, next, err := pageARNs(arns, in.NextToken, in.MaxResults, 100)
	return &sdk.ListContainerInstancesOutput{ContainerInstanceArns: page, NextToken: next}, err
}

// DescribeContainerInstances describes this machine.
func (s *Service) DescribeContainerInstances(ctx context.Context, in *sdk.DescribeContainerInstancesInput) (*sdk.DescribeContainerInstancesOutput, error) {
	if err := batch("Container instances", len(in.ContainerInstances), 100); err != nil {
		return nil, err
	}
	out := &sdk.DescribeContainerInstancesOutput{ContainerInstances: []types.ContainerInstance{}, Failures: []types.Failure{}}
	return out, s.view(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		for _, ref := range in.ContainerInstances {
			if !s.isInstance(r, c.Name, ref) {
				out.Failures = append(out.Failures, missing(r.arnOf("container-instance", c.Name, ref)))
				continue
			}
			out.ContainerInstances = append(out.ContainerInstances, s.instanceView(r, c.Name, slices.Contains(in.Include, types.ContainerInstanceFieldTags)))
		}
		return nil
	})
}

// isInstance tells whether ref names this machine.
func (s *Service) isInstance(r *request, cluster, ref string) bool {
	id, ok := r.member("container-instance", cluster, ref)
	return ok && id == s.instanceID(r, cluster)
}

// UpdateContainerInstancesState: this machine is ACTIVE and stays so; draining it
// would leave nowhere for the tasks to go.
func (s *Service) UpdateContainerInstancesState(ctx context.Context, in *sdk.UpdateContainerInstancesStateInput) (*sdk.UpdateContainerInstancesStateOutput, error) {
	if err := batch("Container instances", len(in.ContainerInstances), 10); err != nil {
		return nil, err
	}
	switch in.Status {
	case types.ContainerInstanceStatusActive:
	case types.ContainerInstanceStatusDraining:
		return nil, unsupported("status DRAINING: this machine is the only container instance, its tasks have nowhere else to run.")
	default:
		return nil, invalid("Invalid status '%s'. Valid values are: ACTIVE, DRAINING", clip(string(in.Status)))
	}
	d, err := s.DescribeContainerInstances(ctx, &sdk.DescribeContainerInstancesInput{Cluster: in.Cluster, ContainerInstances: in.ContainerInstances})
	if err != nil {
		return nil, err
	}
	return &sdk.UpdateContainerInstancesStateOutput{ContainerInstances: d.ContainerInstances, Failures: d.Failures}, nil
}

// DiscoverPollEndpoint is for container agents; there is none to serve.
func (s *Service) DiscoverPollEndpoint(context.Context, *sdk.DiscoverPollEndpointInput) (*sdk.DiscoverPollEndpointOutput, error) {
	return nil, clientError("Container agents cannot connect to grue: it runs the tasks of this machine itself.")
}
