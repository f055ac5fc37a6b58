package deploy

import "slices"

// Clone copies a deployment so deeply that Step on the copy leaves the original
// as it was.
func (d *Deployment) Clone() *Deployment {
	c := *d
	c.Config.Alarms.Names = slices.Clone(d.Config.Alarms.Names)
	c.Config.Hooks = slices.Clone(d.Config.Hooks)
	c.Sources = slices.Clone(d.Sources)
	c.Goals = slices.Clone(d.Goals)
	c.Counts = slices.Clone(d.Counts)
	c.Traffic.Production = slices.Clone(d.Traffic.Production)
	c.Traffic.Test = slices.Clone(d.Traffic.Test)
	c.Traffic.Plan = slices.Clone(d.Traffic.Plan)
	c.Breaker.Seen = slices.Clone(d.Breaker.Seen)
	c.Alarms.Triggered = slices.Clone(d.Alarms.Triggered)
	c.Hooks = slices.Clone(d.Hooks)
	c.Bake.Held = slices.Clone(d.Bake.Held)
	if d.Failure != nil {
		f := *d.Failure
		c.Failure = &f
	}
	if d.Rollback != nil {
		r := *d.Rollback
		c.Rollback = &r
	}
	return &c
}
