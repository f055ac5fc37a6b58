package schedule

// Next answers what to start and stop now.
func Next(in Input) Plan {
	s := newState(in)
	for i := len(s.groups) - 1; i >= 0; i-- { // leaving revisions first
		s.stopSurplus(s.groups[i])
	}
	s.launchMissing()
	for _, g := range s.groups {
		s.replaceSick(g)
	}
	s.launchMissing()
	s.plan.Blocked.MinMax = s.deadlocked()
	s.plan.Targets = s.targets()
	return s.plan
}

// deadlocked tells whether the bounds forbid every move of a deployment that
// has nothing to wait for ("was unable to stop or start tasks during a
// deployment because of the service deployment configuration").
func (s *state) deadlocked() bool {
	if len(s.plan.Launch)+len(s.plan.Stop) > 0 || s.plan.Blocked.Protected > 0 {
		return false
	}
	stuck, leaving := false, s.in.Deploying
	for _, g := range s.groups {
		if len(g.pending)+len(g.starting)+g.stopping > 0 {
			return false
		}
		missing := !g.leaving() && g.good() < g.Want
		if missing && g.frozen {
			return false
		}
		surplus := g.leaving() && g.live() > 0
		stuck = stuck || missing || surplus
		leaving = leaving || surplus // an early success cleans up behind
	}
	return stuck && leaving
}

// targets is what each revision is heading for at this moment.
func (s *state) targets() []Goal {
	var out []Goal
	for _, g := range s.groups {
		n := g.live()
		if !g.leaving() {
			others := s.total - g.live()
			n = min(g.Want, max(g.good(), s.high-others))
		}
		if n > 0 || g.Want > 0 || g.stopping > 0 {
			out = append(out, Goal{Rev: g.Rev, Want: n})
		}
	}
	return out
}
