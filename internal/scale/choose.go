package scale

import "github.com/grue-ecs/grue/internal/watch"

// proposal is a capacity that a policy asks for.
type proposal struct {
	policy *Policy
	alarm  *watch.Alarm // that made it ask
	to     int          // not yet within the bounds of the target
}

// largest is the proposal of the largest capacity, the first of several; nil when
// there is none.
func largest(all []proposal) *proposal {
	var best *proposal
	for i := range all {
		if best == nil || all[i].to > best.to {
			best = &all[i]
		}
	}
	return best
}

// choose decides between proposals of one moment: scale-out wins over scale-in, and
// the largest capacity in either.
func choose(current int, all []proposal) (best *proposal) {
	var in, out []proposal
	for _, p := range all {
		switch {
		case p.to > current:
			out = append(out, p)
		case p.to < current:
			in = append(in, p)
		}
	}
	if best = largest(out); best != nil {
		return best
	}
	return largest(in)
}

// limits are the bounds of a capacity.
type limits struct{ min, max int }

// bound brings a capacity inside, without turning a scale-out into a scale-in or
// the other way round: a service beyond its bounds stays there until it moves towards
// them.
func (l limits) bound(current, to int) int {
	inside := min(max(to, l.min), l.max)
	if to > current && inside < current || to < current && inside > current {
		return current
	}
	return inside
}
