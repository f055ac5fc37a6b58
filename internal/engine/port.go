package engine

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// timeNow is the engine's clock outside of rounds.
func timeNow() time.Time { return time.Now() }

// publishPorts keeps the proxy's list of published ports in step with a
// bridge-mode task.
func (e *Engine) publishPorts(t *state.Task) {
	if t.NetworkMode != string(ecs.NetworkModeBridge) || e.opts.Balancer == nil {
		return
	}
	e.portsMu.Lock() // two lists must not overtake each other on the way to the balancer
	defer e.portsMu.Unlock()
	want := e.portsOf(t)
	if slices.Equal(e.ports[t.ID], want) {
		return
	}
	if len(want) == 0 {
		delete(e.ports, t.ID)
	} else {
		e.ports[t.ID] = want
	}
	e.tellPorts()
}

// restorePorts tells the balancer the ports of the tasks that ran before a
// restart, so that its first table does not close them.
func (e *Engine) restorePorts() {
	e.store.View(func(tx *store.Tx) {
		for _, t := range state.Tasks.All(tx) {
			if want := e.portsOf(t); len(want) > 0 {
				e.ports[t.ID] = want
			}
		}
	})
	if len(e.ports) > 0 {
		e.tellPorts()
	}
}

// portsOf lists the ports of a task that are to be published now.
func (e *Engine) portsOf(t *state.Task) (want []route.HostPort) {
	r := rank[t.LastStatus]
	if t.NetworkMode != string(ecs.NetworkModeBridge) || r < rank[Activating] || r >= rank[Deprovisioning] {
		return nil
	}
	for _, c := range t.Containers {
		for _, p := range c.Ports {
			port := route.HostPort{
				Listen:   net.JoinHostPort(e.opts.PublishIP, strconv.Itoa(p.Host)),
				Target:   net.JoinHostPort(t.IP, strconv.Itoa(p.Container)),
				Protocol: p.Protocol,
			}
			want = append(want, port)
			if ip := e.machineIP(t); t.Registry != nil && ip != e.opts.PublishIP { // tasks find it there
				port.Listen = net.JoinHostPort(ip, strconv.Itoa(p.Host))
				want = append(want, port)
			}
		}
	}
	return want
}

func (e *Engine) tellPorts() {
	var all []route.HostPort
	for _, p := range e.ports {
		all = append(all, p...)
	}
	slices.SortFunc(all, func(a, b route.HostPort) int { return strings.Compare(a.Listen, b.Listen) })
	e.opts.Balancer.SetPorts(all)
}

// followLogs hands the output of awslogs containers to the log store, once.
func (e *Engine) followLogs(t *state.Task) {
	if e.opts.Logs == nil {
		return
	}
	var def *ecs.TaskDefinition
	for i := range t.Containers {
		c := &t.Containers[i]
		if c.LogFile == "" || e.following(c.LogFile) {
			continue
		}
		if def == nil {
			e.store.View(func(tx *store.Tx) {
				if td, ok := state.DefinitionByARN(tx, t.TaskDefinition); ok {
					def = &td.Def.V
				}
			})
			if def == nil {
				return
			}
		}
		l := def.ContainerDefinitions[i].LogConfiguration
		if !e.hasContainerLogs(l) {
			continue
		}
		e.follow(t, c, l)
	}
}

func (e *Engine) follow(t *state.Task, c *state.Container, l *ecs.LogConfiguration) {
	to, err := logs.TargetOf(l.Options, t.Scope, c.Name, t.ID, c.RuntimeID)
	if err == nil {
		faultFollow.Hit()
		err = e.opts.Logs.FollowTo(c.LogFile, to)
		faultFollowed.Hit()
	}
	if err != nil {
		e.log.Error("container output not forwarded", "task", t.ID, "container", c.Name, "err", err)
		return
	}
	e.mu.Lock()
	e.followed[c.LogFile] = true
	e.mu.Unlock()
	_ = e.update(t.Key(), func(_ *store.Tx, t *state.Task) error {
		t.Containers = slices.Clone(t.Containers)
		for i := range t.Containers {
			if t.Containers[i].Name == c.Name {
				t.Containers[i].LogGroup, t.Containers[i].LogStream = to.Group, to.Stream
			}
		}
		return nil
	})
}

func (e *Engine) following(file string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.followed[file]
}
