package model

import (
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// phase is one stage of a life, with the shares that green has at its end.
type phase struct {
	stage       deploy.Stage
	step        int
	green, test int // tenths of a per cent; only in stages that shift
	bake        time.Duration
}

// forward is the whole life of a deployment that succeeds.
func (m *Model) forward() []phase {
	c, bake := &m.d.Config, m.minutes(m.d.Config.BakeMinutes)
	if m.rolling() {
		if bake == 0 && m.watched {
			bake = m.span(c.Alarms.Bake)
		}
		return []phase{{stage: deploy.PreScaleUp}, {stage: deploy.ScaleUp}, {stage: deploy.PostScaleUp}, {stage: deploy.BakeTime, bake: bake}, {stage: deploy.CleanUp}}
	}
	life := []phase{{stage: deploy.PreScaleUp}, {stage: deploy.ScaleUp}, {stage: deploy.PostScaleUp}, {stage: deploy.TestShift, test: 1000}, {stage: deploy.PostTestShift}}
	if m.Strange {
		life = slices.Insert(life, 0, phase{stage: deploy.ReconcileService})
	}
	first, every, wait := 1000, 1000, 0 // the first step and the distance of those that follow
	switch m.d.Strategy {
	case deploy.Canary:
		first, wait = c.CanaryTenths, c.CanaryBakeMinutes
	case deploy.Linear:
		first, every, wait = c.LinearTenths, c.LinearTenths, c.LinearBakeMinutes
	}
	step := 0
	for green := first; ; green, step = min(green+every, 1000), step+1 {
		p := phase{stage: deploy.ProductionShift, step: step, green: green, test: 1000, bake: m.minutes(wait)}
		life = append(life, phase{stage: deploy.PreProductionShift, step: step}, p)
		if green == 1000 {
			life[len(life)-1].bake = 0
			break
		}
	}
	return append(life, phase{stage: deploy.PostProduction, step: step}, phase{stage: deploy.BakeTime, step: step, bake: bake}, phase{stage: deploy.CleanUp, step: step})
}

// back is the way back: production if it may have moved, test if it may have, then green leaves.
func (m *Model) back() []phase {
	stage, step := m.Place()
	production := phase{stage: deploy.ProductionShift, step: step, test: m.Test} // the test rule waits for its own stage
	test, leave := phase{stage: deploy.TestShift, step: step}, phase{stage: deploy.CleanUp, step: step}
	switch {
	case m.rolling():
		return []phase{{stage: deploy.ScaleUp, step: step}}
	case stage == deploy.ProductionShift, stage == deploy.PostProduction, stage == deploy.BakeTime, stage == deploy.CleanUp, step > 0, stage == deploy.ReconcileService, m.Strange:
		return []phase{production, test, leave}
	case stage == deploy.TestShift, stage == deploy.PostTestShift, stage == deploy.PreProductionShift:
		return []phase{test, leave}
	}
	return []phase{leave}
}

// worked tells whether the stage's own work is done.
func (m *Model) worked() bool {
	d, blue := m.d, m.d.Traffic.Blue
	stage, step := m.Place()
	final := stage == deploy.CleanUp || m.rolling() && stage == deploy.ScaleUp
	early := d.Config.Early
	// Where the machine stands and waits for a newer picture of the tasks, the one it has proves nothing.
	m.stale = d.ObservedAt.Before(d.Fresh) && d.Stage == stage && d.Step == step && (d.Rollback != nil) == m.Undo
	enough := !m.stale && m.healthy(d.Target) >= max((d.Desired*early.HealthyPercent+99)/100, min(1, d.Desired))
	switch {
	case m.Undo && final:
		return m.full(d.RollbackTo) && m.alone(d.RollbackTo)
	case m.Undo && m.from != deploy.CleanUp && !m.early(m.from): // blue was never scaled down: it serves at once
		return m.shift(m.healthy(blue) > 0 || d.Desired == 0)
	case m.Undo:
		return m.shift(m.full(blue))
	case early.Enable && stage == deploy.ScaleUp:
		return enough
	case early.Enable && stage == deploy.CleanUp:
		return early.Cleanup == deploy.Deferred || enough && m.alone(d.Target)
	case final:
		return m.full(d.Target) && m.alone(d.Target)
	case stage == deploy.ReconcileService:
		return m.shift(m.full(blue)) && m.alone(blue)
	case stage == deploy.TestShift, stage == deploy.ProductionShift:
		return m.shift(m.full(d.Target))
	case stage == deploy.ScaleUp:
		return m.full(d.Target)
	}
	return stage != deploy.PostScaleUp || m.rolling() || m.passed(m.entered, d.Config.ScaleUpWait)
}

// shift moves the weights once those who shall serve are ready, and tells whether
// all proxies follow. Weights that others left are asserted however they look.
func (m *Model) shift(ready bool) bool {
	p := m.life[0]
	if !m.d.Config.TestTraffic {
		p.test = 0
	}
	if ready && (m.Strange || m.Green != p.green || m.Test != p.test) {
		m.Green, m.Test, m.Strange, m.settled = p.green, p.test, false, time.Time{}
		m.Version++
	}
	return ready && m.Acked == m.Version && (m.Undo || m.settled.IsZero() || m.passed(m.settled, m.d.Config.ShiftWait))
}

func (m *Model) rolling() bool { return m.d.Strategy == deploy.Rolling }

// early tells whether green cannot have come up before a stage.
func (m *Model) early(s deploy.Stage) bool { return s == "" || s == deploy.ReconcileService }

// full tells whether a revision has the desired tasks and all are healthy.
func (m *Model) full(r deploy.Rev) bool {
	pending := slices.ContainsFunc(m.d.Counts, func(c deploy.Counts) bool { return c.Rev == r && (c.Pending > 0 || c.Running != c.Healthy) })
	return !m.stale && !m.d.ObservedAt.IsZero() && !pending && m.healthy(r) == m.d.Desired
}

// alone tells whether no other revision has a task.
func (m *Model) alone(r deploy.Rev) bool {
	return !m.stale && !slices.ContainsFunc(m.d.Counts, func(c deploy.Counts) bool { return c.Rev != r && c.Pending+c.Running+c.Stopping > 0 })
}

func (m *Model) healthy(r deploy.Rev) (n int) {
	for _, c := range m.d.Counts {
		if c.Rev == r {
			n = c.Healthy
		}
	}
	return n
}

// span is AWS's time in the deployment's minutes.
func (m *Model) span(d time.Duration) time.Duration {
	if m.d.Config.Minute == 0 {
		return d
	}
	return d / time.Second * m.d.Config.Minute / 60
}

func (m *Model) minutes(n int) time.Duration { return m.span(time.Duration(n) * time.Minute) }

func (m *Model) passed(since time.Time, wait time.Duration) bool {
	return wait == 0 || !m.now.Before(since.Add(m.span(wait)))
}
