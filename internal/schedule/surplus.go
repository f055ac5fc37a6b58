package schedule

// stopSurplus stops what a revision has too much of: first what does not count
// as healthy, then healthy tasks as far as low allows, from the zone with most
// tasks and never a protected one.
func (s *state) stopSurplus(g *group) {
	why, cancelled := Replaced, Superseded
	if !g.leaving() || !s.in.Deploying {
		why, cancelled = ScaleIn, ScaleIn
	}
	if g.leaving() {
		for len(g.unhealthy) > 0 {
			s.stop(g, &g.unhealthy, 0, Unhealthy)
		}
	}
	surplus := g.good() - g.keep
	for ; surplus > 0 && len(g.pending) > 0; surplus-- {
		s.stop(g, &g.pending, len(g.pending)-1, cancelled) // newest first
	}
	surplus -= s.stopRunning(g, &g.starting, surplus, why)
	allowed := min(surplus, s.budget(g))
	allowed -= s.stopRunning(g, &g.healthy, allowed, why)
	if allowed > 0 {
		s.plan.Blocked.Protected += allowed
	}
}

// budget is how many healthy tasks may go. While a wanted revision may not
// launch, stopping more makes room for nobody, so the desired count stays.
func (s *state) budget(leaver *group) int {
	low := s.low
	for _, g := range s.groups {
		if g != leaver && !g.leaving() && g.frozen && g.good() < g.Want {
			low = max(low, s.in.Desired)
		}
	}
	return max(0, s.healthy-low)
}

// stopRunning stops up to n unprotected tasks of a list and tells how many.
func (s *state) stopRunning(g *group, list *[]Task, n int, why Why) int {
	done := 0
	for ; done < n; done++ {
		i := s.richest(g, *list)
		if i < 0 {
			break
		}
		s.stop(g, list, i, why)
	}
	return done
}

// richest is the oldest unprotected task in the zone with most tasks of the revision, -1 if none.
func (s *state) richest(g *group, list []Task) int {
	best := -1
	for i, t := range list {
		if !t.Protected && (best < 0 || g.zone[t.AZ] > g.zone[list[best].AZ]) {
			best = i
		}
	}
	return best
}

// stop takes task i out of its list and puts it into the plan.
func (s *state) stop(g *group, list *[]Task, i int, why Why) {
	t := (*list)[i]
	if list == &g.healthy {
		s.healthy--
	}
	*list = append((*list)[:i:i], (*list)[i+1:]...)
	g.stopping++
	s.total--
	s.count(g, t.AZ, -1)
	s.plan.Stop = append(s.plan.Stop, Stop{TaskID: t.ID, Why: why})
}
