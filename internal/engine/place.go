package engine

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
)

// placeRetry is how soon a task that found its host port held by another service
// is tried again.
const placeRetry = time.Second

// place tells whether this machine can take one more task of a definition: its
// fixed host ports must be free. A task that cannot be placed is not launched and
// is no failure of its revision; the service says so, unless the port is held by
// a task of its own that is on its way out.
func (r *round) place(td *state.TaskDefinition) bool {
	want := fixedPorts(&td.Def.V)
	if len(want) == 0 {
		return true
	}
	for _, t := range state.Tasks.All(r.tx) {
		if t.LastStatus == Stopped || !r.holds(t, want) {
			continue
		}
		r.unplaced = true
		if t.Service == r.svc.Name && t.Cluster == r.svc.Cluster && t.DesiredStatus == Stopped {
			return false // its end wakes the service
		}
		if r.blockedEvent(fmt.Sprintf("was unable to place a task because no container instance met all of its requirements. "+
			"Reason: The closest matching (container-instance %s) is already using a port required by your task.", r.e.opts.InstanceID)) {
			r.serviceAction("ERROR", "SERVICE_TASK_PLACEMENT_FAILURE", "RESOURCE:PORTS")
		}
		r.wakeAt(r.now.Add(placeRetry))
		return false
	}
	return true
}

func (r *round) holds(t *state.Task, want map[string]bool) bool {
	td, ok := r.e.definition(r.tx, t)
	if !ok {
		return false
	}
	for p := range fixedPorts(&td.Def.V) {
		if want[p] {
			return true
		}
	}
	return false
}

// fixedPorts are the ports of the machine that every task of a definition takes.
func fixedPorts(def *ecs.TaskDefinition) map[string]bool {
	if def.NetworkMode == ecs.NetworkModeAwsvpc || def.NetworkMode == ecs.NetworkModeNone {
		return nil
	}
	out := map[string]bool{}
	for _, c := range def.ContainerDefinitions {
		for _, p := range c.PortMappings {
			if n := aws.ToInt32(p.HostPort); n != 0 {
				out[fmt.Sprintf("%d/%s", n, p.Protocol)] = true
			}
		}
	}
	return out
}
