package hook

import (
	"time"

	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/arn"
	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// run remembers the one task of a call from the transaction that makes the task
// until the deployment is over, so that the call made again finds it, or how it
// ended, and never runs a second one.
type run struct {
	arn.Scope
	Cluster, Service, Deployment string
	Execution                    string // of the hook
	Call                         int
	ExpiresAt                    time.Time // of the hook
	Task                         string    // id
	Container                    string    // whose exit code counts
	Essential                    bool      // the task ends with that container
	// Status is how it ended: SUCCEEDED or FAILED; "" = it did not.
	Status deploy.HookStatus
	Error  string
}

// runs by account/region/cluster/service/deployment/<id of the call>.
var runs = store.NewTable[run]("hook.run")

func (r *run) deploymentKey() string { return r.Scope.Key(r.Cluster, r.Service, r.Deployment) }
func (r *run) taskKey() string       { return state.TaskKey(r.Scope, r.Cluster, r.Task) }

// wanted tells whether the deployment still waits for the run's hook.
func (r *run) wanted(tx *store.Tx, now time.Time) bool {
	d, ok := state.Deployments.Get(tx, r.deploymentKey())
	return ok && now.Before(r.ExpiresAt) && waiting(&d.Machine, r.Execution, r.Call)
}

// waiting tells whether a deployment waits for the answer to a call.
func waiting(d *deploy.Deployment, execution string, call int) bool {
	for i := range d.Hooks {
		if x := &d.Hooks[i]; x.Execution == execution && x.Call == call {
			return x.Open() && !d.Status.Terminal()
		}
	}
	return false
}

// over ends the runs that nobody waits for any more and forgets those of
// deployments that are over. prefix selects them: "" = all.
func (h *Hooks) over(prefix string) {
	found := false
	h.opts.Store.View(func(tx *store.Tx) {
		for range runs.Prefix(tx, prefix) {
			found = true
			return
		}
	})
	if !found {
		return
	}
	err := h.opts.Store.Update(func(tx *store.Tx) error {
		for key, r := range runs.Prefix(tx, prefix) {
			h.endUnwanted(tx, key, r)
		}
		return nil
	})
	if err != nil {
		h.log.Error("tasks of lifecycle hooks not stopped", "err", err)
	}
}

func (h *Hooks) endUnwanted(tx *store.Tx, key string, r *run) {
	now := time.Now()
	if r.Status == "" && !r.wanted(tx, now) {
		h.stopTask(tx, r, "The lifecycle hook that ran the task is no longer waited for.", now)
		next := *r
		next.Status, next.Error = deploy.HookFailed, "The task was stopped: nobody waited for it any more."
		runs.Put(tx, key, &next)
	}
	if d, ok := state.Deployments.Get(tx, r.deploymentKey()); !ok || d.Machine.Status.Terminal() {
		runs.Delete(tx, key)
	}
}

// stopTask asks the engine to stop the task of a run.
func (h *Hooks) stopTask(tx *store.Tx, r *run, why string, now time.Time) {
	t, ok := state.Tasks.Get(tx, r.taskKey())
	if !ok || t.DesiredStatus == stopped || t.LastStatus == stopped {
		return
	}
	next := *t
	next.DesiredStatus, next.StopCode, next.StoppedReason = stopped, string(ecs.TaskStopCodeServiceSchedulerInitiated), why
	next.Version++
	state.PutTask(tx, &next)
	emitTask(tx, &next, now)
}

// committed ends the runs of deployments that went on without them. It runs on
// the store's goroutine and hands the work over.
func (h *Hooks) committed(c store.Commit) {
	for _, ch := range c.Changes {
		if ch.Kind != state.Deployments.Kind() {
			continue
		}
		prefix := ch.ID + "/"
		h.opts.Store.View(func(tx *store.Tx) {
			for _, r := range runs.Prefix(tx, prefix) {
				d, ok := state.Deployments.Get(tx, ch.ID)
				if !ok || d.Machine.Status.Terminal() || r.Status == "" && !r.wanted(tx, time.Now()) {
					h.work.Go(func() { h.over(prefix) })
					return
				}
			}
		})
	}
}
