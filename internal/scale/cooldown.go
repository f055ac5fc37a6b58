package scale

import "time"

// Growth is the last scale-out of a policy. Until its cool-down is over, what it
// added counts as part of what a further scale-out adds: a policy that asks for 2
// more and then for 3 more adds 3 in all.
type Growth struct {
	Base  int // capacity before it
	Until time.Time
}

// usualCooldown is ECS's, in AWS's seconds.
const usualCooldown = 300

// cooling turns AWS's seconds of a cool-down into time: 60 are a minute of the
// server's.
func (s *Scaler) cooling(seconds *int32) time.Duration {
	n := int64(usualCooldown)
	if seconds != nil {
		n = int64(*seconds)
	}
	return time.Duration(n) * s.opts.Minute / 60
}

// cooldownOut is how long a policy waits after a scale-out.
func (s *Scaler) cooldownOut(p *Policy) time.Duration {
	if p.Tracking != nil {
		return s.cooling(p.Tracking.V.ScaleOutCooldown)
	}
	return s.cooling(p.Step.V.Cooldown)
}

// cooldownIn is how long a policy waits after a scale-in, of its own or of another
// policy.
func (s *Scaler) cooldownIn(p *Policy) time.Duration {
	if p.Tracking != nil {
		return s.cooling(p.Tracking.V.ScaleInCooldown)
	}
	return s.cooling(p.Step.V.Cooldown)
}

// base is the capacity that a scale-out of a policy starts from. A policy that wants
// no more than that plus what it added already wants nothing.
func (p *Policy) base(current int, now time.Time) int {
	if now.Before(p.Out.Until) && p.Out.Base < current {
		return p.Out.Base
	}
	return current
}
