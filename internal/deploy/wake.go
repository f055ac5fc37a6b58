package deploy

import (
	"slices"
	"time"
)

// heartbeat is how long a deployment ever waits without a Tick.
func heartbeat(c *Config) time.Duration { return max(c.minutes(1), time.Second) }

// setWake asks for the next Tick: at the nearest deadline, and at the heartbeat
// at the latest. So every deployment in progress has a timer.
func (m *machine) setWake(due bool) {
	d := m.d
	old := d.WakeAt
	if d.Status.Terminal() {
		d.WakeAt = time.Time{}
		return
	}
	if due || d.WakeAt.IsZero() {
		d.WakeAt = m.now.Add(heartbeat(&d.Config))
	}
	if d.Status == StopRequested || d.Status == RollbackRequested && !d.StartedAt.IsZero() {
		d.WakeAt = m.now
	}
	for _, t := range d.deadlines() {
		if t.After(m.now) && t.Before(d.WakeAt) {
			d.WakeAt = t
		}
	}
	if !d.WakeAt.Equal(old) {
		m.emit(Wake{ID: m.id(), At: d.WakeAt})
	}
}

// deadlines are the moments at which something may be due.
func (d *Deployment) deadlines() []time.Time {
	out := []time.Time{d.Bake.Ends}
	if d.shifts() {
		out = append(out, d.Limit, d.settledAt(), d.scaledUpAt())
	}
	for _, h := range d.Hooks {
		if h.Open() {
			out = append(out, h.ExpiresAt, h.NextCall)
		}
	}
	return out
}

// repeat tells again what is still outstanding, under the same ids: the first
// telling may have been lost.
func (m *machine) repeat() {
	d := m.d
	if d.Status.Terminal() || d.StartedAt.IsZero() {
		return
	}
	told := func(id string) bool {
		return slices.ContainsFunc(m.out, func(e Effect) bool { return e.EffectID() == id })
	}
	if d.ScaleID != "" && !told(d.ScaleID) {
		m.emit(Scale{ID: d.ScaleID, Goals: slices.Clone(d.Goals)})
	}
	m.repeatTraffic(told)
	m.repeatHooks(told)
}
