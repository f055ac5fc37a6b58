package hook

import (
	"context"
	"fmt"
	"slices"
	"time"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// wait waits until the run ended and tells how. If ctx ends before, the task is
// stopped unless the deployment still waits for it: then it is this server that
// stops, and the call made again by the next one finds the task.
func (h *Hooks) wait(ctx context.Context, key, name string) Answer {
	var taskKey string
	h.opts.Store.View(func(tx *store.Tx) {
		if r, ok := runs.Get(tx, key); ok {
			taskKey = r.taskKey()
		}
	})
	changed := make(chan struct{}, 1)
	stop := h.opts.Store.Watch(func(c store.Commit) {
		if slices.ContainsFunc(c.Changes, func(ch store.Change) bool {
			return ch.Kind == state.Tasks.Kind() && ch.ID == taskKey || ch.Kind == runs.Kind() && ch.ID == key
		}) {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
	})
	defer stop()
	for {
		a, done, err := h.ended(key, name)
		if err != nil && ctx.Err() == nil {
			h.log.Error("end of a hook's task not recorded", "task", taskKey, "err", err)
		}
		if done {
			return a
		}
		select {
		case <-changed:
		case <-ctx.Done():
			h.over(key)
			return cannotInvoke(name, ctx.Err().Error())
		}
	}
}

// ended tells how a run ended, and records it once it did: the records of
// STOPPED tasks are soon forgotten.
func (h *Hooks) ended(key, name string) (a Answer, done bool, err error) {
	h.opts.Store.View(func(tx *store.Tx) { a, done = outcome(tx, key, name) })
	if !done {
		return a, false, nil
	}
	err = h.opts.Store.Update(func(tx *store.Tx) error {
		r, ok := runs.Get(tx, key)
		if !ok || r.Status != "" {
			return nil
		}
		next := *r
		next.Status, next.Error = a.Status, a.Error
		runs.Put(tx, key, &next)
		h.stopTask(tx, r, "The container of the lifecycle hook has exited.", time.Now())
		return nil
	})
	return a, true, err
}

// outcome reads how a run ended from the records.
func outcome(tx *store.Tx, key, name string) (a Answer, done bool) {
	r, ok := runs.Get(tx, key)
	if !ok {
		return cannotInvoke(name, errOver.Error()), true
	}
	if r.Status != "" {
		return Answer{Status: r.Status, Error: r.Error}, true
	}
	t, ok := state.Tasks.Get(tx, r.taskKey())
	if !ok {
		return failedTask(name, "Nothing is known of its task "+r.Task+" any more. It is not run a second time."), true
	}
	c := &state.Container{Name: r.Container}
	if i := slices.IndexFunc(t.Containers, func(c state.Container) bool { return c.Name == r.Container }); i >= 0 {
		c = &t.Containers[i]
	}
	switch {
	case t.LastStatus != stopped && (r.Essential || c.Status != stopped || c.ExitCode == nil || t.DesiredStatus == stopped):
		return Answer{}, false
	case c.ExitCode == nil:
		return failedTask(name, "Container "+c.Name+" of task "+t.ID+" did not run to its end."+because(t, c)), true
	case *c.ExitCode != 0:
		return failedTask(name, fmt.Sprintf("Container %s of task %s exited with code %d.%s", c.Name, t.ID, *c.ExitCode, because(t, c))), true
	case interrupted(t):
		return failedTask(name, "Task "+t.ID+" was stopped before it was done."+because(t, c)), true
	}
	return Answer{Status: deploy.HookSucceeded}, true
}

// interrupted tells whether somebody stopped the task: a program may exit with 0
// when it is told to stop.
func interrupted(t *state.Task) bool {
	switch ecs.TaskStopCode(t.StopCode) {
	case "", ecs.TaskStopCodeEssentialContainerExited:
		return false
	}
	return true
}

// because tells the reasons that the records give.
func because(t *state.Task, c *state.Container) (text string) {
	for _, why := range []string{t.StoppedReason, c.Reason} {
		if why != "" && why != "Essential container in task exited" {
			text += " " + shorten(why)
		}
	}
	return text
}

func failedTask(name, why string) Answer {
	return Answer{Status: deploy.HookFailed, Error: "Lifecycle hook target " + name + " failed. " + why}
}
