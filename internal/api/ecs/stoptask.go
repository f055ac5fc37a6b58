package ecs

import (
	"context"
	"encoding/json"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
	"github.com/grue-ecs/grue/internal/store"
)

// StopTask asks the engine to stop a task. Asking again changes nothing.
func (s *Service) StopTask(ctx context.Context, in *sdk.StopTaskInput) (*sdk.StopTaskOutput, error) {
	if get(in.Task) == "" {
		return nil, invalid("Task can not be blank.")
	}
	reason := get(in.Reason)
	if reason == "" {
		reason = "Task stopped by user"
	}
	out := &sdk.StopTaskOutput{}
	return out, s.update(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		t, ok := r.task(c.Name, *in.Task)
		if !ok {
			return invalid("The referenced task was not found.")
		}
		if t.DesiredStatus != stopped && t.LastStatus != stopped {
			next := *t
			next.DesiredStatus, next.StopCode, next.StoppedReason = stopped, string(types.TaskStopCodeUserInitiated), reason
			next.Version++
			state.PutTask(r.Tx, &next)
			r.emitTask(&next)
			t = &next
		}
		v := s.taskView(r, t, false)
		out.Task = &v
		return nil
	})
}

// emitTask emits an "ECS Task State Change" event.
func (r *request) emitTask(t *state.Task) {
	doc, err := state.TaskEvent(t, r.now)
	if err != nil {
		doc, _ = json.Marshal(map[string]string{"taskArn": t.ARN(), "lastStatus": t.LastStatus}) // strings always encode
	}
	r.Emit(store.Event{
		Source: "aws.ecs", DetailType: "ECS Task State Change", Account: r.Account, Region: r.Region,
		Time: r.now, Resources: []string{t.ARN()}, Detail: doc,
	})
}
