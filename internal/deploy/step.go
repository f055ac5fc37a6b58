package deploy

import (
	"fmt"
	"slices"
	"time"
)

// machine is one Step in progress.
type machine struct {
	d     *Deployment
	now   time.Time
	began Status // status when the step began
	out   []Effect
}

// maxMoves bounds how many stages one Step may pass: LINEAR has at most 34
// steps of two stages, and a step never passes an unacknowledged shift.
const maxMoves = 200

// Step takes one event, changes d and answers what to do. A terminal
// deployment never changes.
func Step(d *Deployment, in Event, now time.Time) []Effect {
	if d.Status.Terminal() {
		return nil
	}
	m := &machine{d: d, now: now, began: d.Status}
	due := !d.WakeAt.IsZero() && !now.Before(d.WakeAt)
	before := slices.Clone(d.Goals)
	m.take(in)
	d.Breaker.Threshold = BreakerThreshold(d.Config.Breaker, d.Desired)
	for range maxMoves {
		if !m.advance() {
			break
		}
	}
	m.setGoals()
	m.tellGoals(before)
	if tick, ok := in.(Tick); ok && (due || tick.Repeat) {
		m.repeat()
	}
	m.setWake(due)
	if len(m.out) > 0 || d.Status != m.began {
		d.UpdatedAt = now
	}
	return m.out
}

// take records what the event says and answers calls of people.
func (m *machine) take(in Event) {
	switch e := in.(type) {
	case Start:
		m.start(e)
	case Observed:
		m.observe(e)
	case DesiredChanged:
		m.d.Desired, m.d.Fresh = e.N, m.now
	case TaskFailed:
		m.taskFailed(e)
	case TaskHealthy:
		m.taskHealthy(e)
	case AlarmState:
		m.alarmState(e)
	case RouteAcked:
		m.routeAcked(e)
	case RouteFailed:
		m.routeFailed(e)
	case HookResult:
		m.hookResult(e)
	case Continue:
		m.hookContinue(e)
	case StopCalled:
		m.stopCalled(e)
	case Superseded:
		m.superseded(e)
	case ServiceDeleted:
		m.serviceDeleted()
	case Tick:
	}
}

// advance makes one move if one is due and tells whether it did.
func (m *machine) advance() bool {
	switch m.d.Status {
	case StopRequested:
		// People shall be able to see the request: the stop is the next step's.
		if m.began == StopRequested {
			m.finish(Stopped)
			return true
		}
	case RollbackRequested:
		if m.began == RollbackRequested && !m.d.StartedAt.IsZero() {
			m.beginRollback()
			return true
		}
	case InProgress:
		return m.judge() || m.runStage()
	case RollbackInProgress:
		return m.judgeRollback() || m.runStage()
	}
	return false
}

// runStage does the present stage's work, then its hooks, then its bake, and
// enters the next stage when all three are done. Hooks that began go on although
// the work is undone again: one may say that green is ill.
func (m *machine) runStage() bool {
	worked := m.work()
	if !worked && !m.d.HooksBegun {
		return false
	}
	done, failed := m.runHooks()
	if failed {
		return true
	}
	if !worked || !done || !m.bake() {
		return false
	}
	m.leave()
	return true
}

// leave enters the stage that follows, or ends the deployment.
func (m *machine) leave() {
	d := m.d
	r, _ := d.row()
	switch {
	case d.Stage == ProductionShift && !d.undoing() && d.Step+1 < len(d.Traffic.Plan):
		d.Step++
		m.enter(r.More)
	case r.Next != endOfLife:
		m.enter(r.Next)
	case d.undoing() && d.Rollback.Failed != "":
		d.StatusReason += " " + d.Rollback.Failed
		m.finish(RollbackFailed)
	case d.undoing():
		m.finish(RollbackSuccessful)
	default:
		m.finish(Successful)
	}
}

// enter makes s the present stage.
func (m *machine) enter(s Stage) {
	d := m.d
	d.Stage, d.StageEntered, d.Limit = s, m.now, m.now.Add(d.Config.span(stageLimit))
	d.Hooks, d.HooksBegun, d.Bake = nil, false, Bake{}
	m.holdForBake()
	m.setGoals()
}

// id names an effect: deployment/stage/step/n.
func (m *machine) id() string {
	m.d.Serial++
	return fmt.Sprintf("%s/%s/%d/%d", m.d.ID, m.d.Stage, m.d.Step, m.d.Serial)
}

func (m *machine) emit(e Effect) { m.out = append(m.out, e) }
