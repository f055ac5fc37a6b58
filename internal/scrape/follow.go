package scrape

import (
	"strings"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// follow counts what a commit tells. It runs on the store's goroutine.
func (m *Metrics) follow(c store.Commit) {
	for i := range c.Events {
		m.event(&c.Events[i])
	}
	for _, ch := range c.Changes {
		switch ch.Kind {
		case state.Deployments.Kind():
			if d, old := state.Deployments.Of(ch); d != nil && old != nil {
				m.deployment(&d.Machine, &old.Machine)
			}
		case state.Tasks.Kind():
			if t, old := state.Tasks.Of(ch); t != nil && old != nil {
				m.task(t, old)
			}
		}
	}
}

// deployment counts a change of a deployment.
func (m *Metrics) deployment(d, old *deploy.Deployment) {
	strategy := string(d.Strategy)
	over := d.Status.Terminal() && !old.Status.Terminal()
	if old.Stage != "" && (over || !d.StageEntered.Equal(old.StageEntered)) && !old.StageEntered.IsZero() {
		left := d.StageEntered
		if over {
			left = ended(d)
		}
		m.stageTime.WithLabelValues(strategy, string(old.Stage)).Observe(max(left.Sub(old.StageEntered).Seconds(), 0))
	}
	m.approvals(d, old)
	if !over {
		return
	}
	m.deployments.WithLabelValues(strategy, string(d.Status), cause(d)).Inc()
	if began := d.StartedAt; !began.IsZero() {
		m.deployTime.WithLabelValues(strategy, string(d.Status)).Observe(max(ended(d).Sub(began).Seconds(), 0))
	}
}

// ended is when a deployment was over.
func ended(d *deploy.Deployment) time.Time {
	if !d.FinishedAt.IsZero() {
		return d.FinishedAt
	}
	return d.UpdatedAt
}

// cause is why a deployment failed, as a label: "circuit_breaker".
func cause(d *deploy.Deployment) string {
	if d.Failure == nil {
		return "none"
	}
	return strings.ReplaceAll(string(d.Failure.Kind), " ", "_")
}

// approvals counts the PAUSE hooks that were answered with this change.
func (m *Metrics) approvals(d, old *deploy.Deployment) {
	for i := range old.Hooks {
		h := &old.Hooks[i]
		if h.Type == deploy.Pause && h.Open() && !open(d, h.Execution) {
			m.waitForPerson.Observe(max(d.UpdatedAt.Sub(h.ExpiresAt.Add(-old.HookTime(h))).Seconds(), 0))
		}
	}
}

func open(d *deploy.Deployment, execution string) bool {
	for i := range d.Hooks {
		if d.Hooks[i].Execution == execution {
			return d.Hooks[i].Open() && !d.Status.Terminal()
		}
	}
	return false
}

// task counts a change of a task.
func (m *Metrics) task(t, old *state.Task) {
	if old.LastStatus == t.LastStatus {
		return
	}
	switch t.LastStatus {
	case "RUNNING":
		if !t.Started.IsZero() && old.Started.IsZero() {
			m.taskStart.Observe(max(t.Started.Sub(t.Created).Seconds(), 0))
		}
	case "STOPPED":
		code := t.StopCode
		if code == "" {
			code = "none"
		}
		m.taskStops.WithLabelValues(code).Inc()
	}
}
