package engine

import (
	"slices"

	"github.com/grue-ecs/grue/internal/deploy"
)

// counts tells the tasks of each revision, in the order of Listed.
func (r *round) counts() []deploy.Counts {
	out := make([]deploy.Counts, 0, len(r.svc.Listed))
	at := map[string]int{}
	for _, n := range r.svc.Listed {
		at[n] = len(out)
		out = append(out, deploy.Counts{Rev: deploy.Rev(n)})
	}
	for _, t := range r.tasks {
		i, ok := at[t.Revision]
		if !ok || t.LastStatus == Stopped {
			continue
		}
		c := &out[i]
		switch {
		case t.DesiredStatus == Stopped:
			c.Stopping++
		case t.LastStatus == Running:
			c.Running++
			if t.Healthy {
				c.Healthy++
			}
		default:
			c.Pending++
		}
	}
	return out
}

// sameCounts tells whether two pictures show the same, in whatever order.
func sameCounts(a, b []deploy.Counts) bool {
	if len(a) != len(b) {
		return false
	}
	for _, c := range a {
		if !slices.Contains(b, c) {
			return false
		}
	}
	return true
}

func want(goals []deploy.Goal, rev deploy.Rev) int {
	for _, g := range goals {
		if g.Rev == rev {
			return g.Want
		}
	}
	return 0
}
