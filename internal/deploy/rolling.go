package deploy

// ROLLING: old tasks are exchanged for new ones within minimumHealthyPercent
// and maximumPercent.
//
//	PRE_SCALE_UP ─► SCALE_UP ─► POST_SCALE_UP ─► BAKE_TIME ─► CLEAN_UP ─► SUCCESSFUL
//	 hooks           new=D        hooks           alarms       early
//	 old=D           old=0                        watch        success: old=0
//
// The bake starts when the new tasks are healthy and the old ones are gone;
// with early success criteria when healthyPercent of the new ones are healthy.

// rollingGoals are the goals of the present stage.
func (d *Deployment) rollingGoals() []Goal {
	if d.undoing() {
		return d.undoGoals()
	}
	switch {
	case d.Stage == PreScaleUp:
		return d.waitingGoals()
	case len(d.Bake.Held) > 0:
		return append([]Goal{{Rev: d.Target, Want: d.Desired}}, d.Bake.Held...)
	}
	goals := []Goal{{Rev: d.Target, Want: d.Desired}}
	for _, rev := range d.Sources {
		goals = append(goals, Goal{Rev: rev})
	}
	return goals
}

// waitingGoals start nothing yet; a single source stays at the desired count.
func (d *Deployment) waitingGoals() []Goal {
	goals := []Goal{{Rev: d.Target}}
	for i := range d.Sources {
		g := d.present(i)
		if len(d.Sources) == 1 {
			g.Want = d.Desired
		}
		goals = append(goals, g)
	}
	return goals
}

// undoGoals turn a rolling deployment round.
func (d *Deployment) undoGoals() []Goal {
	goals := []Goal{{Rev: d.RollbackTo, Want: d.Desired}, {Rev: d.Target, Frozen: true}}
	for _, rev := range d.Sources {
		if rev != d.RollbackTo {
			goals = append(goals, Goal{Rev: rev, Frozen: true})
		}
	}
	return goals
}

// rollingWork tells whether the present stage's own work is done.
func (m *machine) rollingWork() bool {
	d := m.d
	switch {
	case d.undoing():
		return d.full(d.RollbackTo) && d.alone(d.RollbackTo)
	case d.Stage == PreScaleUp, d.Stage == PostScaleUp, d.Stage == BakeTime:
		return true
	case !d.Config.Early.Enable:
		return d.full(d.Target) && d.alone(d.Target)
	case d.Stage == ScaleUp:
		return d.earlyHealthy()
	case d.Config.Early.Cleanup == Deferred:
		return true
	}
	return d.earlyHealthy() && d.alone(d.Target)
}
