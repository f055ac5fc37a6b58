package model

import (
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// phase is one stage of a life, with the shares that green has at its end.
type phase struct {
	stage            deploy.Stage
	step             int
	production, test int // tenths of a per cent; only in stages that shift
	bake             time.Duration
}

// plan is green's share of production after each step, and the minutes between steps.
func plan(s deploy.Strategy, c deploy.Config) (shares []int, bake int) {
	switch {
	case s == deploy.Canary && c.CanaryTenths < 1000:
		return []int{c.CanaryTenths, 1000}, c.CanaryBakeMinutes
	case s == deploy.Linear:
		for share := c.LinearTenths; share < 1000; share += c.LinearTenths {
			shares = append(shares, share)
		}
	}
	return append(shares, 1000), c.LinearBakeMinutes
}

// forward is the whole life of a deployment that succeeds.
func (m *Model) forward() []phase {
	bake := m.minutes(m.c.BakeMinutes)
	if m.rolling {
		if bake == 0 && m.watched {
			bake = m.span(m.c.Alarms.Bake)
		}
		return []phase{{stage: deploy.PreScaleUp}, {stage: deploy.ScaleUp}, {stage: deploy.PostScaleUp}, {stage: deploy.BakeTime, bake: bake}, {stage: deploy.CleanUp}}
	}
	life := []phase{{stage: deploy.PreScaleUp}, {stage: deploy.ScaleUp}, {stage: deploy.PostScaleUp}, {stage: deploy.TestShift, test: 1000}, {stage: deploy.PostTestShift}}
	if m.leftovers {
		life = slices.Insert(life, 0, phase{stage: deploy.ReconcileService})
	}
	shares, minutes := plan(m.strategy, m.c)
	last := len(shares) - 1
	for i, share := range shares {
		p := phase{stage: deploy.ProductionShift, step: i, production: share, test: 1000}
		if i < last {
			p.bake = m.minutes(minutes)
		}
		life = append(life, phase{stage: deploy.PreProductionShift, step: i}, p)
	}
	return append(life, phase{stage: deploy.PostProduction, step: last},
		phase{stage: deploy.BakeTime, step: last, bake: bake}, phase{stage: deploy.CleanUp, step: last})
}

// back is the way back: production if it may have moved, test if it may have, then green leaves.
func (m *Model) back() []phase {
	at := m.life[0]
	production, test := at.step > 0, false
	switch at.stage {
	case "", deploy.ReconcileService:
		production = m.leftovers
	case deploy.ProductionShift, deploy.PostProduction, deploy.BakeTime, deploy.CleanUp:
		production = true
	case deploy.TestShift, deploy.PostTestShift, deploy.PreProductionShift:
		test = true
	}
	life := []phase{{stage: deploy.CleanUp, step: at.step}}
	switch {
	case m.rolling:
		return []phase{{stage: deploy.ScaleUp, step: at.step}}
	case production: // the test rule waits for its own stage
		life = slices.Insert(life, 0, phase{stage: deploy.ProductionShift, step: at.step, test: shareOf(m.Test, m.target)}, phase{stage: deploy.TestShift, step: at.step})
	case test:
		life = slices.Insert(life, 0, phase{stage: deploy.TestShift, step: at.step})
	}
	return life
}

// worked tells whether the stage's own work is done.
func (m *Model) worked(d *deploy.Deployment) bool {
	p, s := m.life[0], m.life[0].stage
	// Where the machine stands and waits for a newer picture, the present one proves nothing.
	m.stale = d.ObservedAt.Before(d.Fresh) && d.Stage == s && d.Step == p.step && (d.Rollback != nil) == m.Undo
	final := s == deploy.CleanUp || m.rolling && s == deploy.ScaleUp
	early := m.c.Early
	enough := !m.stale && seen(d, d.Target).Healthy >= max((d.Desired*early.HealthyPercent+99)/100, min(1, d.Desired))
	switch {
	case m.Undo && final:
		return m.full(d, d.RollbackTo) && m.alone(d, d.RollbackTo)
	case early.Enable && s == deploy.ScaleUp:
		return enough
	case early.Enable && s == deploy.CleanUp:
		return early.Cleanup == deploy.Deferred || enough && m.alone(d, d.Target)
	case final:
		return m.full(d, d.Target) && m.alone(d, d.Target)
	case m.Undo && m.from != deploy.CleanUp && m.from != deploy.ReconcileService && m.from != "":
		return m.shift(p, seen(d, m.blue).Healthy > 0 || d.Desired == 0) // blue was never scaled down
	case m.Undo:
		return m.shift(p, m.full(d, m.blue))
	case s == deploy.ReconcileService:
		return m.shift(p, m.full(d, m.blue)) && m.alone(d, m.blue)
	case s == deploy.TestShift, s == deploy.ProductionShift:
		return m.shift(p, m.full(d, d.Target))
	case s == deploy.ScaleUp:
		return m.full(d, d.Target)
	}
	return s != deploy.PostScaleUp || m.c.ScaleUpWait == 0 || !m.now.Before(m.entered.Add(m.span(m.c.ScaleUpWait)))
}

// shift moves the weights once those who shall serve are ready, and tells whether
// all proxies follow. Weights that others left are asserted however they look.
func (m *Model) shift(p phase, ready bool) bool {
	production, test := m.shares(p.production), m.Test
	if m.c.TestTraffic {
		test = m.shares(p.test)
	}
	if ready && (m.Version == 0 && m.leftovers || !Same(production, m.Production) || !Same(test, m.Test)) {
		m.Production, m.Test, m.settled = production, test, time.Time{}
		m.Version++
	}
	followed := m.Undo || m.c.ShiftWait == 0 || m.settled.IsZero() || !m.now.Before(m.settled.Add(m.span(m.c.ShiftWait)))
	return ready && m.Acked == m.Version && followed && Same(production, m.Production) && Same(test, m.Test)
}
