package connect

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/grue-ecs/grue/internal/link"
	"github.com/grue-ecs/grue/internal/logs"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// joinWait bounds how long the start of a task waits for the proxy to listen in
// its network namespace. A proxy that died is back well within it.
const joinWait = 20 * time.Second

// Logs takes over the access logs of tasks' proxies.
type Logs interface {
	FollowTo(file string, to logs.Target) error
	Finish(file string)
}

// Options of New. Store and Applied are required.
type Options struct {
	Store *store.Store
	// Applied returns when the proxies serve everything committed so far.
	Applied func(ctx context.Context) error
	// Failures are the addresses that the proxy cannot listen on; nil = not known.
	Failures func() []link.BindFailure
	Now      func() time.Time
	Log      *slog.Logger
}

// Mesh stands between the proxies and those who wait for them: the driver that
// starts a task, the engine that stops one. All methods are safe for concurrent use.
type Mesh struct {
	store    *store.Store
	applied  func(ctx context.Context) error
	failures func() []link.BindFailure
	vault    Vault
	logs     Logs
	logDir   string
	now      func() time.Time
	life     time.Duration // of certificates
	log      *slog.Logger

	mu     sync.Mutex
	meters meters
	quiet  map[string]map[string]bool // endpoints that a draining task has no request of, by task
	tell   func(task string)
	ended  map[string]time.Time // access logs to finish then
}

// New returns a Mesh.
func New(o Options) *Mesh {
	m := &Mesh{
		store: o.Store, applied: o.Applied, failures: o.Failures, now: o.Now, life: certificateLife, log: o.Log,
		quiet: map[string]map[string]bool{}, tell: func(string) {}, ended: map[string]time.Time{},
	}
	if m.now == nil {
		m.now = time.Now
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	return m
}

// KeepKeys sets what keeps the keys of certificates. Set it before anything runs.
func (m *Mesh) KeepKeys(v Vault) { m.vault = v }

// FollowLogs sets what takes over the access logs that the proxy writes in a
// folder; without it they stay there. Set it before anything runs.
func (m *Mesh) FollowLogs(dir string, l Logs) { m.logDir, m.logs = dir, l }

// Joined is what a driver calls when it made the network of a task, before it
// starts a container there: the task's first request must find the proxy. It
// returns at once for tasks without Service Connect. An error fails the start.
func (m *Mesh) Joined(ctx context.Context, task, netns string) error {
	c, rev := m.expected(task)
	if c == nil {
		return nil
	}
	if netns == "" {
		return fmt.Errorf("Service Connect: %w", runtime.ErrNoNetNS) //nolint:staticcheck // a name
	}
	if _, err := m.certify(c.Service); err != nil {
		return fmt.Errorf("Service Connect: %w", err) //nolint:staticcheck // a name
	}
	if err := m.store.Update(func(tx *store.Tx) error { join(tx, task, netns); return nil }); err != nil {
		return fmt.Errorf("Service Connect: %w", err) //nolint:staticcheck // a name
	}
	m.follow(rev, task)
	wait, cancel := context.WithTimeout(ctx, joinWait)
	defer cancel()
	if err := m.applied(wait); err != nil {
		return fmt.Errorf("Service Connect proxy failed to start in the task: %w", err) //nolint:staticcheck // a name
	}
	if m.failures == nil {
		return nil
	}
	for _, f := range m.failures() {
		if f.Task == task && f.NetNS == netns {
			return fmt.Errorf("Service Connect proxy failed to listen on %s in the task: %s", f.Address, f.Error) //nolint:staticcheck // a name
		}
	}
	return nil
}

// expected finds a task that uses Service Connect.
func (m *Mesh) expected(task string) (c *client, rev *state.Revision) {
	m.store.View(func(tx *store.Tx) {
		if c, _ = clients.Get(tx, task); c != nil {
			rev, _ = state.Revisions.Get(tx, c.Service+"/"+c.Revision)
		}
	})
	return c, rev
}

// Run renews certificates and ends access logs until ctx ends.
func (m *Mesh) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var renew time.Time
	for {
		if now := m.now(); !now.Before(renew) {
			next, err := m.certify("")
			if err != nil {
				m.log.Error("certificates not renewed", "err", err)
			}
			renew = earlier(next, now.Add(time.Hour))
		}
		m.finish()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
