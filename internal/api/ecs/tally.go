package ecs

import (
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// count are the tasks of one revision; all leaves out only STOPPED ones.
type count struct {
	rev                   string
	running, pending, all int
}

// tally counts the tasks of a service by revision. A service has a handful of
// revisions at a time, so a list is enough.
type tally []count

func tallyOf(tx *store.Tx, svc *state.Service) tally {
	var out tally
	for _, t := range state.TasksOf(tx, svc) {
		if t.LastStatus == stopped {
			continue
		}
		c := out.at(t.Revision)
		if c == nil {
			out = append(out, count{rev: t.Revision})
			c = &out[len(out)-1]
		}
		c.all++
		switch {
		case isRunning(t):
			c.running++
		case isPending(t):
			c.pending++
		}
	}
	return out
}

func (t tally) at(rev string) *count {
	for i := range t {
		if t[i].rev == rev {
			return &t[i]
		}
	}
	return nil
}

// of returns the count of a revision.
func (t tally) of(rev string) count {
	if c := t.at(rev); c != nil {
		return *c
	}
	return count{rev: rev}
}

// total counts over all revisions.
func (t tally) total() (sum count) {
	for _, c := range t {
		sum.running += c.running
		sum.pending += c.pending
		sum.all += c.all
	}
	return sum
}
