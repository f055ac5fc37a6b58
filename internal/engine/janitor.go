package engine

import (
	"context"
	"slices"
	"time"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// janitor forgets what AWS forgets: STOPPED tasks after an hour, INACTIVE
// services and their history after an hour, deleted task definitions. It looks at the start, too: a server
// that never lives for a minute must not keep everything.
func (e *Engine) janitor(ctx context.Context) {
	tick := time.NewTicker(max(e.opts.KeepTasks/60, time.Second))
	defer tick.Stop()
	for {
		if err := e.sweep(time.Now().Add(-e.opts.KeepTasks)); err != nil {
			e.log.Error("old records not removed", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// historyLife is how long ended deployments and their revisions are kept.
const historyLife = 90 * 24 * time.Hour

// keptStopped is how many STOPPED tasks of one service are kept, whatever their
// age: a service that crashes all the time must not fill memory.
const keptStopped = 500

func (e *Engine) sweep(before time.Time) error {
	var tasks []*state.Task
	var services []*state.Service
	stopped := map[string][]*state.Task{}
	e.store.View(func(tx *store.Tx) {
		for _, t := range state.Tasks.All(tx) {
			switch {
			case t.LastStatus != Stopped:
			case t.Stopped.Before(before):
				tasks = append(tasks, t)
			case t.Service != "" && t.Counted:
				stopped[t.ServiceKey()] = append(stopped[t.ServiceKey()], t)
			}
		}
		for _, s := range state.Services.All(tx) {
			if s.Status == serviceInactive && s.Deleted.Before(before) {
				services = append(services, s)
			}
		}
	})
	for _, list := range stopped {
		if extra := len(list) - keptStopped; extra > 0 {
			slices.SortFunc(list, func(a, b *state.Task) int { return a.Stopped.Compare(b.Stopped) })
			tasks = append(tasks, list[:extra]...)
		}
	}
	faultSweep.Hit()
	defer faultSwept.Hit()
	return e.store.Update(func(tx *store.Tx) error {
		for _, t := range tasks {
			state.DeleteTask(tx, t)
		}
		for _, s := range services {
			deleteService(tx, s)
		}
		trimHistory(tx, time.Now().Add(-historyLife))
		state.SweepDefinitions(tx, "")
		return nil
	})
}

// trimHistory forgets deployments that ended before a moment, with the revisions
// that only they led to.
func trimHistory(tx *store.Tx, before time.Time) {
	for key, d := range state.Deployments.All(tx) {
		if !d.Machine.Status.Terminal() || d.Machine.UpdatedAt.After(before) {
			continue
		}
		svcKey := d.Scope.Key(d.Cluster, d.Service)
		svc, ok := state.Services.Get(tx, svcKey)
		if ok && svc.Last == d.ID {
			continue
		}
		state.Deployments.Delete(tx, key)
		state.Chronicles.Delete(tx, key)
		n := string(d.Machine.Target)
		if ok && (svc.Live == n || svc.Primary == n || slices.Contains(svc.Listed, n)) {
			continue
		}
		state.Revisions.Delete(tx, svcKey+"/"+n)
	}
}

// deleteService forgets an INACTIVE service with its revisions and deployments,
// unless it was created anew meanwhile.
func deleteService(tx *store.Tx, s *state.Service) {
	if now, ok := state.Services.Get(tx, s.Key()); !ok || now.Status != serviceInactive {
		return
	}
	state.Services.Delete(tx, s.Key())
	for key := range state.Revisions.Prefix(tx, s.Key()+"/") {
		state.Revisions.Delete(tx, key)
	}
	for key := range state.Deployments.Prefix(tx, s.Key()+"/") {
		state.Deployments.Delete(tx, key)
		state.Chronicles.Delete(tx, key)
	}
}
