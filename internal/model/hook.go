package model

import (
	"fmt"
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// Hook is an execution of a lifecycle hook.
type Hook struct {
	Name           string
	pause, lenient bool // lenient: its time-out is no failure
	Status         deploy.HookStatus
	Calls          int
	next, deadline time.Time // next call: zero while one is under way
}

func (h *Hook) open() bool {
	return h.Status == deploy.HookAwaitingAction || h.Status == deploy.HookInProgress
}

// run opens the hooks of a stage, all at once, lets them expire, fail and be called, and tells whether none is open.
func (m *Model) run() (done, failed bool) {
	stage := m.life[0].stage
	shift := stage == deploy.TestShift || stage == deploy.ProductionShift
	quiet := m.Undo && (!shift || m.from == "" || m.from == deploy.ReconcileService) // nothing was shifted
	for i, c := range m.c.Hooks {
		if m.begun || quiet || !slices.Contains(c.Stages, stage) || c.Type == deploy.Pause && shift {
			continue
		}
		h := Hook{Name: m.name(i), lenient: c.Action == deploy.ActionContinue, Status: deploy.HookInProgress, next: m.now, deadline: m.now.Add(m.minutes(24 * 60))}
		if c.Minutes > 0 {
			h.deadline = m.now.Add(m.minutes(c.Minutes))
		}
		if c.Type == deploy.Pause {
			h.pause, h.Status = true, deploy.HookAwaitingAction
		}
		m.Hooks = append(m.Hooks, h)
	}
	m.begun, done = true, true
	for i := range m.Hooks {
		h := &m.Hooks[i]
		if h.open() && !m.now.Before(h.deadline) {
			h.Status = deploy.HookFailed
			if h.lenient {
				h.Status = deploy.HookTimedOut
			}
			m.resumed(h)
		}
		if h.Status == deploy.HookFailed && !m.Undo {
			return false, true
		}
		m.spoiled = m.spoiled || h.Status == deploy.HookFailed
		if h.open() && !h.pause && !h.next.IsZero() && !m.now.Before(h.next) {
			h.Calls, h.next = h.Calls+1, time.Time{}
		}
		done = done && !h.open()
	}
	return done, false
}

// name tells a hook execution from every other of the deployment.
func (m *Model) name(config int) string {
	return fmt.Sprint(m.life[0].stage, m.life[0].step, m.Undo, config)
}

// answer takes the answer to the one call that is under way.
func (m *Model) answer(e deploy.HookResult) {
	for i := range m.Hooks {
		h := &m.Hooks[i]
		if m.Names[e.Execution] != h.Name || h.pause || !h.open() || h.Calls != e.Call || !h.next.IsZero() {
			continue
		}
		h.Status = e.Status
		switch {
		case e.Error != "" || e.Status != deploy.HookSucceeded && e.Status != deploy.HookInProgress:
			h.Status = deploy.HookFailed
		case e.Status == deploy.HookInProgress && e.Delay > 0:
			h.next = m.now.Add(m.span(e.Delay))
		case e.Status == deploy.HookInProgress:
			h.next = m.now.Add(m.span(30 * time.Second))
		}
	}
}

// resume takes a person's decision about a pause.
func (m *Model) resume(e deploy.Continue) {
	for i := range m.Hooks {
		h := &m.Hooks[i]
		if m.Status != deploy.InProgress || m.Names[e.HookID] != h.Name || !h.pause || !h.open() {
			continue
		}
		if e.Action == deploy.ActionRollback {
			m.ask(deploy.RollbackRequested)
			return
		}
		h.Status = deploy.HookSucceeded
		m.resumed(h)
	}
}

// resumed starts the stage's 24 hours when its last pause is over.
func (m *Model) resumed(h *Hook) {
	if h.pause && !m.paused() {
		m.limit = m.now.Add(m.minutes(24 * 60))
	}
}

func (m *Model) paused() bool {
	return slices.ContainsFunc(m.Hooks, func(h Hook) bool { return h.pause && h.open() })
}
