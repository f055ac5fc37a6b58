package engine

import (
	"fmt"
	"slices"
	"time"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/schedule"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// stop begins the stop of the tasks of a plan: out of the load balancer first.
func (r *round) stop(list []schedule.Stop) {
	var pending, draining int
	groups := map[string]int{}
	for _, s := range list {
		i := slices.IndexFunc(r.tasks, func(t *state.Task) bool { return t.ID == s.TaskID })
		if i < 0 {
			continue
		}
		t := r.tasks[i]
		if s.Why == schedule.Unhealthy {
			r.replacing++
		}
		if t.LastStatus != Running {
			pending++
		}
		for _, x := range t.Targets {
			if x.State == TargetRegistered {
				groups[x.Group]++
			}
		}
		if hasRegistered(t) || provides(t) {
			draining++
		}
		r.change(i, func(t *state.Task) {
			t.DesiredStatus, t.StopCode = Stopped, string(ecs.TaskStopCodeServiceSchedulerInitiated)
			t.StoppedReason = stopReason(r.svc.Primary, t, s.Why)
			t.Version++
			if err := deregister(r.tx, t, r.now); err != nil {
				r.e.log.Error("target not deregistered", "task", t.ID, "err", err)
			}
			t.StopTold = t.LastStatus != Running && t.LastStatus != Deactivating
		})
		r.taskEvent(r.tasks[i])
	}
	r.tellStops(pending, draining, groups)
}

func (r *round) tellStops(pending, draining int, groups map[string]int) {
	if pending > 0 {
		r.event(fmt.Sprintf("has stopped %d pending tasks.", pending))
	}
	names := make([]string, 0, len(groups))
	for g := range groups {
		names = append(names, g)
	}
	slices.Sort(names)
	for _, g := range names {
		r.event(fmt.Sprintf("deregistered %d targets in (target-group %s)", groups[g], g))
	}
	if draining > 0 {
		r.event(fmt.Sprintf("has begun draining connections on %d tasks.", draining))
	}
}

// tellStopped tells of tasks that we asked to stop and that are past draining.
func (r *round) tellStopped() {
	var ids []string
	for i, t := range r.tasks {
		if t.StopTold || t.StopCode != string(ecs.TaskStopCodeServiceSchedulerInitiated) {
			continue
		}
		if t.LastStatus == Running || t.LastStatus == Deactivating {
			continue
		}
		ids = append(ids, t.ID)
		r.change(i, func(t *state.Task) { t.StopTold = true })
	}
	if n := len(ids); n > 0 {
		r.event(fmt.Sprintf("has stopped %d running tasks: %s.", n, taskList(ids)))
	}
}

func stopReason(primary string, t *state.Task, why schedule.Why) string {
	if why == schedule.Unhealthy {
		return t.Unhealthy
	}
	return fmt.Sprintf("Scaling activity initiated by (deployment ecs-svc/%s)", primary)
}

func hasRegistered(t *state.Task) bool {
	return slices.ContainsFunc(t.Targets, func(x state.Target) bool { return x.State == TargetRegistered })
}

// deregister takes a task out of its target groups and puts it in DEACTIVATING,
// where it stays until the longest deregistration delay is over.
func deregister(tx *store.Tx, t *state.Task, now time.Time) error {
	faultDeregister.Hit()
	if enrolled(t) {
		withdraw(tx, t, now)
		if t.LastStatus == Running {
			t.LastStatus = Deactivating
		}
	}
	if provides(t) {
		deregisterConnect(tx, t, now)
		if t.LastStatus == Running {
			t.LastStatus = Deactivating
		}
	}
	if !hasRegistered(t) {
		return nil
	}
	t.Targets = slices.Clone(t.Targets)
	for i := range t.Targets {
		x := &t.Targets[i]
		if x.State != TargetRegistered {
			continue
		}
		until, err := elb.Deregister(tx, x.Group, x.ID, x.Port, now)
		if err != nil {
			return err
		}
		x.State, x.Until = TargetDraining, until
	}
	if t.LastStatus == Running {
		t.LastStatus = Deactivating
	}
	return nil
}
