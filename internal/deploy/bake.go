package deploy

import "time"

// bake waits out the stage's bake time, if it has one, and tells whether it is
// over. The clock starts when the stage's work and hooks are done; after a
// shift that is after every proxy acknowledged it.
func (m *machine) bake() bool {
	d := m.d
	length := d.bakeLength()
	if length == 0 {
		return true
	}
	if d.Bake.Ends.IsZero() {
		d.Bake.Ends = m.now.Add(length)
		d.Limit = d.Bake.Ends.Add(d.Config.span(stageLimit)) // a planned wait is no delay
	}
	return !m.now.Before(d.Bake.Ends)
}

// bakeLength is how long the present stage bakes.
func (d *Deployment) bakeLength() time.Duration {
	c := &d.Config
	switch {
	case d.undoing():
		return 0
	case d.Stage == BakeTime && c.BakeMinutes > 0:
		return c.minutes(c.BakeMinutes)
	case d.Stage == BakeTime && d.Strategy == Rolling && d.Alarms.Status == Monitoring:
		return c.span(c.Alarms.Bake) // computed from the alarms
	case d.Stage == ProductionShift && d.Step+1 < len(d.Traffic.Plan): // no step bake after 100 %
		if d.Strategy == Canary {
			return c.minutes(c.CanaryBakeMinutes)
		}
		return c.minutes(c.LinearBakeMinutes)
	}
	return 0
}
