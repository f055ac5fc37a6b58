package model

import (
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/deploy"
)

// Payload are the weights that a hook is told.
func (m *Model) Payload() (production, test []deploy.Share) {
	share := 1000
	if m.Undo {
		share = 0
	}
	switch m.Stage() {
	case deploy.ReconcileService:
		return m.shares(0), m.shares(0)
	case deploy.TestShift:
		return nil, m.shares(share)
	case deploy.PreProductionShift, deploy.ProductionShift:
		return m.Production, nil
	}
	return nil, nil
}

// shares gives green its share and blue, where one is, the rest.
func (m *Model) shares(green int) []deploy.Share {
	if m.blue == "" {
		return []deploy.Share{{Rev: m.target, Tenths: green}}
	}
	return []deploy.Share{{Rev: m.blue, Tenths: 1000 - green}, {Rev: m.target, Tenths: green}}
}

// full tells whether a revision has the desired tasks, all healthy.
func (m *Model) full(d *deploy.Deployment, r deploy.Rev) bool {
	want := deploy.Counts{Rev: r, Running: d.Desired, Healthy: d.Desired}
	have := seen(d, r)
	have.Stopping = 0
	return !m.stale && have == want && !d.ObservedAt.IsZero()
}

// alone tells whether no other revision has a task.
func (m *Model) alone(d *deploy.Deployment, r deploy.Rev) bool {
	return !m.stale && !slices.ContainsFunc(d.Counts, func(c deploy.Counts) bool { return c.Rev != r && c.Pending+c.Running+c.Stopping > 0 })
}

func seen(d *deploy.Deployment, r deploy.Rev) deploy.Counts {
	for _, c := range d.Counts {
		if c.Rev == r {
			return c
		}
	}
	return deploy.Counts{Rev: r}
}

// Same compares shares, whatever their order; who has none may be missing.
func Same(a, b []deploy.Share) bool {
	for _, s := range slices.Concat(a, b) {
		if shareOf(a, s.Rev) != shareOf(b, s.Rev) {
			return false
		}
	}
	return true
}

func shareOf(shares []deploy.Share, r deploy.Rev) int {
	for _, s := range shares {
		if s.Rev == r {
			return s.Tenths
		}
	}
	return 0
}

// span is AWS's time in the deployment's minutes.
func (m *Model) span(d time.Duration) time.Duration {
	if m.c.Minute == 0 {
		return d
	}
	return d / time.Second * m.c.Minute / 60
}

func (m *Model) minutes(n int) time.Duration { return m.span(time.Duration(n) * time.Minute) }
