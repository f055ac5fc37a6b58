package ecs

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// noRoom tells why this machine cannot take a task; "" if it can. CPU is shared
// by weight, so no task asks for too much of it; memory limits above what the
// machine has could never be met.
func (s *Service) noRoom(r *request, t *state.Task, td *state.TaskDefinition) string {
	if limit := s.o.Machine.MemoryMiB; limit > 0 && taskMemory(t) > limit {
		return "RESOURCE:MEMORY"
	}
	want := hostPorts(&td.Def.V)
	if len(want) == 0 {
		return ""
	}
	for _, other := range state.Tasks.All(r.Tx) {
		if other.LastStatus != stopped && other.ENI == "" && clash(r.Tx, other, want) {
			return "RESOURCE:PORTS"
		}
	}
	return ""
}

// hostPorts are the fixed ports of the machine that a definition needs.
func hostPorts(def *types.TaskDefinition) map[string]bool {
	if def.NetworkMode == types.NetworkModeAwsvpc || def.NetworkMode == types.NetworkModeNone {
		return nil
	}
	out := map[string]bool{}
	for _, c := range def.ContainerDefinitions {
		for _, p := range c.PortMappings {
			if n := get(p.HostPort); n != 0 {
				out[strconv.Itoa(int(n))+"/"+string(p.Protocol)] = true
			}
		}
	}
	return out
}

func clash(tx *store.Tx, t *state.Task, want map[string]bool) bool {
	td, ok := state.DefinitionByARN(tx, t.TaskDefinition)
	if !ok {
		return false
	}
	for p := range hostPorts(&td.Def.V) {
		if want[p] {
			return true
		}
	}
	return false
}
