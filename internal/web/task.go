package web

import (
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
	"github.com/grue-ecs/grue/internal/usage"
)

// taskKind is the view task/CLUSTER/ID.
func taskKind() Kind {
	return Kind{Name: "task", Parts: 2, Open: func(s *Site, scope arn.Scope, parts []string) View {
		key := state.TaskKey(scope, parts[0], parts[1])
		use := &taskMeter{task: parts[1]}
		return View{
			All: func(b *Build) (Items, error) { return wholeTask(b, key) },
			Touch: func(c store.Change) []string {
				if c.Kind == state.Tasks.Kind() && c.ID == key || c.Kind == "elb.verdict" || c.Kind == "elb.target" {
					return Everything
				}
				return nil
			},
			Measure: func(b *Build) Items {
				t, ok := state.Tasks.Get(b.Tx, key)
				if !ok {
					return nil
				}
				return use.look(s, t)
			},
		}
	}}
}

func wholeTask(b *Build, key string) (Items, error) {
	t, ok := state.Tasks.Get(b.Tx, key)
	if !ok {
		return nil, &Problem{
			Code: "TaskNotFound", Status: http.StatusNotFound,
			Message: "There is no such task. Tasks that stopped are forgotten after about an hour, as on Amazon ECS.",
		}
	}
	out := Items{"task": taskDetail(b, t)}
	var def *ecs.TaskDefinition
	if td, ok := state.DefinitionByARN(b.Tx, t.TaskDefinition); ok {
		def = &td.Def.V
	}
	for i := range t.Containers {
		out["container/"+t.Containers[i].Name] = containerDetail(&t.Containers[i], def)
	}
	return out, nil
}

func taskDetail(b *Build, t *state.Task) *TaskDetail {
	out := &TaskDetail{
		TaskItem: *taskItem(t), LaunchType: t.LaunchType, CapacityProvider: t.CapacityProvider, Zone: t.AZ, NetworkMode: t.NetworkMode,
		ExecuteCommand: t.ExecuteCommand, PullStarted: At(t.PullStarted), PullStopped: At(t.PullStopped), Stopping: At(t.Stopping),
		ExecutionStopped: At(t.ExecutionStopped),
	}
	out.CPULimit, out.MemoryLimit = usage.Reserved(b.Tx, t)
	if t.Protected(b.Now) {
		out.Protected = At(t.ProtectedUntil)
	}
	if t.Connect != nil {
		out.Connect = t.Connect.State
	}
	if t.Registry != nil {
		out.Registry = t.Registry.State
	}
	for i := range t.Targets {
		out.Targets = append(out.Targets, taskTarget(b, &t.Targets[i]))
	}
	return out
}

func taskTarget(b *Build, t *state.Target) TaskTarget {
	out := TaskTarget{Group: groupName(b.Tx, t.Group), ID: t.ID, Port: t.Port, State: t.State}
	if b.opts.Balancer != nil && t.State != "refused" {
		h := b.opts.Balancer.Health(t.Group, t.ID, t.Port)
		out.State, out.Words = h.State, healthWords(&h)
	}
	for _, lb := range elb.LoadBalancersOf(b.Tx, t.Group) {
		if x, ok := elb.GetLoadBalancer(b.Tx, lb); ok {
			out.Balancer = x.Name
			break
		}
	}
	return out
}

// taskItem is a task with its containers.
func taskItem(t *state.Task) *TaskItem {
	out := &TaskItem{
		ID: t.ID, ARN: t.ARN(), Cluster: t.Cluster, Service: t.Service, Revision: t.Revision, TaskDefinition: arn.Name(t.TaskDefinition),
		Group: t.Group, StartedBy: t.StartedBy, LastStatus: t.LastStatus, DesiredStatus: t.DesiredStatus, Health: t.Health,
		Healthy: t.Healthy && t.LastStatus == "RUNNING", Why: taskWhy(t), Created: At(t.Created), Started: At(t.Started), Stopped: At(t.Stopped),
		StopCode: t.StopCode, StoppedReason: t.StoppedReason, IP: t.IP, CPU: t.CPU, Memory: t.Memory, Containers: []ContainerItem{},
	}
	for i := range t.Containers {
		out.Containers = append(out.Containers, containerItem(&t.Containers[i]))
	}
	return out
}

func containerItem(c *state.Container) ContainerItem {
	return ContainerItem{
		Name: c.Name, Image: c.Image, Digest: c.Digest, Status: c.Status, Health: c.Health, ExitCode: c.ExitCode, Reason: c.Reason,
		Restarts: c.Restarts, LogGroup: c.LogGroup, LogStream: c.LogStream,
	}
}

func containerDetail(c *state.Container, def *ecs.TaskDefinition) *ContainerDetail {
	out := &ContainerDetail{ContainerItem: containerItem(c), Started: At(c.Started), Finished: At(c.Finished), CPU: c.CPU, Memory: c.Memory}
	if out.Memory == "" {
		out.Memory = c.Reservation
	}
	switch {
	case c.LogGroup != "":
		out.Output = "logs"
	case c.LogFile != "":
		out.Output = "file"
	}
	bound := map[int]bool{}
	for _, p := range c.Ports {
		bound[p.Container] = true
		out.Ports = append(out.Ports, strconv.Itoa(p.Host)+":"+strconv.Itoa(p.Container)+"/"+p.Protocol)
	}
	if def == nil {
		return out
	}
	for i := range def.ContainerDefinitions {
		d := &def.ContainerDefinitions[i]
		if aws.ToString(d.Name) != c.Name {
			continue
		}
		out.Essential, out.Command = d.Essential == nil || *d.Essential, d.Command
		for _, p := range d.PortMappings {
			if port := int(aws.ToInt32(p.ContainerPort)); port > 0 && !bound[port] {
				out.Ports = append(out.Ports, strconv.Itoa(port)+"/"+string(p.Protocol))
			}
		}
	}
	return out
}
