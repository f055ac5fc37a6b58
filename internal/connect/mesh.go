package connect

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/store"
)

// joinWait bounds how long the start of a task waits for the proxy to listen in
// its network namespace. A proxy that died is back well within it.
const joinWait = 20 * time.Second

// Mesh stands between the proxies and those who wait for them: the driver that
// starts a task, the engine that stops one. All methods are safe for concurrent use.
type Mesh struct {
	store   *store.Store
	applied func(ctx context.Context) error

	mu    sync.Mutex
	quiet map[string]map[string]bool // groups that a draining task has no request of, by task
	tell  func(task string)
}

// New returns a Mesh. applied returns when the proxies serve everything committed
// so far.
func New(st *store.Store, applied func(ctx context.Context) error) *Mesh {
	return &Mesh{store: st, applied: applied, quiet: map[string]map[string]bool{}, tell: func(string) {}}
}

// Joined is what a driver calls when it made the network of a task, before it
// starts a container there: the task's first request must find the proxy. It
// returns at once for tasks without Service Connect. An error fails the start.
func (m *Mesh) Joined(ctx context.Context, task, netns string) error {
	known := false
	m.store.View(func(tx *store.Tx) { known = Expected(tx, task) })
	if !known {
		return nil
	}
	if netns == "" {
		return fmt.Errorf("Service Connect: %w", runtime.ErrNoNetNS) //nolint:staticcheck // a name
	}
	if err := m.store.Update(func(tx *store.Tx) error { join(tx, task, netns); return nil }); err != nil {
		return fmt.Errorf("Service Connect: %w", err) //nolint:staticcheck // a name
	}
	wait, cancel := context.WithTimeout(ctx, joinWait)
	defer cancel()
	if err := m.applied(wait); err != nil {
		return fmt.Errorf("Service Connect proxy failed to start in the task: %w", err) //nolint:staticcheck // a name
	}
	return nil
}
