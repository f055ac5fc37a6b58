package sim

import (
	"github.com/grue-ecs/grue/internal/deploy"
)

// settled tells whether nothing remains to be done: no deployment in progress and
// exactly the tasks that its end promises.
func (w *World) settled() bool {
	if w.passQueued || len(w.live()) > 0 {
		return false
	}
	want, all := map[string]int{}, 0
	for _, g := range w.goals {
		if !w.deleted {
			want[string(g.Rev)] = g.Want
			all += g.Want
		}
	}
	if all != w.desired && w.made > 0 && w.current.Strategy == deploy.Rolling && !w.deleted {
		return false // whatever happened, the service has its desired count
	}
	have := map[string]int{}
	frozen := map[string]bool{}
	for _, g := range w.goals {
		frozen[string(g.Rev)] = g.Frozen
	}
	for _, t := range w.tasks {
		have[t.Rev]++
		if !t.Healthy && !(t.Unhealthy && frozen[t.Rev]) { // nobody could take its place
			return false
		}
	}
	for _, g := range w.goals {
		rev := string(g.Rev)
		if have[rev] < want[rev] && !g.Frozen {
			return false
		}
	}
	extra, total := false, 0
	for rev, n := range have {
		extra = extra || n > want[rev]
		total += n
	}
	return !extra || w.standIn(have) && total <= w.desired
}

// standIn tells whether a condemned revision lacks tasks for which others may
// stand in.
func (w *World) standIn(have map[string]int) bool {
	for _, g := range w.goals {
		if g.Frozen && have[string(g.Rev)] < g.Want {
			return true
		}
	}
	return false
}

// judgeEnd decides whether a world that did not settle has an excuse.
func (w *World) judgeEnd() {
	d := w.current
	switch {
	case w.settled() || w.excused():
	case len(w.former) > 0:
		w.breach("a replaced deployment never ended: %s", w.former[0].Status)
	case d == nil:
		w.breach("a service without deployment does not come to rest")
	case d.Status.Terminal():
		w.breach("%s is over, its tasks are not as promised: goals %v, counts %v", d.Status, w.goals, w.counts())
	default:
		w.breach("%s %s never ended (%s to %s): goals %v, counts %v", d.Status, d.Stage,
			w.temper(string(d.Target)), d.Strategy, w.goals, w.counts())
	}
}

// excused tells whether there is a reason for never coming to rest.
func (w *World) excused() bool {
	d := w.current
	switch {
	case w.blocked.MinMax: // the bounds leave no room, of which people are told
		return true
	case d == nil || len(w.former) > 0:
		return false
	case d.Status.Terminal():
		return w.badGoals() // what it holds cannot become healthy
	case d.Status == deploy.RollbackInProgress:
		return w.temper(string(d.RollbackTo)).hopeless()
	}
	// Without a breaker a rolling deployment tries for ever.
	return d.Status == deploy.InProgress && w.temper(string(d.Target)).hopeless() &&
		d.Strategy == deploy.Rolling && !d.Config.Breaker.Enable
}

// badGoals tells whether a revision is wanted of which no task can be healthy.
func (w *World) badGoals() bool {
	for _, g := range w.goals {
		if g.Want > 0 && w.temper(string(g.Rev)).hopeless() {
			return true
		}
	}
	return false
}
