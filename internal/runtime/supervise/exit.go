package supervise

import (
	"context"
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// oomReason is how ECS tells that the kernel ended a container.
const oomReason = "OutOfMemoryError: Container killed due to memory usage"

// watch waits for the end of a run, and checks health while it lasts.
func (t *Task) watch(m *member) {
	ctx, cancel := context.WithCancel(t.ctx)
	m.checks = cancel
	t.work.Go(func() {
		exit, err := t.opts.Containers.Wait(t.ctx, m.Name)
		cancel()
		if t.ctx.Err() != nil {
			return
		}
		t.send(func() { t.exited(m, exit, err) })
	})
	if m.HealthCheck != nil {
		t.work.Go(func() { t.checkHealth(ctx, m, m.HealthCheck) })
	}
}

// exited takes in the end of a run: the container is restarted, or it is
// STOPPED, and with it the task when the container is essential.
func (t *Task) exited(m *member, e Exit, err error) {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	known := err == nil
	t.dirty = true
	t.record(m, e, err)
	if known && t.mayRestart(m, e) {
		t.restart(m)
		return
	}
	m.state = stopped
	m.status.Status, m.status.PID = "STOPPED", 0
	if m.killer != nil {
		m.killer.Stop()
	}
	if m.Essential {
		t.beginStop(&runtime.Failure{Code: "EssentialContainerExited", Reason: "Essential container in task exited"})
	}
}

func (t *Task) record(m *member, e Exit, err error) {
	m.status.Finished = e.At
	m.status.Reason = clip(e.Reason)
	if err != nil {
		m.status.ExitCode = nil
		m.status.Reason = clip("ContainerRuntimeError: " + err.Error())
		return
	}
	code := e.Code
	m.status.ExitCode = &code
	if e.OOM {
		m.status.Reason = oomReason
	}
}

// mayRestart is the rule of the ECS agent: a policy, nobody is stopping the
// container, its exit code is not ignored, and restartAttemptPeriod has passed
// since its last start.
func (t *Task) mayRestart(m *member, e Exit) bool {
	p := m.Restart
	return p != nil && t.status.Phase != runtime.PhaseStopping &&
		!slices.Contains(p.IgnoredExitCodes, e.Code) &&
		e.At.Sub(m.lastStart) >= p.AttemptPeriod
}

// restart runs the container again; for ECS it stays RUNNING meanwhile.
func (t *Task) restart(m *member) {
	m.state = starting
	m.status.Restarts++
	m.status.PID = 0
	if m.HealthCheck != nil {
		m.status.Health, m.status.HealthSince = runtime.HealthUnknown, time.Now()
	}
	t.work.Go(func() {
		started, err := t.opts.Containers.Start(t.ctx, m.Name)
		t.send(func() {
			if err != nil {
				t.startFailed(m, err)
				return
			}
			m.status.ExitCode, m.status.Reason, m.status.Finished = nil, "", time.Time{}
			t.started(m, started)
		})
	})
}
