package connect

import (
	"strconv"
	"time"

	"github.com/grue-ecs/grue/internal/cloudmap"
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Instance is a task that provides an endpoint.
type Instance struct {
	Service, Revision string // key of the ECS service, number of the revision
	Task              string // id
	IP                string
	Port              int // as Cloud Map has it: container port or ingress
	Registered        time.Time
	// Sick tells that its container health checks do not pass: it gets requests
	// only where no other instance is left.
	Sick     bool
	Draining bool
	Until    time.Time // of draining
}

// Its id is "<namespace id>/<discoveryName>/<task id>".
var instances = store.NewTable[Instance]("connect.instance")

// Register puts a task that became RUNNING behind the endpoints of its revision,
// and into Cloud Map.
func Register(tx *store.Tx, t *state.Task, rev *state.Revision, sick bool, now time.Time) {
	for _, e := range rev.Connect.Endpoints {
		key := EndpointKey(rev.Connect.Namespace, e.Discovery)
		port := e.ContainerPort
		if e.Ingress != 0 {
			port = e.Ingress
		}
		i := &Instance{
			Service: t.ServiceKey(), Revision: t.Revision, Task: t.ID, IP: t.IP, Port: port, Registered: now, Sick: sick,
		}
		instances.Put(tx, key+"/"+t.ID, i)
		announce(tx, t, &e, i)
	}
	elb.Touch(tx)
}

// announce registers an instance in Cloud Map. A service that somebody deleted
// there takes nothing from Service Connect.
func announce(tx *store.Tx, t *state.Task, e *state.ConnectEndpoint, i *Instance) {
	s, ok := cloudmap.ServiceByID(tx, t.Scope, e.CloudMap)
	if !ok {
		return
	}
	_ = cloudmap.Register(tx, s, cloudmap.Instance{ID: t.ID, Registered: i.Registered, Attributes: map[string]string{
		cloudmap.IPv4: i.IP, cloudmap.Port: strconv.Itoa(i.Port), "AVAILABILITY_ZONE": t.AZ, "REGION": t.Region,
		"ECS_CLUSTER_NAME": t.Cluster, "ECS_SERVICE_NAME": t.Service,
	}})
}

// of walks the instances of a task.
func of(tx *store.Tx, t *state.Task, rev *state.Revision, fn func(key string, e *state.ConnectEndpoint, i *Instance)) {
	for n := range rev.Connect.Endpoints {
		e := &rev.Connect.Endpoints[n]
		key := EndpointKey(rev.Connect.Namespace, e.Discovery) + "/" + t.ID
		if i, ok := instances.Get(tx, key); ok {
			fn(key, e, i)
		}
	}
}

// Deregister takes a task out: it gets no new request, those in flight may end
// until the time given. In Cloud Map it is gone at once.
func Deregister(tx *store.Tx, t *state.Task, rev *state.Revision, until time.Time) {
	of(tx, t, rev, func(key string, e *state.ConnectEndpoint, i *Instance) {
		if s, ok := cloudmap.ServiceByID(tx, t.Scope, e.CloudMap); ok {
			_ = cloudmap.Deregister(tx, s, t.ID) // it may be gone there
		}
		if i.Draining {
			return
		}
		next := *i
		next.Draining, next.Until = true, until
		instances.Put(tx, key, &next)
		elb.Touch(tx)
	})
}

// SetHealth notes whether the container health checks of a task pass.
func SetHealth(tx *store.Tx, t *state.Task, rev *state.Revision, sick bool) {
	of(tx, t, rev, func(key string, _ *state.ConnectEndpoint, i *Instance) {
		if i.Sick == sick {
			return
		}
		next := *i
		next.Sick = sick
		instances.Put(tx, key, &next)
		elb.Touch(tx)
	})
}

// Remove forgets a task that ended: as a provider and as a client.
func Remove(tx *store.Tx, t *state.Task, rev *state.Revision) {
	Deregister(tx, t, rev, time.Time{})
	of(tx, t, rev, func(key string, _ *state.ConnectEndpoint, _ *Instance) {
		instances.Delete(tx, key)
		elb.Touch(tx)
	})
	if _, ok := clients.Get(tx, t.ID); ok {
		clients.Delete(tx, t.ID)
		elb.Touch(tx)
	}
}
