package deploy

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"
)

// Defaults of a hook, in unscaled time.
const (
	hookMinutes   = 1440
	callBackDelay = 30 * time.Second
)

// runHooks starts the stage's hooks, all in parallel, and tells whether all are
// done, or whether one failed the deployment. The first failure decides.
func (m *machine) runHooks() (done, failed bool) {
	d := m.d
	if !d.HooksBegun {
		d.HooksBegun = true
		m.openHooks()
	}
	done = true
	for i := range d.Hooks {
		h := &d.Hooks[i]
		if h.Open() && !m.now.Before(h.ExpiresAt) {
			m.expire(h)
		}
		if h.Status == HookFailed && m.hookFails(h) {
			return false, true
		}
		if h.Open() && h.Type == Lambda && !h.NextCall.IsZero() && !m.now.Before(h.NextCall) {
			m.call(h)
		}
		done = done && !h.Open()
	}
	return done, false
}

// openHooks makes an execution of every hook of the stage. On the way back only
// the Lambda hooks of the two shift stages run again, and only if a shift began.
func (m *machine) openHooks() {
	d := m.d
	shift := d.Stage == TestShift || d.Stage == ProductionShift
	if d.undoing() && (!shift || d.neverUp()) {
		return
	}
	for i, c := range d.Config.Hooks {
		if !slices.Contains(c.Stages, d.Stage) || c.Type == Pause && shift {
			continue
		}
		minutes := c.Minutes
		if minutes == 0 {
			minutes = hookMinutes
		}
		h := Hook{
			Config: i, Type: c.Type, Stage: d.Stage, Step: d.Step, Undo: d.undoing(),
			Details: c.Details, ExpiresAt: m.now.Add(d.Config.minutes(minutes)),
		}
		h.ID, h.Execution = d.hookIDs(&h)
		if c.Type == Pause {
			h.Status = HookAwaitingAction
			m.tellHook(&h)
		} else {
			h.Status, h.NextCall = HookInProgress, m.now
		}
		d.Hooks = append(d.Hooks, h)
	}
}

// Since is when an execution of this deployment began.
func (d *Deployment) Since(h *Hook) time.Time {
	minutes := d.Config.Hooks[h.Config].Minutes
	if minutes == 0 {
		minutes = hookMinutes
	}
	return h.ExpiresAt.Add(-d.Config.minutes(minutes))
}

// hookIDs are unlike any other execution's and the same whenever the step is taken again.
func (d *Deployment) hookIDs(h *Hook) (id, execution string) {
	name := fmt.Sprintf("%s/%s/%d/%d/%t", d.ID, h.Stage, h.Step, h.Config, h.Undo)
	sum, own := sha256.Sum256([]byte(name)), sha256.Sum256([]byte(name+"/id"))
	kind := "ecs-lambda-"
	if h.Type == Pause {
		kind = "ecs-pause-"
	}
	id = kind + base64.RawURLEncoding.EncodeToString(own[:]) // 43 characters, as in ECS
	u := sum[:16]
	u[6], u[8] = u[6]&0x0f|0x50, u[8]&0x3f|0x80 // a name-based UUID
	return id, fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// call invokes a Lambda hook once more.
func (m *machine) call(h *Hook) {
	h.Call++
	h.NextCall = time.Time{}
	m.emit(m.invocation(h))
}

func (m *machine) invocation(h *Hook) InvokeHook {
	e := InvokeHook{
		ID:   fmt.Sprintf("%s/%s/%d/hook-%d/%d", m.d.ID, h.Stage, h.Step, h.Config, h.Call),
		Hook: *h, Config: m.d.Config.Hooks[h.Config], Target: m.d.Target,
	}
	if h.Undo {
		e.ID += "/undo"
	}
	e.Production, e.Test = m.d.payloadWeights()
	return e
}

// payloadWeights are the weight maps of the payload: empty in most stages. Where
// there is nothing to shift they are filled as if traffic moved, so that the
// hook itself can move it.
func (d *Deployment) payloadWeights() (production, test []Share) {
	green := allTraffic
	if d.undoing() {
		green = 0
	}
	switch d.Stage {
	case ReconcileService:
		return d.shares(0), d.shares(0)
	case TestShift:
		return nil, d.shares(green)
	case PreProductionShift, ProductionShift:
		return slices.Clone(d.Traffic.Production), nil
	}
	return nil, nil
}

// expire ends a hook whose time is over.
func (m *machine) expire(h *Hook) {
	h.Status = HookTimedOut
	if h.Type == Pause {
		m.tellHook(h)
		m.pauseOver()
	}
	if m.d.Config.Hooks[h.Config].Action == ActionContinue {
		return
	}
	h.Status, h.Error = HookFailed, "Lifecycle hook target "+m.d.Config.Hooks[h.Config].Target+" timed out."
	if h.Type == Pause {
		h.Error = ""
	}
}

// hookFails fails the deployment, irrespective of breaker and alarm settings.
// On the way back it only spoils the rollback, which goes on.
func (m *machine) hookFails(h *Hook) bool {
	d := m.d
	if d.undoing() {
		d.spoil(string(h.Stage) + " lifecycle hook(s) failed during the rollback. " + h.Error)
		return false
	}
	if h.Type == Pause {
		m.fail(FailHook, string(h.Stage)+" pause hook timed out.", true)
		return true
	}
	m.fail(FailHook, hooksFailedText(h.Stage)+h.Error, true)
	return true
}

func hooksFailedText(s Stage) string { return string(s) + " lifecycle hook(s) failed. " }

// paused tells whether a PAUSE hook waits for a person.
func (d *Deployment) paused() bool {
	return slices.ContainsFunc(d.Hooks, func(h Hook) bool { return h.Type == Pause && h.Open() })
}

// pauseOver starts the stage's 24 hours, into which pauses do not count.
func (m *machine) pauseOver() {
	if !m.d.paused() {
		m.d.Limit = m.now.Add(m.d.Config.span(stageLimit))
	}
}

// tellHook sends the EventBridge event of a PAUSE hook.
func (m *machine) tellHook(h *Hook) {
	if h.Type == Pause {
		told := *h
		m.emit(Emit{ID: m.id(), DetailType: DetailHook, EventType: "INFO", EventName: "HOOK_" + string(h.Status), Hook: &told})
	}
}

// repeatHooks calls hooks again that did not answer: the caller knows by the id
// whether the first call still runs.
func (m *machine) repeatHooks(told func(string) bool) {
	for i := range m.d.Hooks {
		h := &m.d.Hooks[i]
		if h.Type == Lambda && h.Open() && h.Call > 0 && h.NextCall.IsZero() {
			if e := m.invocation(h); !told(e.ID) {
				m.emit(e)
			}
		}
	}
}
