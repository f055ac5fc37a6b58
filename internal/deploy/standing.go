package deploy

import "slices"

// Standing is what a service shall run by its newest deployment, at a desired
// count that may have changed since: the deployment's goals while it runs, and
// what its end means afterwards.
func Standing(d *Deployment, desired int) []Goal {
	keep := d.Target
	switch {
	case !d.Status.Terminal(), d.Deleted:
		return slices.Clone(d.Goals)
	case d.Status == Successful:
	case d.Status == RollbackFailed && d.shifts():
		return d.heldAt(desired) // the target may still serve
	case d.Rollback != nil && d.Rollback.To != "":
		keep = d.Rollback.To
	default:
		return d.heldAt(desired)
	}
	goals := []Goal{{Rev: keep, Want: desired, Peak: desired}}
	for _, g := range d.Goals {
		if g.Rev != keep {
			goals = append(goals, Goal{Rev: g.Rev, Frozen: true})
		}
	}
	return goals
}

// heldAt are the goals of a stopped deployment. The sources are known to work:
// they keep what they have and get what is missing to the desired count; the
// target keeps what then remains.
func (d *Deployment) heldAt(desired int) []Goal {
	goals := slices.Clone(d.Goals)
	if d.shifts() { // revisions at full strength stay so
		for i := range goals {
			if goals[i].Want == d.Desired {
				goals[i].Want = desired
			}
			goals[i].Want = min(goals[i].Want, desired)
		}
		return goals
	}
	room := desired
	for i := range goals {
		g := &goals[(i+1)%len(goals)] // the target, which is first, comes last
		g.Want = min(g.Want, room)
		room -= g.Want
	}
	if len(goals) > 0 {
		goals[min(1, len(goals)-1)].Want += room
	}
	return goals
}

// Bounds are the minimumHealthyPercent and maximumPercent to schedule with. Two
// full revisions side by side need no exchange within bounds: strategies that
// shift traffic ignore the service's own percentages while both are there, and
// RECONCILE_SERVICE may meet a third.
func (d *Deployment) Bounds(minPercent, maxPercent int) (low, high int) {
	if d.shifts() && d.Status != Successful && d.Status != RollbackSuccessful {
		return 100, 300
	}
	return minPercent, maxPercent
}
