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
	case s.in.Deploying && s.healthy >= s.low:
		over = len(g.unhealthy) // capacity does not rest on it
	case missing > 0 && len(g.pending)+len(g.starting) == 0:
		over = 1
	}
	for range min(over, len(g.unhealthy)) {
		s.stop(g, &g.unhealthy, 0, Unhealthy)
	}
}
