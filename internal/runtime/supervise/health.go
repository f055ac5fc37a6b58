package supervise

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grue-ecs/grue/internal/runtime"
)

// healthOutput is how much of a check's output is kept.
const healthOutput = 4096

// checkHealth runs the checks of one run of a container: the first one interval
// after the start, each further one an interval after the end of the last.
func (t *Task) checkHealth(ctx context.Context, m *member, h *runtime.HealthCheck) {
	timer := time.NewTimer(h.Interval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		code, out := t.probe(ctx, m.Name, h)
		if ctx.Err() != nil {
			return
		}
		t.send(func() {
			if m.state == running && ctx.Err() == nil {
				t.checked(m, code, out)
			}
		})
		timer.Reset(h.Interval)
	}
}

// probe runs the check once. A check that does not end in time has failed.
func (t *Task) probe(ctx context.Context, name string, h *runtime.HealthCheck) (int, string) {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	code, out, err := t.opts.Containers.Exec(ctx, name, command(h.Command), healthOutput)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return -1, fmt.Sprintf("Health check exceeded timeout (%s)", h.Timeout)
	case err != nil:
		return -1, err.Error()
	}
	return code, out
}

// command turns ECS's form of a health check into an argument list.
func command(c []string) []string {
	if len(c) == 0 {
		return nil
	}
	switch c[0] {
	case "CMD":
		return c[1:]
	case "CMD-SHELL":
		script := ""
		if len(c) > 1 {
			script = c[1]
		}
		return []string{"/bin/sh", "-c", script}
	}
	return c
}

// checked takes in one result. A success counts at once; failures count outside
// startPeriod, and `retries` of them in a row make the container UNHEALTHY.
func (t *Task) checked(m *member, code int, out string) {
	verdict := m.status.Health
	if code == 0 {
		m.streak = 0
		verdict = runtime.HealthHealthy
	} else if time.Since(m.lastStart) >= m.HealthCheck.StartPeriod || m.status.Health == runtime.HealthHealthy {
		m.streak++
		if m.streak >= max(1, m.HealthCheck.Retries) {
			verdict = runtime.HealthUnhealthy
		}
	}
	if verdict == m.status.Health && code == m.status.HealthExit && out == m.status.HealthOut {
		return
	}
	if verdict != m.status.Health {
		m.status.Health, m.status.HealthSince = verdict, time.Now()
	}
	m.status.HealthExit, m.status.HealthOut = code, out
	t.dirty = true
}
