package deploy

import "slices"

// BreakerThreshold is how many failed tasks trip the deployment circuit breaker.
// The desired count is the live one.
func BreakerThreshold(c BreakerConfig, desired int) int {
	value := c.Value
	if value == 0 {
		value = 50
	}
	share := (value*desired + 99) / 100
	switch c.Type {
	case Count:
		return value
	case UnboundedPercent:
		return max(1, share)
	}
	return min(max(3, share), 200)
}

// taskFailed counts a failure of a target task. Stage 1 counts tasks that never
// reached RUNNING, stage 2 tasks replaced for their health; tasks that exit by
// themselves count as long as they were never healthy, else a target that
// crash-loops could go on for ever. Shortage of capacity and people's own
// StopTask are no fault of the revision.
func (m *machine) taskFailed(e TaskFailed) {
	d := m.d
	if d.Status != InProgress || e.Rev != d.Target || !m.firstTime("failed", e.TaskID) {
		return
	}
	switch e.Cause {
	case CausePlacement, CauseUser, CauseLost:
		return
	case CauseStart, CauseExit:
		if e.WasHealthy {
			return
		}
	}
	d.Breaker.Failures++
}

// taskHealthy returns the counter to zero (resetOnHealthyTask).
func (m *machine) taskHealthy(e TaskHealthy) {
	d := m.d
	if d.Status != InProgress || e.Rev != d.Target || !m.firstTime("healthy", e.TaskID) {
		return
	}
	if d.Config.Breaker.ResetOnHealthyTask {
		d.Breaker.Failures = 0
	}
}

// maxSeen bounds how many judged tasks are remembered. Repeats arrive close to
// the original, and no percentage threshold is higher.
const maxSeen = 200

// firstTime tells whether this is the first such event of the task.
func (m *machine) firstTime(what, task string) bool {
	b := &m.d.Breaker
	key := what + " " + task
	if slices.Contains(b.Seen, key) {
		return false
	}
	b.Seen = append(b.Seen, key)
	if over := len(b.Seen) - maxSeen; over > 0 {
		b.Seen = slices.Clone(b.Seen[over:])
	}
	return true
}

// breakerTrips tells whether the deployment has failed by its tasks. Once blue
// leaves, there is nothing left that a trip could save.
func (d *Deployment) breakerTrips() bool {
	return d.Breaker.Status == Monitoring && d.Breaker.Failures >= d.Breaker.Threshold &&
		!(d.shifts() && d.Stage == CleanUp)
}
