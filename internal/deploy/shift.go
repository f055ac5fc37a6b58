package deploy

import "strconv"

// BLUE_GREEN, CANARY, LINEAR: green comes up beside blue, traffic moves in the
// steps of Traffic.Plan, blue stays untouched until CLEAN_UP.
//
//	RECONCILE_SERVICE ─► PRE_SCALE_UP ─► SCALE_UP ─► POST_SCALE_UP
//	─► TEST_TRAFFIC_SHIFT ─► POST_TEST_TRAFFIC_SHIFT
//	─► (PRE_PRODUCTION_TRAFFIC_SHIFT ─► PRODUCTION_TRAFFIC_SHIFT ─► step bake) for each step
//	─► POST_PRODUCTION_TRAFFIC_SHIFT ─► BAKE_TIME ─► CLEAN_UP ─► SUCCESSFUL
//
//	a failure: PRODUCTION_TRAFFIC_SHIFT (blue 100) ─► TEST_TRAFFIC_SHIFT ─► CLEAN_UP (green 0)
//
// Within a shift stage the weights change first and the hooks run afterwards.

// shiftWork tells whether the present stage's own work is done.
func (m *machine) shiftWork() bool {
	d := m.d
	if d.undoing() {
		return m.undoShift()
	}
	switch d.Stage {
	case ReconcileService:
		return m.shift(0, 0, d.full(d.blue())) && d.onlyBlue()
	case ScaleUp:
		return d.full(d.Target)
	case PostScaleUp:
		return !m.now.Before(d.scaledUpAt())
	case TestShift:
		return m.shift(0, allTraffic, d.full(d.Target))
	case ProductionShift:
		return m.shift(d.Traffic.Plan[d.Step], allTraffic, d.full(d.Target))
	case CleanUp:
		return d.full(d.Target) && d.alone(d.Target)
	}
	return true
}

// undoShift is shiftWork on the way back.
func (m *machine) undoShift() bool {
	d := m.d
	switch d.Stage {
	case ProductionShift:
		return m.shift(0, share(d.Traffic.Test, d.Target), d.blueServes()) // the test rule waits for its stage
	case TestShift:
		return m.shift(0, 0, d.blueServes())
	}
	return d.full(d.RollbackTo) && d.alone(d.RollbackTo)
}

// blueServes tells whether blue can take the traffic back. It was never scaled
// down before CLEAN_UP; after that, or when an earlier deployment was
// interrupted then, it must be complete again first.
func (d *Deployment) blueServes() bool {
	if d.Rollback.From == CleanUp || d.neverUp() {
		return d.full(d.RollbackTo)
	}
	return d.Desired == 0 || d.count(d.RollbackTo).Healthy > 0
}

// onlyBlue tells whether the revisions of interrupted deployments are gone.
func (d *Deployment) onlyBlue() bool { return d.alone(d.blue()) }

// shiftGoals are the goals of the present stage: both revisions at the desired
// count, but green not before SCALE_UP and blue not after CLEAN_UP began.
func (d *Deployment) shiftGoals() []Goal {
	green := Goal{Rev: d.Target, Want: d.Desired, Frozen: d.undoing()}
	blue := Goal{Rev: d.blue(), Want: d.Desired}
	switch {
	case d.undoing() && (d.Stage == CleanUp || d.neverUp()), d.Stage == ReconcileService, d.Stage == PreScaleUp:
		green.Want = 0
	case d.Stage == CleanUp:
		blue.Want = 0
	}
	goals := []Goal{green}
	if blue.Rev != "" {
		goals = append(goals, blue)
	}
	for i, rev := range d.Sources {
		if rev == blue.Rev {
			continue
		}
		g := Goal{Rev: rev, Frozen: true}
		if d.unreconciled() {
			g = d.present(i)
		}
		goals = append(goals, g)
	}
	return goals
}

// unreconciled tells whether revisions of interrupted deployments may still serve.
func (d *Deployment) unreconciled() bool {
	t := &d.Traffic
	return (d.Stage == ReconcileService || d.undoing() && d.Stage == ProductionShift) && (t.Version == 0 || t.Acked < t.Version)
}

// weightsID names the effect of the present weights.
func (d *Deployment) weightsID() string { return d.ID + "/weights/" + strconv.Itoa(d.Traffic.Version) }
