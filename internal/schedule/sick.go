package schedule

// replaceSick stops unhealthy tasks of a wanted revision. Where high leaves
// room, launchMissing has started the replacement already and the sick task goes
// when that is healthy. Without room one sick task goes at a time, or several
// if the capacity is there without them.
func (s *state) replaceSick(g *group) {
	if g.leaving() {
		return
	}
	over := len(g.healthy) + len(g.unhealthy) - g.Want
	missing := g.Want - g.good()
	switch {
	case over > 0: // replaced by a healthy one
	case g.frozen: // nobody could take its place
	case s.in.Deploying && s.healthy-s.apart(g) >= s.low:
		over = len(g.unhealthy) // capacity does not rest on it
	case missing > 0 && len(g.pending)+len(g.starting) == 0:
		over = 1
	}
	for range min(over, len(g.unhealthy)) {
		s.stop(g, &g.unhealthy, 0, Unhealthy)
	}
}

// apart counts the healthy tasks that cannot stand in for those of g: where two
// revisions shall both be at full strength, traffic goes to one of them. A
// revision that never was complete cannot have any.
func (s *state) apart(g *group) (n int) {
	if g.Peak < g.Want {
		return 0
	}
	for _, other := range s.groups {
		if other != g && !other.leaving() {
			n += len(other.healthy)
		}
	}
	return n
}
