package function

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/runtime"
)

// Containers is what functions of package type Image need of this machine.
type Containers struct {
	Driver runtime.Driver
	// Resolve returns the digest that an image reference points to.
	Resolve func(ctx context.Context, ref string) (digest string, err error)
	// Prepare fetches an image, so that the first invocation need not; nil leaves
	// that to the driver.
	Prepare func(ctx context.Context, ref, digest string) error
	// Listen is the address of this machine where containers find the Runtime
	// API, and Host the name under which they do; "" = Listen itself, and then
	// each container reaches its own Runtime API only.
	Listen, Host string
	// Endpoint is grue's URL as containers reach it; "" leaves AWS_ENDPOINT_URL out.
	Endpoint string
}

// taskPrefix begins the ids of tasks that are environments of functions.
const taskPrefix = "function-"

// OwnsTask tells whether a task of the container runtime is an environment of a
// function. Nobody else stops or removes it.
func OwnsTask(id string) bool { return strings.HasPrefix(id, taskPrefix) }

// containers hands on what the driver tells of environments.
type containers struct {
	opts Containers
	log  *slog.Logger

	mu     sync.Mutex
	known  map[string]*container // by task id
	cancel context.CancelFunc
	done   chan struct{} // closed when watching has ended
}

func newContainers(o Containers, log *slog.Logger) *containers {
	ctx, cancel := context.WithCancel(context.Background())
	c := &containers{opts: o, log: log, known: map[string]*container{}, cancel: cancel, done: make(chan struct{})}
	go c.watch(ctx)
	return c
}

// close is for when no environment is left.
func (c *containers) close() {
	c.cancel()
	<-c.done
}

func (c *containers) watch(ctx context.Context) {
	defer close(c.done)
	for st := range c.opts.Driver.Watch(ctx) {
		if !OwnsTask(st.ID) {
			continue
		}
		c.mu.Lock()
		k := c.known[st.ID]
		c.mu.Unlock()
		if k != nil {
			k.note(st)
		} else {
			c.end(ctx, st)
		}
	}
	c.giveUp() // the driver tells nothing any more
}

// giveUp waits for no container any more: what the driver still holds is ended by
// the next server.
func (c *containers) giveUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.known {
		k.lost()
	}
}

// end takes away what an earlier server left behind.
func (c *containers) end(ctx context.Context, st runtime.Status) {
	var err error
	if st.Phase == runtime.PhaseStopped {
		err = c.opts.Driver.Remove(ctx, st.ID)
	} else {
		err = c.opts.Driver.Stop(ctx, st.ID) // it is told again when it has stopped
	}
	if err != nil && ctx.Err() == nil {
		c.log.Warn("container of a function that an earlier server left is not removed", "task", st.ID, "err", err)
	}
}

// add makes room for a container that is about to be started.
func (c *containers) add(k *container) {
	k.id = taskPrefix + arn.NewHex(32)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[k.id] = k
}

func (c *containers) drop(k *container) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, k.id)
}
