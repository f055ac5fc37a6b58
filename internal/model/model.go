package model

import (
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// Model is one service deployment as the rules have it.
type Model struct {
	Status                              deploy.Status
	Undo                                bool      // it goes back
	Version, Acked                      int       // of weights
	Green, Test                         int       // green's shares, tenths of a per cent
	Strange                             bool      // production is still as interrupted deployments left it
	BakeEnds                            time.Time // zero = no bake runs
	Hooks                               []Hook    // of the present stage
	d                                   *deploy.Deployment
	life                                []phase      // from the present one on
	from                                deploy.Stage // where it turned
	now, entered, limit                 time.Time    // entered, limit: of the stage
	started, settled, turned            time.Time
	watched, alarm                      bool // alarms count; one fired
	replaced, spoiled, hooksOpen, stale bool
}

// New is the model of d, which was just made and is only read.
func New(d *deploy.Deployment) *Model {
	left := slices.ContainsFunc(d.Sources, func(r deploy.Rev) bool { return r != d.Traffic.Blue })
	return &Model{d: d, Status: deploy.Pending, life: []phase{{}}, Strange: (left || d.Traffic.Divided) && d.Traffic.Blue != ""}
}

// Place is the present stage, and step of the traffic plan.
func (m *Model) Place() (deploy.Stage, int) { return m.life[0].stage, m.life[0].step }

// Step takes one event, after the machine did.
func (m *Model) Step(in deploy.Event, now time.Time) {
	began := m.Status
	m.now = now
	m.take(in)
	for m.move(began) {
	}
}

func (m *Model) take(in deploy.Event) {
	going, pending := m.Status == deploy.InProgress, m.Status == deploy.Pending
	named := func(n string) bool { return slices.Contains(m.d.Config.Alarms.Names, n) }
	switch e := in.(type) {
	case deploy.Start:
		if !m.started.IsZero() || !pending && m.Status != deploy.RollbackRequested {
			return
		}
		m.started, m.watched = m.now, m.d.Config.Alarms.Enable && !slices.ContainsFunc(e.InAlarm, named)
		if pending {
			m.Status = deploy.InProgress
			m.enter(m.forward())
		}
	case deploy.AlarmState:
		m.alarm = m.alarm || going && m.watched && named(e.Name) && e.State == "ALARM" && (m.rolling() || m.life[0].stage != deploy.CleanUp)
	case deploy.RouteAcked:
		m.ack(e.Version)
	case deploy.RouteFailed:
		if e.Version == m.Version && going && !m.rolling() {
			m.fail(true, false)
		} else if e.Version == m.Version && m.Undo && e.Permanent && m.Acked < m.Version {
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
		if !m.replaced && (going || pending) {
			m.ask(deploy.StopRequested)
		} else if !m.replaced && m.Status != deploy.StopRequested {
			m.end(deploy.Stopped, deploy.RollbackFailed)
		}
		m.replaced = true
	case deploy.ServiceDeleted:
		m.end(deploy.Stopped, deploy.RollbackFailed)
	}
}

// move does one thing that is due, and tells whether there was one.
func (m *Model) move(began deploy.Status) bool {
	month := m.minutes(30 * 24 * 60)
	late := !m.rolling() && !m.paused() && m.now.After(m.limit)
	going, back := m.Status == deploy.InProgress, m.Status == deploy.RollbackInProgress
	seen := m.Status == began // requests are seen for a moment
	switch {
	case m.Status == deploy.StopRequested && seen:
		m.end(deploy.Stopped, "")
	case m.Status == deploy.RollbackRequested && seen && !m.started.IsZero():
		m.fail(true, true)
	case back && (late || !m.now.Before(m.turned.Add(month))):
		m.end("", deploy.RollbackFailed)
	case going && m.d.Breaker.Status == deploy.Triggered:
		m.fail(m.d.Config.Breaker.Rollback, false)
	case going && m.alarm:
		m.fail(m.d.Config.Alarms.Rollback, false)
	case going && (late || !m.rolling() && !m.now.Before(m.started.Add(month))):
		m.fail(true, false)
	default:
		return (going || back) && m.stage()
	}
	return true
}

// stage does the present stage's work, hooks and bake, and crosses it off then.
func (m *Model) stage() bool {
	worked, bake := m.worked(), m.life[0].bake
	if !worked && !m.hooksOpen {
		return false
	}
	done, failed := m.run()
	if failed {
		m.fail(true, false)
		return true
	}
	if worked && done && bake > 0 && m.BakeEnds.IsZero() {
		m.BakeEnds = m.now.Add(bake)
		m.limit = m.BakeEnds.Add(m.minutes(24 * 60))
	}
	switch {
	case !worked || !done || m.now.Before(m.BakeEnds):
		return false
	case len(m.life) > 1:
		m.enter(m.life[1:])
	case m.spoiled:
		m.end("", deploy.RollbackFailed)
	default:
		m.end(deploy.Successful, deploy.RollbackSuccessful)
	}
	return true
}

func (m *Model) enter(life []phase) {
	m.life, m.entered, m.limit, m.BakeEnds = life, m.now, m.now.Add(m.minutes(24*60)), time.Time{}
	m.Hooks, m.hooksOpen = nil, false
}

// fail turns the deployment round, or stops it where it is.
func (m *Model) fail(rollback, asked bool) {
	switch {
	case !rollback:
		m.ask(deploy.StopRequested)
	case m.d.RollbackTo != "":
		m.Status, m.turned, m.from = deploy.RollbackInProgress, m.now, m.life[0].stage
		life := m.back()
		m.Undo = true
		m.enter(life)
	default: // nothing to go back to
		m.Undo = !asked
		m.end(deploy.Stopped, deploy.RollbackFailed)
	}
}

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
		m.Acked, m.settled = version, m.now
	}
}
