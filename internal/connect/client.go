package connect

import (
	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// client is a task that calls endpoints, or whose proxy takes requests for it.
type client struct {
	Service, Revision string // key of the ECS service, number of the revision
	Task              string // id
	NetNS             string // path of its network namespace; "" = not made yet
}

// Its id is the task's.
var clients = store.NewTable[client]("connect.client")

// Expect notes a new task whose revision uses Service Connect: the driver will
// tell its network namespace.
func Expect(tx *store.Tx, t *state.Task) {
	clients.Put(tx, t.ID, &client{Service: t.ServiceKey(), Revision: t.Revision, Task: t.ID})
}

// join notes the network namespace of a task.
func join(tx *store.Tx, task, netns string) {
	c, ok := clients.Get(tx, task)
	if !ok || c.NetNS == netns {
		return
	}
	next := *c
	next.NetNS = netns
	clients.Put(tx, task, &next)
	elb.Touch(tx)
}
