package engine

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/grue-ecs/grue/internal/connect"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/runtime"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// snapshot notes, when a deployment starts, which endpoints of the namespace the
// target's tasks know: those that come later need another deployment, as in ECS.
func (r *round) snapshot(d *state.Deployment) {
	target, ok := r.revision(string(d.Machine.Target))
	if !ok || target.Connect == nil || target.Connect.Snapped {
		return
	}
	next, c := *target, *target.Connect
	c.Known, c.Snapped = connect.Snapshot(r.tx, c.Namespace), true
	next.Connect = &c
	state.Revisions.Put(r.tx, next.Key(), &next)
}

// divide gives, as a deployment begins that shifts traffic, all requests of the
// service's endpoints to blue: green's tasks stand behind them as soon as they
// run. Where others than blue have tasks RECONCILE_SERVICE does it, once blue is
// complete.
func (r *round) divide(d *state.Deployment) {
	m := &d.Machine
	if _, divided := connect.Serving(r.tx, r.svc.Key()); divided || m.Strategy == deploy.Rolling || !r.connected(d) {
		return
	}
	production := m.Traffic.Production
	for _, src := range m.Sources {
		switch {
		case m.Traffic.Blue == "": // never a success: what runs goes on serving until green takes over
			production = append(slices.Clone(production), deploy.Share{Rev: src, Tenths: 1000 / len(m.Sources)})
		case src != m.Traffic.Blue:
			return
		}
	}
	connect.SetWeights(r.tx, r.svc.Key(), production, m.Traffic.Test)
}

// roll ends what a shift left divided, as a rolling deployment begins: it moves
// no traffic by weights. Revisions that an interrupted shift had not given
// production to, or had taken it from, get none any more.
func (r *round) roll(d *state.Deployment) {
	if d.Machine.Strategy != deploy.Rolling {
		return
	}
	var without []string
	if serving, ok := connect.Serving(r.tx, r.svc.Key()); ok && r.svc.Live != "" {
		for _, src := range d.Machine.Sources {
			if n := string(src); n != r.svc.Live && len(serving) > 0 {
				without = append(without, n)
			}
		}
	}
	connect.Roll(r.tx, r.svc.Key(), without)
}

// reclaim gives the service's endpoints the names and settings of its primary
// revision again, after a rollback.
func (r *round) reclaim() {
	connect.Changed(r.tx)
	rev, ok := r.revision(r.svc.Primary)
	if !ok || rev.Connect == nil {
		return
	}
	c := *rev.Connect
	c.Endpoints = slices.Clone(c.Endpoints)
	if err := connect.Claim(r.tx, r.svc, &c, r.now); err != nil {
		r.event("was unable to take back an endpoint of Service Connect: " + err.Error() + ".")
	}
}

// connected tells whether a deployment shifts the traffic of endpoints.
func (r *round) connected(d *state.Deployment) bool {
	for _, n := range []deploy.Rev{d.Machine.Target, d.Machine.Traffic.Blue} {
		if rev, ok := r.revision(string(n)); ok && rev.Connect != nil {
			return true
		}
	}
	return false
}

// sweepEndpoints removes the endpoints that no revision of the service keeps.
func (r *round) sweepEndpoints() {
	var keep []*state.Revision
	used := false
	for _, rev := range state.Revisions.Prefix(r.tx, r.svc.Key()+"/") {
		used = used || rev.Connect != nil
	}
	if !used {
		return
	}
	if r.svc.Status != serviceInactive {
		for _, n := range append([]string{r.svc.Primary, r.svc.Live}, r.svc.Listed...) {
			if rev, ok := r.revision(n); ok {
				keep = append(keep, rev)
			}
		}
	}
	connect.Sweep(r.tx, r.svc, keep)
}

// registerConnect puts a task that became RUNNING behind its endpoints.
func (e *Engine) registerConnect(tx *store.Tx, t *state.Task, rev *state.Revision) {
	if rev.Connect == nil || len(rev.Connect.Endpoints) == 0 {
		return
	}
	connect.Register(tx, t, rev, e.sick(tx, t), time.Now())
	t.Connect = &state.TaskConnect{State: TargetRegistered}
}

// sick tells whether the container health checks of a task do not pass.
func (e *Engine) sick(tx *store.Tx, t *state.Task) bool {
	td, ok := e.definition(tx, t)
	if !ok {
		return false
	}
	for _, c := range td.Def.V.ContainerDefinitions {
		if healthCheck(c.HealthCheck) != nil && (c.Essential == nil || *c.Essential) {
			return taskHealth(t, &td.Def.V) != string(runtime.HealthHealthy)
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
func followConnect(tx *store.Tx, was, t *state.Task) {
	rev, ok := connectRevision(tx, t)
	if !ok {
		return
	}
	switch {
	case rank[t.LastStatus] >= rank[Deprovisioning]:
		connect.Remove(tx, t, rev)
	case t.Connect != nil && was.Health != t.Health && t.Health != string(runtime.HealthUnknown):
		connect.SetHealth(tx, t, rev, t.Health == string(runtime.HealthUnhealthy))
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
