package supervise

import (
	"fmt"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// verdict on one container's dependencies.
type verdict struct {
	ready bool
	never string        // why the container can never start; empty = it may
	wait  time.Duration // how long until the answer can change by time alone; 0 = it cannot
}

// tryStart starts a container if its dependencies allow, and stops the task if
// they never will.
func (t *Task) tryStart(m *member) {
	v := t.judge(m, time.Now())
	switch {
	case v.ready:
		t.start(m)
	case v.never != "":
		m.status.Reason = v.never
		t.beginStop(&runtime.Failure{Code: "TaskFailedToStart", Reason: "Task failed to start: " + v.never})
	case v.wait > 0 && m.waker == nil:
		m.waker = time.AfterFunc(v.wait, func() { t.send(func() { m.waker = nil }) })
	}
}

func (t *Task) judge(m *member, now time.Time) verdict {
	v := verdict{ready: true}
	for _, d := range m.DependsOn {
		dep := t.find(d.Container)
		if dep == nil {
			return verdict{never: fmt.Sprintf("container %s depends on container %s, which the task does not have", m.Name, d.Container)}
		}
		one := judge(m.Name, d.Condition, dep, now)
		if one.never != "" {
			return one
		}
		v.ready = v.ready && one.ready
		if one.wait > 0 && (v.wait == 0 || one.wait < v.wait) {
			v.wait = one.wait
		}
	}
	return v
}

// judge tells whether one dependency is met, and whether it ever can be.
func judge(name string, c runtime.Condition, dep *member, now time.Time) verdict {
	exit := "without an exit code"
	if dep.status.ExitCode != nil {
		exit = fmt.Sprintf("with exit code %d", *dep.status.ExitCode)
	}
	gone := dep.state == stopped
	switch c {
	case runtime.DependComplete:
		if gone && dep.everRan {
			return verdict{ready: true}
		}
	case runtime.DependSuccess:
		if gone && dep.status.ExitCode != nil && *dep.status.ExitCode == 0 {
			return verdict{ready: true}
		}
	case runtime.DependHealthy:
		if !gone && dep.status.Health == runtime.HealthHealthy {
			return verdict{ready: true}
		}
	default: // START
		if dep.everRan {
			return verdict{ready: true}
		}
	}
	if gone {
		return verdict{never: fmt.Sprintf("container %s waits for %s of container %s, which ended %s", name, c, dep.Name, exit)}
	}
	if c == runtime.DependStart || dep.StartTimeout <= 0 || dep.state != running {
		return verdict{}
	}
	left := dep.StartTimeout - now.Sub(dep.lastStart)
	if left <= 0 {
		return verdict{never: fmt.Sprintf("container %s did not reach %s within its startTimeout of %s, so container %s cannot start",
			dep.Name, c, dep.StartTimeout, name)}
	}
	return verdict{wait: left}
}

func (t *Task) find(name string) *member {
	for _, m := range t.members {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// start creates and starts a container on a goroutine of its own.
func (t *Task) start(m *member) {
	m.state = starting
	t.work.Go(func() {
		created, err := t.opts.Containers.Create(t.ctx, m.Name)
		if err != nil {
			t.send(func() { t.startFailed(m, err) })
			return
		}
		started, err := t.opts.Containers.Start(t.ctx, m.Name)
		t.send(func() {
			m.status.RuntimeID, m.status.ImageDigest = created.RuntimeID, created.ImageDigest
			m.status.Ports, m.status.LogFile = created.Ports, created.LogFile
			m.status.Created = time.Now()
			if err != nil {
				t.startFailed(m, err)
				return
			}
			t.started(m, started)
		})
	})
}

func (t *Task) started(m *member, s Started) {
	if s.At.IsZero() {
		s.At = time.Now()
	}
	if s.RuntimeID != "" {
		m.status.RuntimeID = s.RuntimeID
	}
	if len(s.Ports) > 0 {
		m.status.Ports = s.Ports
	}
	m.state, m.everRan, m.lastStart, m.streak = running, true, s.At, 0
	m.status.Status, m.status.Started, m.status.PID = "RUNNING", s.At, s.PID
	t.dirty = true
	t.watch(m)
}

// startFailed ends a container that could not be created or started. ECS stops
// the task for it only when the container is essential.
func (t *Task) startFailed(m *member, err error) {
	m.state = stopped
	m.status.Status, m.status.Finished = "STOPPED", time.Now()
	m.status.Reason = clip(err.Error())
	t.dirty = true
	if !m.Essential {
		return
	}
	code := "TaskFailedToStart"
	if m.everRan {
		code = "EssentialContainerExited"
	}
	t.beginStop(&runtime.Failure{Code: code, Reason: m.status.Reason})
}

// clip keeps a reason within the 1024 characters that ECS allows.
func clip(s string) string {
	if r := []rune(s); len(r) > 1024 {
		return string(r[:1024])
	}
	return s
}
