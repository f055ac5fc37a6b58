package schedule

// launchMissing starts what wanted revisions lack, in order of Goals, and then
// what leaving revisions lost and still have to provide, as room allows.
func (s *state) launchMissing() {
	for _, g := range s.groups {
		if !g.leaving() {
			s.launch(g)
		}
	}
	for _, g := range s.groups {
		if g.leaving() {
			s.launch(g)
		}
	}
}

func (s *state) launch(g *group) {
	if g.frozen {
		return
	}
	n := min(g.keep-g.good(), s.high-s.total)
	for range max(0, n) {
		az := s.emptiest(g)
		s.plan.Launch = append(s.plan.Launch, Launch{Rev: g.Rev, AZ: az})
		g.pending = append(g.pending, Task{Rev: g.Rev, AZ: az, Phase: Pending})
		s.total++
		s.count(g, az, 1)
	}
}

// emptiest is the zone with the fewest tasks of the revision, then of the service.
func (s *state) emptiest(g *group) string {
	zones := s.zones[:max(1, len(s.in.AZs))] // where a task may be placed
	best := zones[0]
	for _, z := range zones[1:] {
		if g.zone[z] < g.zone[best] || g.zone[z] == g.zone[best] && s.zone[z] < s.zone[best] {
			best = z
		}
	}
	return best
}
