package schedule

import (
	"slices"
	"strings"
)

// group is the tasks of one revision that nobody asked to stop, by state,
// each list oldest first.
type group struct {
	Goal
	frozen    bool
	pending   []Task // not yet RUNNING
	starting  []Task // RUNNING, no verdict yet
	healthy   []Task
	unhealthy []Task
	stopping  int
	// keep is what a leaving revision still has to provide; Want for the others.
	keep int
	zone map[string]int // tasks in each zone, kept up to date with the plan
}

// good are the tasks that are, or may become, healthy.
func (g *group) good() int { return len(g.pending) + len(g.starting) + len(g.healthy) }

// live are all tasks that nobody asked to stop.
func (g *group) live() int { return g.good() + len(g.unhealthy) }

// leaving tells whether the revision is on its way out.
func (g *group) leaving() bool { return g.Want == 0 }

// state is one run of Next.
type state struct {
	in        Input
	low, high int
	groups    []*group // in order of Goals, then revisions nobody wants, by name
	zones     []string // every zone, placeable ones first
	zone      map[string]int
	healthy   int // over all revisions, kept up to date with the plan
	total     int // PENDING + RUNNING over all revisions, likewise
	plan      Plan
}

func newState(in Input) *state {
	s := &state{
		in: in, low: Low(in.Desired, in.MinPercent), high: High(in.Desired, in.MaxPercent),
		zone: map[string]int{}, zones: slices.Clone(in.AZs),
	}
	if len(s.zones) == 0 {
		s.zones = []string{""}
	}
	for _, g := range in.Goals {
		s.group(g.Rev).Goal = g
	}
	tasks := slices.Clone(in.Tasks)
	slices.SortFunc(tasks, func(a, b Task) int {
		if c := a.Created.Compare(b.Created); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	for _, t := range tasks {
		s.add(t)
	}
	named := len(in.Goals)
	slices.SortFunc(s.groups[min(named, len(s.groups)):], func(a, b *group) int { return strings.Compare(a.Rev, b.Rev) })
	s.allotKeep()
	return s
}

// group finds or makes the group of a revision.
func (s *state) group(rev string) *group {
	for _, g := range s.groups {
		if g.Rev == rev {
			return g
		}
	}
	g := &group{Goal: Goal{Rev: rev}, frozen: s.in.Frozen[rev], zone: map[string]int{}}
	s.groups = append(s.groups, g)
	return g
}

func (s *state) add(t Task) {
	g := s.group(t.Rev)
	switch {
	case t.Phase == Stopping:
		g.stopping++
		return
	case t.Phase == Pending:
		g.pending = s.with(g.pending, t)
	case t.Unhealthy:
		g.unhealthy = s.with(g.unhealthy, t)
	case t.Healthy:
		g.healthy = s.with(g.healthy, t)
		s.healthy++
	default:
		g.starting = s.with(g.starting, t)
	}
	s.total++
	s.count(g, t.AZ, 1)
}

// with appends to a list that is made long enough for all tasks at once.
func (s *state) with(list []Task, t Task) []Task {
	if list == nil {
		list = make([]Task, 0, len(s.in.Tasks))
	}
	return append(list, t)
}

// count moves the number of tasks in a zone.
func (s *state) count(g *group, zone string, by int) {
	if !slices.Contains(s.zones, zone) {
		s.zones = append(s.zones, zone)
	}
	g.zone[zone] += by
	s.zone[zone] += by
}

// allotKeep decides what leaving revisions still have to provide: the part of
// low that the wanted revisions have never taken over, and never more than a
// revision had itself. So a lost blue task is replaced by a blue one, yet a
// lost green one never brings blue back.
func (s *state) allotKeep() {
	rest := s.low
	for _, g := range s.groups {
		if !g.leaving() {
			g.keep = g.Want
			rest -= max(g.Peak, len(g.healthy))
		}
	}
	for _, g := range s.groups {
		if g.leaving() {
			g.keep = max(0, min(g.Peak, rest))
			rest -= g.keep
		}
	}
}
