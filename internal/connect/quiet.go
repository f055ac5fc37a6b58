package connect

import (
	"strings"

	"github.com/grue-ecs/grue/internal/route"
	"github.com/grue-ecs/grue/internal/state"
)

// A task that leaves is stopped as soon as its last request has ended, for
// nothing of Service Connect waits for a fixed time as load balancers do. Proxies
// report of a target that drains how many requests are in flight: when it begins
// to drain, and when the last one ends.

// TakeHealth takes what a proxy reports of a group of Service Connect: see
// elb.Observer.
func (m *Mesh) TakeHealth(h *route.Health) bool {
	if !ours(h.Group) {
		return false
	}
	m.mu.Lock()
	at, _, endpoint := strings.Cut(h.Group, "/revision/")
	quiet := endpoint && h.State == "draining" && h.InFlight == 0
	switch {
	case quiet && m.quiet[h.ID] == nil:
		m.quiet[h.ID] = map[string]bool{at: true}
	case endpoint && m.quiet[h.ID] != nil:
		m.quiet[h.ID][at] = quiet
	}
	tell := m.tell
	m.mu.Unlock()
	if quiet {
		tell(h.ID)
	}
	return true
}

// OnQuiet sets what is called when a task that drains may have no request any
// more. Set it before anything runs.
func (m *Mesh) OnQuiet(fn func(task string)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tell = fn
}

// Quiet tells whether a task that drains has no request in flight at any of its
// endpoints.
func (m *Mesh) Quiet(t *state.Task, rev *state.Revision) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range rev.Connect.Endpoints {
		if !m.quiet[t.ID][e.CloudMap] {
			return false
		}
	}
	return true
}
