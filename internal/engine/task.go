package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/elb"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// Task statuses.
const (
	Provisioning   = "PROVISIONING"
	PendingStatus  = "PENDING"
	Activating     = "ACTIVATING"
	Running        = "RUNNING"
	Deactivating   = "DEACTIVATING"
	StoppingStatus = "STOPPING"
	Deprovisioning = "DEPROVISIONING"
	Stopped        = "STOPPED"
)

// Target states in a task's record.
const (
	TargetRegistered = "registered"
	TargetDraining   = "draining"
	TargetRefused    = "refused"
)

// routeWait bounds how long a stop waits for the proxies to have taken a target
// out. A proxy that is down meanwhile comes back with the newest table.
const routeWait = 3 * time.Second

// advance carries one task a step further.
func (e *Engine) advance(ctx context.Context, key string) {
	t := e.task(key)
	if t == nil || t.LastStatus == Stopped {
		return
	}
	if st, ok := e.status(t.ID); ok {
		if t = e.applyStatus(key, st); t == nil || t.LastStatus == Stopped {
			return
		}
	}
	var err error
	switch {
	case t.LastStatus == Deprovisioning:
		err = e.deprovision(ctx, key, t)
	case t.DesiredStatus == Stopped:
		err = e.stopTask(ctx, key, t)
	case t.LastStatus == Provisioning || t.LastStatus == PendingStatus:
		err = e.startTask(ctx, t)
	}
	if err != nil && ctx.Err() == nil {
		e.log.Error("task not advanced", "task", t.ID, "status", t.LastStatus, "err", err)
		e.tasks.addAt(key, time.Now().Add(time.Second))
	}
}

func (e *Engine) task(key string) (t *state.Task) {
	e.store.View(func(tx *store.Tx) { t, _ = state.Tasks.Get(tx, key) })
	return t
}

// startTask hands a task to the driver, once per process: the driver repeats nothing.
func (e *Engine) startTask(ctx context.Context, t *state.Task) error {
	if _, held := e.status(t.ID); held || e.isClosing() {
		return nil
	}
	var def *ecs.TaskDefinition
	e.store.View(func(tx *store.Tx) {
		if td, ok := state.DefinitionByARN(tx, t.TaskDefinition); ok {
			def = &td.Def.V
		}
	})
	if def == nil {
		return e.failToStart(t, "ResourceInitializationError: the task definition "+t.TaskDefinition+" no longer exists")
	}
	spec := taskSpec(t, def)
	e.addHosts(t, &spec)
	if err := e.fillEnvironment(t, def, &spec); err != nil {
		return e.failToStart(t, "ResourceInitializationError: "+err.Error())
	}
	if err := e.checkLogs(t, def); err != nil {
		return e.failToStart(t, "ResourceInitializationError: "+err.Error())
	}
	if err := e.pinImages(ctx, t, def, &spec); err != nil {
		return err
	}
	faultStart.Hit()
	if err := e.driver.Start(ctx, spec); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return e.failToStart(t, "ResourceInitializationError: "+err.Error())
	}
	faultStarted.Hit()
	return nil
}

// failToStart ends a task that never got to the driver.
func (e *Engine) failToStart(t *state.Task, reason string) error {
	return e.update(t.Key(), func(_ *store.Tx, t *state.Task) error {
		if t.DesiredStatus != Stopped {
			t.DesiredStatus = Stopped
			t.StopCode, t.StoppedReason = string(ecs.TaskStopCodeTaskFailedToStart), reason
		}
		end(t, time.Now())
		return nil
	})
}

// end makes a task STOPPED.
func end(t *state.Task, now time.Time) {
	t.LastStatus, t.Stopped = Stopped, now
	if t.Stopping.IsZero() {
		t.Stopping = now
	}
	if t.ENI != "" {
		t.ENIStatus = "DELETED"
	}
	t.Containers = slices.Clone(t.Containers) // readers hold the former record
	for i := range t.Containers {
		t.Containers[i].Status = Stopped
	}
}

// stopTask stops a task in order: deregister, drain, stop signal.
func (e *Engine) stopTask(ctx context.Context, key string, t *state.Task) error {
	if hasRegistered(t) || provides(t) || enrolled(t) {
		return e.update(key, func(tx *store.Tx, t *state.Task) error { return deregister(tx, t, time.Now()) })
	}
	if until := e.drainEnd(t); until.After(time.Now()) && !e.isClosing() {
		e.tasks.addAt(key, until)
		return nil
	}
	if (len(t.Targets) > 0 || t.Connect != nil || t.Registry != nil) && e.opts.Balancer != nil && t.LastStatus == Deactivating {
		faultDrained.Hit()
		if err := e.takeOut(t); err != nil {
			return err
		}
		e.applied(ctx, t)
	}
	faultStop.Hit()
	err := e.driver.Stop(ctx, t.ID)
	faultStopped.Hit()
	if errors.Is(err, runtime.ErrNotFound) {
		return e.update(key, func(_ *store.Tx, t *state.Task) error { end(t, time.Now()); return nil })
	}
	if err != nil || t.LastStatus == StoppingStatus {
		return err
	}
	return e.update(key, func(_ *store.Tx, t *state.Task) error {
		if rank[t.LastStatus] < rank[StoppingStatus] {
			t.LastStatus = StoppingStatus
			if t.Stopping.IsZero() {
				t.Stopping = time.Now()
			}
		}
		return nil
	})
}

// takeOut removes the targets of a task that has drained, before its stop signal:
// flows of datagrams, which nobody ends, go elsewhere with that.
func (e *Engine) takeOut(t *state.Task) error {
	return e.store.Update(func(tx *store.Tx) error {
		for _, x := range t.Targets {
			elb.Drained(tx, x.Group, x.ID, x.Port, time.Now())
		}
		return nil
	})
}

// applied waits until the proxies serve what was decided so far.
func (e *Engine) applied(ctx context.Context, t *state.Task) {
	wait, cancel := context.WithTimeout(ctx, routeWait)
	defer cancel()
	if err := e.opts.Balancer.WaitApplied(wait); err != nil && ctx.Err() == nil {
		e.log.Warn("stopping a task although a proxy has not confirmed that it left", "task", t.ID, "err", err)
	}
}

// drainEnd is when the last target of a task has drained, and those who know it
// from Cloud Map have come.
func drainEnd(t *state.Task) (until time.Time) {
	if t.Registry != nil && t.Registry.State == TargetDraining {
		until = t.Registry.Until
	}
	for _, x := range t.Targets {
		if x.State == TargetDraining && x.Until.After(until) {
			until = x.Until
		}
	}
	return until
}

// deprovision frees what the driver still holds and ends the task.
func (e *Engine) deprovision(ctx context.Context, key string, t *state.Task) error {
	if e.opts.Logs != nil {
		for _, c := range t.Containers {
			if c.LogGroup != "" && c.LogFile != "" {
				e.opts.Logs.Finish(c.LogFile)
			}
		}
	}
	if e.opts.Balancer != nil && (t.NetworkMode == string(ecs.NetworkModeBridge) || e.connected(t)) {
		e.applied(ctx, t) // who takes the task's host ports next must find them free; nobody listens in its network
	}
	faultRemove.Hit()
	if err := e.driver.Remove(ctx, t.ID); err != nil {
		return fmt.Errorf("free the resources of the task: %w", err)
	}
	faultRemoved.Hit()
	e.forgetConnect(t)
	return e.update(key, func(_ *store.Tx, t *state.Task) error { end(t, time.Now()); return nil })
}

// update changes a task in a transaction; a change of state is an event. The
// task handed to fn is a copy.
func (e *Engine) update(key string, fn func(tx *store.Tx, t *state.Task) error) error {
	return e.store.Update(func(tx *store.Tx) error {
		t, ok := state.Tasks.Get(tx, key)
		if !ok || t.LastStatus == Stopped {
			return nil
		}
		next := *t
		if err := fn(tx, &next); err != nil {
			return err
		}
		saveTask(tx, t, &next)
		return nil
	})
}

func (e *Engine) definition(tx *store.Tx, t *state.Task) (*state.TaskDefinition, bool) {
	return state.DefinitionByARN(tx, t.TaskDefinition)
}

func (e *Engine) hasContainerLogs(l *ecs.LogConfiguration) bool {
	return l != nil && l.LogDriver == ecs.LogDriverAwslogs && l.Options["awslogs-group"] != "" && e.opts.Logs != nil
}
