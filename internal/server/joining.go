package server

import (
	"context"
	"sync"

	"github.com/grue-ecs/grue/internal/runtime"
)

// joining passes on what the runtime driver tells of tasks' network namespaces.
// The driver goes on with tasks of an earlier process before the part that
// serves inside them is made; until then it waits.
type joining struct {
	once  sync.Once
	ready chan struct{}
	to    runtime.Joined
}

func newJoining() *joining { return &joining{ready: make(chan struct{})} }

// serve names who is told; nil = nobody. The first call counts.
func (j *joining) serve(to runtime.Joined) {
	j.once.Do(func() {
		j.to = to
		close(j.ready)
	})
}

// tell is a runtime.Joined.
func (j *joining) tell(ctx context.Context, task, netns string) error {
	select {
	case <-j.ready:
	case <-ctx.Done():
		return ctx.Err()
	}
	if j.to == nil {
		return nil
	}
	return j.to(ctx, task, netns)
}
