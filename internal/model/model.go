package model

import (
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// Model is one service deployment as the rules have it.
type Model struct {
	c                      deploy.Config
	strategy               deploy.Strategy
	rolling, leftovers     bool
	target, blue, fallback deploy.Rev
	now, entered, started  time.Time
	limit, BakeEnds        time.Time
	settled, turned        time.Time
	life                   []phase // from the present one on
	from                   deploy.Stage
	Undo, spoiled, stale   bool
	replaced               bool
	watched, alarm         bool // alarms count; one fired
	Status                 deploy.Status
	Production, Test       []deploy.Share
	Version, Acked         int
	Hooks                  []Hook
	begun                  bool              // the stage's hooks are open
	Names                  map[string]string // of hook executions, by hookId and executionId
}

// New is the model of a deployment that was just made.
func New(d *deploy.Deployment) *Model {
	return &Model{
		c: d.Config, strategy: d.Strategy, rolling: d.Strategy == deploy.Rolling, target: d.Target, blue: d.Traffic.Blue,
		fallback: d.RollbackTo, Status: deploy.Pending, life: []phase{{}}, Names: map[string]string{},
		leftovers:  d.Traffic.Blue != "" && slices.ContainsFunc(d.Sources, func(r deploy.Rev) bool { return r != d.Traffic.Blue }),
		Production: slices.Clone(d.Traffic.Production), Test: slices.Clone(d.Traffic.Test),
	}
}

// Step takes one event, after the machine did.
func (m *Model) Step(in deploy.Event, now time.Time, d *deploy.Deployment) {
	m.now = now
	began := m.Status
	m.take(in)
	for m.move(began, d) {
	}
}

func (m *Model) take(in deploy.Event) {
	going, pending := m.Status == deploy.InProgress, m.Status == deploy.Pending
	switch e := in.(type) {
	case deploy.Start:
		if m.started.IsZero() && (pending || m.Status == deploy.RollbackRequested) {
			m.started = m.now
			m.watched = m.c.Alarms.Enable && !slices.ContainsFunc(e.InAlarm, m.names4alarm)
			if pending {
				m.Status = deploy.InProgress
				m.enter(m.forward())
			}
		}
	case deploy.AlarmState:
		m.alarm = m.alarm || going && m.watched && m.names4alarm(e.Name) && e.State == "ALARM" && !m.leaving()
	case deploy.RouteAcked:
		m.ack(e.Version)
	case deploy.RouteFailed:
		switch {
		case e.Version != m.Version || m.rolling:
		case going:
			m.fail(true, false)
		case m.Undo && e.Permanent && m.Acked < e.Version:
			m.spoiled = true
			m.ack(e.Version)
		}
	case deploy.HookResult:
		m.answer(e)
	case deploy.Continue:
		m.resume(e)
	case deploy.StopCalled:
		if (going || pending) && e.Type == deploy.StopAbort {
			m.ask(deploy.StopRequested)
		} else if going || pending {
			m.ask(deploy.RollbackRequested)
		}
	case deploy.Superseded:
		switch {
		case m.replaced || m.Status == deploy.StopRequested:
		case going || pending:
			m.ask(deploy.StopRequested)
		default:
			m.end(deploy.Stopped, deploy.RollbackFailed)
		}
		m.replaced = true
	case deploy.ServiceDeleted:
		m.end(deploy.Stopped, deploy.RollbackFailed)
	}
}

// move does one thing that is due, and tells whether there was one.
func (m *Model) move(began deploy.Status, d *deploy.Deployment) bool {
	month := m.minutes(30 * 24 * 60)
	late := !m.rolling && !m.paused() && m.now.After(m.limit)
	tripped := d.Breaker.Status == deploy.Triggered
	switch {
	case m.Status == deploy.StopRequested && began == m.Status: // seen for a moment, like ROLLBACK_REQUESTED
		m.end(deploy.Stopped, "")
	case m.Status == deploy.RollbackRequested && began == m.Status && !m.started.IsZero():
		m.fail(true, true)
	case m.Status == deploy.RollbackInProgress && (late || !m.now.Before(m.turned.Add(month))):
		m.end("", deploy.RollbackFailed)
	case m.Status == deploy.InProgress && tripped:
		m.fail(m.c.Breaker.Rollback, false)
	case m.Status == deploy.InProgress && m.alarm:
		m.fail(m.c.Alarms.Rollback, false)
	case m.Status == deploy.InProgress && (late || !m.rolling && !m.now.Before(m.started.Add(month))):
		m.fail(true, false)
	case m.Status == deploy.InProgress || m.Status == deploy.RollbackInProgress:
		return m.stage(d)
	default:
		return false
	}
	return true
}

// stage does the present stage's work, hooks and bake, and crosses it off then.
func (m *Model) stage(d *deploy.Deployment) bool {
	worked := m.worked(d)
	if !worked && !m.begun {
		return false
	}
	done, failed := m.run()
	if failed {
		m.fail(true, false)
		return true
	}
	bake := m.life[0].bake
	if worked && done && bake > 0 && m.BakeEnds.IsZero() {
		m.BakeEnds = m.now.Add(bake)
		m.limit = m.BakeEnds.Add(m.minutes(24 * 60))
	}
	if !worked || !done || m.now.Before(m.BakeEnds) {
		return false
	}
	if len(m.life) > 1 {
		m.enter(m.life[1:])
	} else if m.spoiled {
		m.end("", deploy.RollbackFailed)
	} else {
		m.end(deploy.Successful, deploy.RollbackSuccessful)
	}
	return true
}

func (m *Model) enter(life []phase) {
	m.life, m.entered, m.limit, m.BakeEnds = life, m.now, m.now.Add(m.minutes(24*60)), time.Time{}
	m.Hooks, m.begun = nil, false
}

// fail turns the deployment round, or stops it where it is.
func (m *Model) fail(rollback, asked bool) {
	switch {
	case !rollback:
		m.ask(deploy.StopRequested)
	case m.fallback == "" && asked:
		m.end(deploy.Stopped, "")
	case m.fallback == "":
		m.Undo = true
		m.end("", deploy.RollbackFailed)
	default:
		m.Status, m.turned, m.from = deploy.RollbackInProgress, m.now, m.life[0].stage
		life := m.back()
		m.Undo = true
		m.enter(life)
	}
}

// ask is a status that people see for a moment; hooks end with it.
func (m *Model) ask(s deploy.Status) { m.Status, m.Hooks = s, nil }

// end makes the deployment terminal: one way, or the other if it was going back.
func (m *Model) end(forward, back deploy.Status) {
	m.Status, m.Hooks, m.BakeEnds = forward, nil, time.Time{}
	if m.Undo {
		m.Status = back
	}
}

func (m *Model) ack(version int) {
	if version > m.Acked && version <= m.Version {
		if m.Acked = version; version == m.Version {
			m.settled = m.now
		}
	}
}

func (m *Model) names4alarm(name string) bool { return slices.Contains(m.c.Alarms.Names, name) }

// leaving tells whether blue leaves: then nothing could be saved any more.
func (m *Model) leaving() bool { return !m.rolling && m.life[0].stage == deploy.CleanUp }

// Stage and step are those of the present phase.
func (m *Model) Stage() deploy.Stage { return m.life[0].stage }

// Step is the step of the traffic plan.
func (m *Model) StepNo() int { return m.life[0].step }
