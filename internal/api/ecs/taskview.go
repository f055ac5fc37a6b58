package ecs

import (
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
)

const (
	running = "RUNNING"
	stopped = "STOPPED"
)

// isRunning: a task counts in runningCount until its containers are told to
// stop, while its targets drain included.
func isRunning(t *state.Task) bool { return t.LastStatus == running || t.LastStatus == "DEACTIVATING" }

// isPending: a task counts in pendingCount until it is RUNNING.
func isPending(t *state.Task) bool {
	switch t.LastStatus {
	case "PROVISIONING", "PENDING", "ACTIVATING":
		return true
	}
	return false
}

// onFargate tells whether a task has what only Fargate tasks have.
func onFargate(t *state.Task) bool {
	return t.LaunchType == string(types.LaunchTypeFargate) || t.CapacityProvider != ""
}

// taskView is a task as it is described.
func (s *Service) taskView(r *request, t *state.Task, tags bool) types.Task {
	out := types.Task{
		TaskArn: ptr(t.ARN()), TaskDefinitionArn: &t.TaskDefinition, ClusterArn: ptr(r.Cluster(t.Cluster)),
		Group: text(t.Group), StartedBy: text(t.StartedBy),
		LastStatus: &t.LastStatus, DesiredStatus: &t.DesiredStatus, HealthStatus: types.HealthStatus(t.Health),
		CapacityProviderName: text(t.CapacityProvider), PlatformVersion: text(t.PlatformVersion),
		AvailabilityZone: text(t.AZ), Cpu: text(t.CPU), Memory: text(t.Memory),
		CreatedAt: at(t.Created), PullStartedAt: at(t.PullStarted), PullStoppedAt: at(t.PullStopped),
		StartedAt: at(t.Started), StoppingAt: at(t.Stopping), StoppedAt: at(t.Stopped),
		ExecutionStoppedAt: at(t.ExecutionStopped), StopCode: types.TaskStopCode(t.StopCode), StoppedReason: text(t.StoppedReason),
		EnableExecuteCommand: t.ExecuteCommand, Version: t.Version,
		Attachments: attachments(t), Containers: s.containers(r, t), Overrides: overrides(t),
		Attributes: []types.Attribute{{Name: ptr("ecs.cpu-architecture"), Value: ptr(s.o.Machine.Architecture)}},
		Tags:       []types.Tag{},
	}
	if t.CapacityProvider == "" {
		out.LaunchType = types.LaunchType(t.LaunchType)
	}
	if !t.PullStarted.IsZero() {
		out.Connectivity, out.ConnectivityAt = types.ConnectivityConnected, &t.PullStarted
	}
	if onFargate(t) {
		out.PlatformFamily = ptr("Linux")
		size := r.storage(t)
		out.EphemeralStorage = &types.EphemeralStorage{SizeInGiB: size}
		out.FargateEphemeralStorage = &types.TaskEphemeralStorage{SizeInGiB: size}
	} else {
		out.ContainerInstanceArn = ptr(s.instanceARN(r, t.Cluster))
	}
	if tags {
		out.Tags = list(t.Tags)
	}
	r.addProxy(t, &out)
	return out
}

// storage is the size of a Fargate task's ephemeral storage.
func (r *request) storage(t *state.Task) int32 {
	if e := t.Overrides.V.EphemeralStorage; e != nil {
		return e.SizeInGiB
	}
	if td, ok := state.DefinitionByARN(r.Tx, t.TaskDefinition); ok && td.Def.V.EphemeralStorage != nil {
		return td.Def.V.EphemeralStorage.SizeInGiB
	}
	return 20
}

// attachments shows the network interface of an awsvpc task.
func attachments(t *state.Task) []types.Attachment {
	if t.ENI == "" {
		return []types.Attachment{}
	}
	details := []types.KeyValuePair{{Name: ptr("subnetId"), Value: &t.Subnet}, {Name: ptr("networkInterfaceId"), Value: &t.ENI}}
	if t.IP != "" {
		details = append(details,
			types.KeyValuePair{Name: ptr("macAddress"), Value: &t.MAC},
			types.KeyValuePair{Name: ptr("privateDnsName"), Value: ptr(state.PrivateDNS(t.IP, t.Region))},
			types.KeyValuePair{Name: ptr("privateIPv4Address"), Value: &t.IP})
	}
	return []types.Attachment{{Id: &t.AttachmentID, Type: ptr("ElasticNetworkInterface"), Status: text(t.ENIStatus), Details: details}}
}

// overrides names every container, as ECS does.
func overrides(t *state.Task) *types.TaskOverride {
	out := t.Overrides.V
	out.InferenceAcceleratorOverrides = list(out.InferenceAcceleratorOverrides)
	given := out.ContainerOverrides
	out.ContainerOverrides = make([]types.ContainerOverride, len(t.Containers))
	for i := range t.Containers {
		out.ContainerOverrides[i] = types.ContainerOverride{Name: &t.Containers[i].Name}
		for _, x := range given {
			if get(x.Name) == t.Containers[i].Name {
				out.ContainerOverrides[i] = x
			}
		}
	}
	return &out
}

func (s *Service) containers(r *request, t *state.Task) []types.Container {
	out := make([]types.Container, len(t.Containers))
	for i := range t.Containers {
		c := &t.Containers[i]
		out[i] = types.Container{
			ContainerArn: ptr(r.Container(t.Cluster, t.ID, c.UUID)), TaskArn: ptr(t.ARN()), Name: &c.Name,
			Image: &c.Image, ImageDigest: text(digest(c)), RuntimeId: text(c.RuntimeID), LastStatus: &c.Status,
			Reason: text(c.Reason), HealthStatus: types.HealthStatus(c.Health), Cpu: text(c.CPU),
			Memory: text(c.Memory), MemoryReservation: text(c.Reservation),
			NetworkBindings: bindings(t, c), NetworkInterfaces: []types.NetworkInterface{},
		}
		if c.ExitCode != nil {
			out[i].ExitCode = ptr(int32(*c.ExitCode))
		}
		if t.ExecuteCommand {
			out[i].ManagedAgents = []types.ManagedAgent{execAgent(c)}
		}
		if t.ENI != "" && t.IP != "" {
			out[i].NetworkInterfaces = []types.NetworkInterface{{AttachmentId: &t.AttachmentID, PrivateIpv4Address: &t.IP}}
		}
	}
	return out
}

// digest of the image; one that the reference names is known from the start.
func digest(c *state.Container) string {
	if c.Digest == "" {
		_, d, _ := strings.Cut(c.Image, "@")
		return d
	}
	return c.Digest
}

// bindings shows the host ports of a bridge- or host-mode container.
func bindings(t *state.Task, c *state.Container) []types.NetworkBinding {
	out := []types.NetworkBinding{}
	if t.ENI != "" {
		return out
	}
	for _, p := range c.Ports {
		ip := p.BindIP
		if ip == "" {
			ip = "0.0.0.0"
		}
		out = append(out, types.NetworkBinding{
			BindIP: &ip, ContainerPort: ptr(int32(p.Container)), HostPort: ptr(int32(p.Host)), Protocol: types.TransportProtocol(p.Protocol),
		})
	}
	return out
}

// mib reads a stored size; "" is 0.
func mib(s string) int {
	n, _ := strconv.Atoi(s) // stored sizes are plain integers
	return n
}
