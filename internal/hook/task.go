package hook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ecs "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/deploy"
	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

const (
	stopped = "STOPPED"
	// eventVariable holds the event in the container whose exit code counts.
	eventVariable = "GRUE_HOOK_EVENT"
	// maxEvent bounds it, in bytes: Linux takes 128 KiB a variable.
	maxEvent = 100 << 10
)

// errOver tells that the deployment went on before the task was made.
var errOver = errors.New("the deployment no longer waits for it")

// task runs one task of the new revision and waits until it stopped. Its
// container's exit code is the answer: 0 is SUCCEEDED, everything else FAILED.
//
// A rollback runs the hooks of the traffic shifts again, but no task: going back
// starts none of the revision that failed.
func (h *Hooks) task(ctx context.Context, c *Call, name string, t *taskTarget, event []byte) Answer {
	if c.Invoke.Hook.Undo {
		return Answer{Status: deploy.HookSucceeded}
	}
	if len(event) > maxEvent {
		return cannotInvoke(name, fmt.Sprintf("an event larger than %d bytes; make hookDetails smaller", maxEvent))
	}
	key := c.Deployment.Key() + "/" + c.Invoke.ID
	err := h.opts.Store.Update(func(tx *store.Tx) error {
		if _, again := runs.Get(tx, key); again {
			return nil
		}
		return h.start(tx, key, c, t, event)
	})
	if err != nil {
		return cannotInvoke(name, err.Error())
	}
	return h.wait(ctx, key, name)
}

// start makes the task and remembers it.
func (h *Hooks) start(tx *store.Tx, key string, c *Call, t *taskTarget, event []byte) error {
	d, in := c.Deployment, &c.Invoke
	r := &run{
		Scope: d.Scope, Cluster: d.Cluster, Service: d.Service, Deployment: d.ID,
		Execution: in.Hook.Execution, Call: in.Hook.Call, ExpiresAt: in.Hook.ExpiresAt,
	}
	now := time.Now()
	if !r.wanted(tx, now) {
		return errOver
	}
	rev, ok := state.Revisions.Get(tx, state.RevisionKey(d.Scope, d.Cluster, d.Service, string(in.Target)))
	if !ok {
		return fmt.Errorf("the service revision %s no longer exists", in.Target)
	}
	td, err := definition(tx, rev, t.TaskDefinition)
	if err != nil {
		return err
	}
	if n := rev.Body.V.NetworkConfiguration; td.Def.V.NetworkMode == ecs.NetworkModeAwsvpc && n == nil {
		return fmt.Errorf("the task definition %s needs a networkConfiguration and the service has none", aws.ToString(td.Def.V.TaskDefinitionArn))
	}
	counts, err := container(td, t.Container)
	if err != nil {
		return err
	}
	r.Container, r.Essential = aws.ToString(counts.Name), essential(counts)
	task := state.NewTask(d.Scope, d.Cluster, td, h.taskOptions(tx, c, rev, td, overrides(r.Container, t, event)), now)
	r.Task = task.ID
	state.PutTask(tx, task)
	emitTask(tx, task, now)
	runs.Put(tx, key, r)
	return nil
}

// emitTask emits an "ECS Task State Change" event.
func emitTask(tx *store.Tx, t *state.Task, now time.Time) {
	doc, err := state.TaskEvent(t, now)
	if err != nil {
		doc, _ = json.Marshal(map[string]string{"taskArn": t.ARN(), "lastStatus": t.LastStatus}) // strings always encode
	}
	tx.Emit(store.Event{
		Source: "aws.ecs", DetailType: "ECS Task State Change", Account: t.Account, Region: t.Region,
		Time: now, Resources: []string{t.ARN()}, Detail: doc,
	})
}
