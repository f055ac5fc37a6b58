package model

import (
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// Hook is an execution of a lifecycle hook. Its ids are the machine's: whoever compares fills them in.
type Hook struct {
	ID, Execution  string
	Status         deploy.HookStatus
	Calls          int
	pause, lenient bool      // lenient: its time-out is no failure
	next, deadline time.Time // next call: zero while one is under way
}

func (h *Hook) open() bool {
	return h.Status == deploy.HookAwaitingAction || h.Status == deploy.HookInProgress
}

// begin opens the hooks of a stage, all at once. Pauses cannot be in stages that shift; on the
// way back only such stages have hooks, and only if something may have been shifted.
func (m *Model) begin() {
	stage, _ := m.Place()
	shift := stage == deploy.TestShift || stage == deploy.ProductionShift
	m.hooksOpen = true
	for _, c := range m.d.Config.Hooks {
		h := Hook{Status: deploy.HookInProgress, pause: c.Type == deploy.Pause, lenient: c.Action == deploy.ActionContinue, next: m.now, deadline: m.now.Add(m.minutes(24 * 60))}
		if c.Minutes > 0 {
			h.deadline = m.now.Add(m.minutes(c.Minutes))
		}
		if h.pause {
			h.Status = deploy.HookAwaitingAction
		}
		if slices.Contains(c.Stages, stage) && !(h.pause && shift) && !(m.Undo && (!shift || m.early(m.from))) {
			m.Hooks = append(m.Hooks, h)
		}
	}
}

// run lets hooks expire, fail and be called, and tells whether none is open any more.
func (m *Model) run() (done, failed bool) {
	if !m.hooksOpen {
		m.begin()
	}
	done = true
	for i := range m.Hooks {
		h := &m.Hooks[i]
		if h.open() && !m.now.Before(h.deadline) && h.lenient {
			m.close(h, deploy.HookTimedOut)
		} else if h.open() && !m.now.Before(h.deadline) {
			m.close(h, deploy.HookFailed)
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

// answer takes the answer to the one call that is under way.
func (m *Model) answer(e deploy.HookResult) {
	h := m.hook(e.Execution)
	switch {
	case h == nil || h.Calls != e.Call || !h.next.IsZero():
	case e.Error == "" && e.Status == deploy.HookSucceeded:
		h.Status = e.Status
	case e.Error == "" && e.Status == deploy.HookInProgress && e.Delay > 0:
		h.next = m.now.Add(m.span(e.Delay))
	case e.Error == "" && e.Status == deploy.HookInProgress:
		h.next = m.now.Add(m.span(30 * time.Second))
	default:
		h.Status = deploy.HookFailed
	}
}

// resume takes a person's decision about a pause.
func (m *Model) resume(e deploy.Continue) {
	if h := m.hook(e.HookID); h != nil && h.pause && e.Action == deploy.ActionRollback {
		m.ask(deploy.RollbackRequested)
	} else if h != nil && h.pause {
		m.close(h, deploy.HookSucceeded)
	}
}

// hook is the open hook that a person (by hookId) or a function (by executionId) means.
func (m *Model) hook(id string) *Hook {
	for i := range m.Hooks {
		if h := &m.Hooks[i]; h.open() && (h.ID == id || h.Execution == id) {
			return h
		}
	}
	return nil
}

// close ends a hook; the stage's 24 hours start when its last pause is over.
func (m *Model) close(h *Hook, s deploy.HookStatus) {
	h.Status = s
	if h.pause && !m.paused() {
		m.limit = m.now.Add(m.minutes(24 * 60))
	}
}

func (m *Model) paused() bool {
	return slices.ContainsFunc(m.Hooks, func(h Hook) bool { return h.pause && h.open() })
}
