package supervise

import (
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// beginStop starts the stop of the whole task. The first cause is kept: a
// container that exits because the task is being stopped is no failure.
func (t *Task) beginStop(why *runtime.Failure) {
	if t.status.Phase == runtime.PhaseStopping || t.status.Phase == runtime.PhaseStopped {
		return
	}
	t.status.Fail = why
	t.status.Stopping = time.Now()
	t.setPhase(runtime.PhaseStopping)
}

// advanceStop sends the stop signal to each container that no running
// container depends on any more, and ends those that never ran.
func (t *Task) advanceStop() {
	for _, m := range t.members {
		switch m.state {
		case pending:
			m.state = stopped
			m.status.Status = "STOPPED"
			t.dirty = true
		case running:
			if !m.signalled && !t.needed(m) {
				t.signal(m)
			}
		}
	}
}

// needed tells whether a container that is not yet stopped depends on m.
func (t *Task) needed(m *member) bool {
	for _, other := range t.members {
		if other.state != starting && other.state != running {
			continue
		}
		for _, d := range other.DependsOn {
			if d.Container == m.Name {
				return true
			}
		}
	}
	return false
}

// signal asks a container to stop and makes sure that it does.
func (t *Task) signal(m *member) {
	m.signalled = true
	if m.checks != nil {
		m.checks() // a container on its way out is not checked any more
	}
	timeout := m.StopTimeout
	if timeout <= 0 {
		timeout = DefaultStopTimeout
	}
	m.killer = time.AfterFunc(timeout, func() { t.send(func() { t.kill(m) }) })
	t.work.Go(func() {
		if t.opts.Containers.Stop(t.ctx, m.Name) != nil {
			t.send(func() { t.kill(m) })
		}
	})
}

// kill ends a container that did not stop by itself.
func (t *Task) kill(m *member) {
	if m.state != running {
		return
	}
	t.work.Go(func() {
		err := t.opts.Containers.Kill(t.ctx, m.Name)
		if err == nil || t.ctx.Err() != nil {
			return
		}
		t.send(func() {
			if m.state == running {
				m.status.Reason = clip("CannotStopContainerError: " + err.Error())
				m.killer = time.AfterFunc(time.Second, func() { t.send(func() { t.kill(m) }) })
				t.dirty = true
			}
		})
	})
}
