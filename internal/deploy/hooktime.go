package deploy

import "time"

// HookTime is how long a hook of this deployment may take: it was opened that long
// before Hook.ExpiresAt.
func (d *Deployment) HookTime(h *Hook) time.Duration {
	minutes := hookMinutes
	if h.Config < len(d.Config.Hooks) && d.Config.Hooks[h.Config].Minutes != 0 {
		minutes = d.Config.Hooks[h.Config].Minutes
	}
	return d.Config.minutes(minutes)
}
