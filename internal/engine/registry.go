package engine

import (
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// longestLookup bounds how long a task that left Cloud Map goes on running for
// clients that looked its name up before. Clients may remember an answer for its
// time to live, but few do: ECS does not wait at all.
const longestLookup = 5 * time.Second

// registryOf is where tasks of a revision will be registered; nil = nowhere.
func registryOf(rev *state.Revision) *state.Registry {
	for _, r := range rev.Body.V.ServiceRegistries {
		return &state.Registry{
			Service: aws.ToString(r.RegistryArn), Container: aws.ToString(r.ContainerName),
			ContainerPort: int(aws.ToInt32(r.ContainerPort)), Port: int(aws.ToInt32(r.Port)),
		}
	}
	return nil
}

// enrolled tells whether a task is an instance in Cloud Map.
func enrolled(t *state.Task) bool { return t.Registry != nil && t.Registry.State == TargetRegistered }

// enroll registers a task that became RUNNING with Cloud Map, in the transaction
// that makes it RUNNING. A task that cannot be registered never counts as healthy.
func (e *Engine) enroll(tx *store.Tx, t *state.Task) {
	if t.Registry == nil {
		return
	}
	next := *t.Registry
	next.State = TargetRegistered
	s, ok := cloudmap.ServiceByID(tx, t.Scope, next.Service)
	err := cloudmap.ErrNoService
	if ok {
		err = cloudmap.Register(tx, s, e.instanceOf(tx, t, s))
	}
	if err != nil {
		next.State = TargetRefused
		e.log.Error("task not registered with Cloud Map", "task", t.ID, "registry", next.Service, "err", err)
		e.serviceEvent(tx, t, fmt.Sprintf("was unable to register task %s in (service-registry %s): %v", t.ID, next.Service, err))
	}
	t.Registry = &next
}

// instanceOf is a task as Cloud Map knows it, with the attributes that ECS gives
// it. Tasks without an address of their own are found at this machine's.
func (e *Engine) instanceOf(tx *store.Tx, t *state.Task, s *cloudmap.Service) cloudmap.Instance {
	a := map[string]string{
		cloudmap.IPv4: t.IP, "AVAILABILITY_ZONE": t.AZ, "REGION": t.Region,
		"ECS_CLUSTER_NAME": t.Cluster, "ECS_SERVICE_NAME": t.Service,
	}
	if td, ok := e.definition(tx, t); ok {
		a["ECS_TASK_DEFINITION_FAMILY"] = td.Family
		if s.CustomHealth && checked(&td.Def.V) {
			a[cloudmap.InitHealth] = cloudmap.Unhealthy
			if passing(t, &td.Def.V) {
				a[cloudmap.InitHealth] = cloudmap.Healthy
			}
		}
	}
	if t.LaunchType == string(ecs.LaunchTypeEc2) {
		a["EC2_INSTANCE_ID"] = e.opts.InstanceID
	}
	port := t.Registry.Port
	if t.Registry.ContainerPort != 0 {
		port = t.Registry.ContainerPort
	}
	if t.NetworkMode != string(ecs.NetworkModeAwsvpc) {
		a[cloudmap.IPv4] = e.machineIP(t)
		port = hostPort(t, port)
	}
	if port != 0 {
		a[cloudmap.Port] = strconv.Itoa(port)
	}
	maps.DeleteFunc(a, func(_, v string) bool { return v == "" })
	return cloudmap.Instance{ID: t.ID, Attributes: a, Registered: time.Now()}
}

// machineIP is where tasks reach this machine's ports.
func (e *Engine) machineIP(t *state.Task) string {
	switch {
	case e.opts.MachineIP != "":
		return e.opts.MachineIP
	case t.Gateway != "":
		return t.Gateway
	}
	return "127.0.0.1"
}

// hostPort is the port of the machine that leads to the registered container's
// port; port itself where none does (network mode host).
func hostPort(t *state.Task, port int) int {
	for _, c := range t.Containers {
		for _, p := range c.Ports {
			if c.Name == t.Registry.Container && p.Container == port {
				return p.Host
			}
		}
	}
	return port
}

// withdraw takes a task out of Cloud Map: its name is answered without it from
// the next table on.
func withdraw(tx *store.Tx, t *state.Task, now time.Time) {
	next := *t.Registry
	next.State, next.Until = TargetDraining, now
	if s, ok := cloudmap.ServiceByID(tx, t.Scope, next.Service); ok {
		_ = cloudmap.Deregister(tx, s, t.ID) // somebody may have done it by hand
		for _, r := range s.Records {
			next.Until = later(next.Until, now.Add(min(time.Duration(r.TTL)*time.Second, longestLookup)))
		}
	}
	t.Registry = &next
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// followRegistry keeps Cloud Map at what a task's record says: nothing of a task
// that ended, and the health that its containers' health checks report.
func followRegistry(tx *store.Tx, was, t *state.Task) {
	if !enrolled(t) {
		return
	}
	if rank[t.LastStatus] >= rank[Deprovisioning] {
		withdraw(tx, t, time.Now())
		return
	}
	td, ok := state.DefinitionByARN(tx, t.TaskDefinition)
	if !ok || !enrolled(was) || !checked(&td.Def.V) || passing(was, &td.Def.V) == passing(t, &td.Def.V) {
		return
	}
	if s, ok := cloudmap.ServiceByID(tx, t.Scope, t.Registry.Service); ok {
		_ = cloudmap.SetHealth(tx, s, t.ID, passing(t, &td.Def.V)) // not every service has a custom health check
	}
}

// checked tells whether an essential container of a definition has a health check.
func checked(def *ecs.TaskDefinition) bool {
	for i := range def.ContainerDefinitions {
		if gate(&def.ContainerDefinitions[i]) {
			return true
		}
	}
	return false
}

// passing tells whether all such containers of a task are HEALTHY.
func passing(t *state.Task, def *ecs.TaskDefinition) bool {
	for i := range def.ContainerDefinitions {
		if gate(&def.ContainerDefinitions[i]) && (i >= len(t.Containers) || t.Containers[i].Health != string(runtime.HealthHealthy)) {
			return false
		}
	}
	return true
}

func gate(c *ecs.ContainerDefinition) bool {
	return healthCheck(c.HealthCheck) != nil && (c.Essential == nil || *c.Essential)
}
