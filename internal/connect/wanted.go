package connect

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/state"
)

// ports is a range of them, both ends included.
type ports struct{ first, last int }

// wants tells whether the containers of a revision's tasks listen on a port, or the
// proxy does on all addresses of the task.
func (p *part) wants(rev *state.Revision, port int) bool {
	list, ok := p.ports[rev]
	if !ok {
		list = p.listening(rev)
		if p.ports == nil {
			p.ports = map[*state.Revision][]ports{}
		}
		p.ports[rev] = list
	}
	return slices.ContainsFunc(list, func(r ports) bool { return r.first <= port && port <= r.last })
}

func (p *part) listening(rev *state.Revision) (list []ports) {
	for _, x := range rev.Connect.Endpoints {
		if x.Ingress > 0 {
			list = append(list, ports{x.Ingress, x.Ingress})
		}
	}
	def, ok := state.DefinitionByARN(p.tx, aws.ToString(rev.Body.V.TaskDefinition))
	if !ok {
		return list
	}
	for _, c := range def.Def.V.ContainerDefinitions {
		for _, m := range c.PortMappings {
			if n := int(aws.ToInt32(m.ContainerPort)); n > 0 {
				list = append(list, ports{n, n})
			}
			first, last, _ := strings.Cut(aws.ToString(m.ContainerPortRange), "-")
			a, errA := strconv.Atoi(first)
			b, errB := strconv.Atoi(last)
			if errA == nil && errB == nil {
				list = append(list, ports{a, b})
			}
		}
	}
	return list
}
