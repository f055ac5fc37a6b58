package deploy

import (
	"slices"
	"strings"
)

// observe keeps the newest picture of the tasks. A picture from before the
// goals or the desired count changed is ignored: it would let a deployment
// complete on what was true of the old goals.
func (m *machine) observe(e Observed) {
	d := m.d
	at := e.At
	if at.IsZero() {
		at = m.now
	}
	if at.Before(d.Fresh) || at.Before(d.ObservedAt) {
		return
	}
	d.ObservedAt = at
	if e.Desired != d.Desired {
		d.Desired, d.Fresh = e.Desired, at
	}
	d.Counts = slices.Clone(e.Counts)
	slices.SortFunc(d.Counts, func(a, b Counts) int { return strings.Compare(string(a.Rev), string(b.Rev)) })
	for i := range d.Goals {
		g := &d.Goals[i]
		g.Peak = max(g.Peak, d.count(g.Rev).Healthy)
	}
}

// count is the newest picture of one revision.
func (d *Deployment) count(r Rev) Counts {
	for _, c := range d.Counts {
		if c.Rev == r {
			return c
		}
	}
	return Counts{Rev: r}
}

// observed tells whether the picture is newer than the goals.
func (d *Deployment) observed() bool {
	return !d.ObservedAt.IsZero() && !d.ObservedAt.Before(d.Fresh)
}

// full tells whether a revision has exactly the desired tasks and all are healthy.
func (d *Deployment) full(r Rev) bool {
	c := d.count(r)
	return d.observed() && c.Pending == 0 && c.Running == d.Desired && c.Healthy == d.Desired
}

// alone tells whether no other revision has a task left, stopping ones included.
func (d *Deployment) alone(r Rev) bool {
	for _, c := range d.Counts {
		if c.Rev != r && !c.Gone() {
			return false
		}
	}
	return d.observed()
}
