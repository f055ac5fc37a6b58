package engine

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/connect"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// registerConnect puts a task that became RUNNING behind its endpoints.
func (e *Engine) registerConnect(tx *store.Tx, t *state.Task, rev *state.Revision) {
	if rev.Connect == nil || len(rev.Connect.Endpoints) == 0 {
		return
	}
	connect.Register(tx, t, rev, sick(tx, t), time.Now())
	t.Connect = &state.TaskConnect{State: TargetRegistered}
}

// sick tells whether an essential container that has a health check does not pass it.
func sick(tx *store.Tx, t *state.Task) bool {
	td, ok := state.DefinitionByARN(tx, t.TaskDefinition)
	if !ok {
		return false
	}
	for i, c := range td.Def.V.ContainerDefinitions {
		if healthCheck(c.HealthCheck) == nil || i >= len(t.Containers) || c.Essential != nil && !*c.Essential {
			continue
		}
		if t.Containers[i].Health != string(runtime.HealthHealthy) {
			return true
		}
	}
	return false
}

// connectRevision is the revision of a task with Service Connect.
func connectRevision(tx *store.Tx, t *state.Task) (*state.Revision, bool) {
	if t.Service == "" {
		return nil, false
	}
	rev, ok := state.Revisions.Get(tx, state.RevisionKey(t.Scope, t.Cluster, t.Service, t.Revision))
	return rev, ok && rev.Connect != nil
}

// deregisterConnect takes a task out of its endpoints; requests in flight may end
// within the longest stopTimeout of its containers.
func deregisterConnect(tx *store.Tx, t *state.Task, now time.Time) {
	rev, ok := connectRevision(tx, t)
	if !ok || t.Connect == nil || t.Connect.State != TargetRegistered {
		return
	}
	until := now.Add(min(stopTimeout(tx, t), connect.DrainLimit(rev)))
	connect.Deregister(tx, t, rev, until)
	t.Connect = &state.TaskConnect{State: TargetDraining, Until: until}
}

// stopTimeout is the longest of a task's containers.
func stopTimeout(tx *store.Tx, t *state.Task) time.Duration {
	td, ok := state.DefinitionByARN(tx, t.TaskDefinition)
	if !ok {
		return defaultStopTimeout
	}
	var longest time.Duration
	for _, c := range td.Def.V.ContainerDefinitions {
		timeout := defaultStopTimeout
		if aws.ToInt32(c.StopTimeout) > 0 {
			timeout = seconds(c.StopTimeout)
		}
		longest = max(longest, timeout)
	}
	return longest
}

// followConnect keeps the records of Service Connect at what a task's record says.
func followConnect(tx *store.Tx, t *state.Task) {
	rev, ok := connectRevision(tx, t)
	switch {
	case !ok:
	case rank[t.LastStatus] >= rank[Deprovisioning]:
		connect.Remove(tx, t, rev)
	case t.Connect != nil:
		connect.SetHealth(tx, t, rev, sick(tx, t))
	}
}

// provides tells whether a task stands behind endpoints.
func provides(t *state.Task) bool { return t.Connect != nil && t.Connect.State == TargetRegistered }

// connected tells whether a task is in a namespace of Service Connect.
func (e *Engine) connected(t *state.Task) (ok bool) {
	e.store.View(func(tx *store.Tx) { _, ok = connectRevision(tx, t) })
	return ok
}

// addHosts adds the lines of /etc/hosts that tasks need for Service Connect.
func (e *Engine) addHosts(t *state.Task, spec *runtime.Spec) {
	var hosts []string
	e.store.View(func(tx *store.Tx) {
		if rev, ok := connectRevision(tx, t); ok {
			hosts = connect.Hosts(rev.Connect)
		}
	})
	for i := range spec.Containers {
		c := &spec.Containers[i]
		c.ExtraHosts = append(slices.Clone(c.ExtraHosts), hosts...)
	}
}

// drainEnd is when a task has drained, of its target groups and of its endpoints.
func (e *Engine) drainEnd(t *state.Task) time.Time {
	until := drainEnd(t)
	if c := t.Connect; c != nil && c.State == TargetDraining && c.Until.After(until) && !e.quiet(t) {
		until = c.Until
	}
	return until
}

// quiet tells whether every proxy has seen the last request to a task end.
func (e *Engine) quiet(t *state.Task) (quiet bool) {
	if e.opts.Mesh == nil {
		return false
	}
	e.store.View(func(tx *store.Tx) {
		rev, ok := connectRevision(tx, t)
		quiet = !ok || e.opts.Mesh.Quiet(t, rev)
	})
	return quiet
}

// forgetConnect tells the mesh that a task ended.
func (e *Engine) forgetConnect(t *state.Task) {
	if e.opts.Mesh == nil {
		return
	}
	e.store.View(func(tx *store.Tx) {
		if rev, ok := connectRevision(tx, t); ok {
			e.opts.Mesh.Forget(t.ID, rev)
		}
	})
}

// taskQuiet queues a task whose last request ended.
func (e *Engine) taskQuiet(task string) {
	e.mu.Lock()
	key := e.keys[task]
	e.mu.Unlock()
	if key != "" {
		e.tasks.add(key)
	}
}
