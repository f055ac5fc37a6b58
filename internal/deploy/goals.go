package deploy

import "slices"

// setGoals brings the goals up to date with stage and desired count.
func (m *machine) setGoals() {
	d := m.d
	if d.Status == Pending || d.StartedAt.IsZero() {
		return // the former deployment's goals still hold
	}
	var goals []Goal
	switch {
	case d.Status == StopRequested || d.Status == RollbackRequested || d.Status.Terminal():
		return // whoever set the status set the goals
	case d.shifts():
		goals = d.shiftGoals()
	default:
		goals = d.rollingGoals()
	}
	m.replaceGoals(goals)
}

// replaceGoals makes these the goals. Revisions that were seen with tasks and
// that nobody named shall have none.
func (m *machine) replaceGoals(goals []Goal) {
	d := m.d
	for _, c := range d.Counts {
		if !slices.ContainsFunc(goals, func(g Goal) bool { return g.Rev == c.Rev }) {
			goals = append(goals, Goal{Rev: c.Rev})
		}
	}
	for i := range goals {
		g := &goals[i]
		g.Peak = max(g.Peak, d.goal(g.Rev).Peak, d.count(g.Rev).Healthy)
	}
	if !sameGoals(goals, d.Goals) {
		d.Fresh = m.now
	}
	d.Goals = goals
}

// tellGoals emits the goals if the step changed them or their peaks.
func (m *machine) tellGoals(before []Goal) {
	d := m.d
	if !slices.Equal(d.Goals, before) {
		d.ScaleID = m.id()
		m.emit(Scale{ID: d.ScaleID, Goals: slices.Clone(d.Goals)})
	}
}

// sameGoals compares what is wanted: of a revision that is not named, nothing.
// Peaks and who may launch change nothing about it.
func sameGoals(a, b []Goal) bool { return within(a, b) && within(b, a) }

func within(a, b []Goal) bool {
	return !slices.ContainsFunc(a, func(x Goal) bool {
		i := slices.IndexFunc(b, func(y Goal) bool { return y.Rev == x.Rev })
		return i < 0 && x.Want > 0 || i >= 0 && b[i].Want != x.Want
	})
}

// goal is the goal of one revision.
func (d *Deployment) goal(r Rev) Goal {
	for _, g := range d.Goals {
		if g.Rev == r {
			return g
		}
	}
	return Goal{Rev: r}
}

// resetPeaks forgets how far revisions had come: after turning round, the
// revision that leaves is the other one.
func (d *Deployment) resetPeaks() {
	for i := range d.Goals {
		d.Goals[i].Peak = d.count(d.Goals[i].Rev).Healthy
	}
}

// holdGoals keeps the tasks as they are and lets no more target tasks start: a
// failed deployment without rollback. What is missing to the desired count at
// this moment comes from the sources, for nobody else could replace it.
func (m *machine) holdGoals() {
	d := m.d
	if d.shifts() {
		m.keepGoals(d.shareholders(true))
		return
	}
	target := Goal{Rev: d.Target, Want: d.Desired, Frozen: true}
	goals := []Goal{}
	for i := range d.Sources {
		goals = append(goals, d.present(i))
		target.Want -= goals[i].Want
	}
	if len(goals) > 0 {
		have := min(max(0, target.Want), d.count(d.Target).Tasks())
		goals[0].Want += max(0, target.Want-have)
		target.Want = have
	}
	m.keepGoals(slices.Insert(goals, 0, target))
}

// abortGoals leaves every task where it is.
func (m *machine) abortGoals() {
	d := m.d
	if d.shifts() {
		m.keepGoals(d.shareholders(false))
		return
	}
	goals := []Goal{{Rev: d.Target, Want: d.count(d.Target).Tasks()}}
	for i := range d.Sources {
		goals = append(goals, d.present(i))
	}
	m.keepGoals(goals)
}

// shareholders keep revisions that may get traffic at full strength and the
// others as they are. Green is frozen if it failed, unless it serves production.
func (d *Deployment) shareholders(failed bool) []Goal {
	green := d.goal(d.Target)
	if !d.serves(d.Target) {
		green.Frozen = failed
		if len(d.Sources) > 0 {
			green.Want = min(green.Want, d.count(d.Target).Tasks())
		}
	}
	goals := []Goal{green}
	for i, rev := range d.Sources {
		g := d.goal(rev)
		switch {
		case d.serves(rev):
			g.Want = d.Desired
		case g.Want == 0:
			g = d.present(i)
		}
		goals = append(goals, g)
	}
	return goals
}

// serves tells whether a revision has a share of production.
func (d *Deployment) serves(r Rev) bool {
	return slices.ContainsFunc(d.Traffic.Production, func(s Share) bool { return s.Rev == r && s.Tenths > 0 })
}

// keepGoals are goals from which nothing leads further: no revision takes over
// from another any more, so what was lost of one that leaves stays lost.
func (m *machine) keepGoals(goals []Goal) {
	m.replaceGoals(goals)
	for i := range m.d.Goals {
		m.d.Goals[i].Peak = 0
	}
}

// present is a goal that leaves source i as it is: what was seen of it, or,
// before anything was seen, the desired count for the first.
func (d *Deployment) present(i int) Goal {
	g := Goal{Rev: d.Sources[i], Want: d.count(d.Sources[i]).Tasks()}
	if d.ObservedAt.IsZero() && i == 0 {
		g.Want = d.Desired
	}
	return g
}

// dropGoals wants no task of any revision.
func (m *machine) dropGoals() {
	goals := []Goal{{Rev: m.d.Target}}
	for _, rev := range m.d.Sources {
		goals = append(goals, Goal{Rev: rev})
	}
	m.replaceGoals(goals)
}
