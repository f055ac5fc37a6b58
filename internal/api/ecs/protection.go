package ecs

import (
	"context"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/grue-ecs/grue/internal/state"
)

// protectionMinutes is how long a protection lasts by default.
const protectionMinutes = 120

// UpdateTaskProtection protects RUNNING service tasks from scale-in and from
// deployments for a time. It counts in true minutes.
func (s *Service) UpdateTaskProtection(ctx context.Context, in *sdk.UpdateTaskProtectionInput) (*sdk.UpdateTaskProtectionOutput, error) {
	if err := batch("Tasks", len(in.Tasks), 10); err != nil {
		return nil, err
	}
	minutes := int32(protectionMinutes)
	if in.ExpiresInMinutes != nil {
		minutes = *in.ExpiresInMinutes
	}
	if err := bounds("expiresInMinutes", minutes, 1, 2880); err != nil {
		return nil, err
	}
	out := &sdk.UpdateTaskProtectionOutput{ProtectedTasks: []types.ProtectedTask{}, Failures: []types.Failure{}}
	return out, s.update(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		for _, ref := range in.Tasks {
			t, failure := r.protectable(c.Name, ref)
			if failure != nil {
				out.Failures = append(out.Failures, *failure)
				continue
			}
			next := *t
			next.ProtectedUntil = time.Time{}
			if in.ProtectionEnabled {
				if r.blocked(t) {
					out.Failures = append(out.Failures, types.Failure{
						Arn: ptr(t.ARN()), Reason: ptr("DEPLOYMENT_BLOCKED"),
						Detail: ptr("A deployment of the service waits for protected tasks already; end their protection first."),
					})
					continue
				}
				next.ProtectedUntil = r.now.Add(time.Duration(minutes) * time.Minute)
			}
			if !next.ProtectedUntil.Equal(t.ProtectedUntil) {
				state.PutTask(r.Tx, &next)
			}
			out.ProtectedTasks = append(out.ProtectedTasks, r.protectionView(&next))
		}
		return nil
	})
}

// blocked tells whether protected tasks hold a deployment already: the service is
// being deployed and has at least as many protected tasks as it desires.
func (r *request) blocked(t *state.Task) bool {
	svc, ok := state.Services.Get(r.Tx, t.ServiceKey())
	if !ok || svc.Deployment == "" || t.Protected(r.now) {
		return false
	}
	n := 0
	for _, x := range state.TasksOf(r.Tx, svc) {
		if x.LastStatus != stopped && x.Protected(r.now) {
			n++
		}
	}
	return n >= max(svc.Desired, 1)
}

// protectable finds a RUNNING service task.
func (r *request) protectable(cluster, ref string) (*state.Task, *types.Failure) {
	t, ok := r.task(cluster, ref)
	if !ok {
		f := missing(r.arnOf("task", cluster, ref))
		return nil, &f
	}
	if t.Service == "" || t.LastStatus != running || t.DesiredStatus != running {
		return nil, &types.Failure{
			Arn: ptr(t.ARN()), Reason: ptr("TASK_NOT_VALID"),
			Detail: ptr("Only tasks of a service that are RUNNING can be protected."),
		}
	}
	return t, nil
}

func (r *request) protectionView(t *state.Task) types.ProtectedTask {
	out := types.ProtectedTask{TaskArn: ptr(t.ARN()), ProtectionEnabled: t.Protected(r.now)}
	if out.ProtectionEnabled {
		out.ExpirationDate = &t.ProtectedUntil
	}
	return out
}

// GetTaskProtection tells which tasks are protected.
func (s *Service) GetTaskProtection(ctx context.Context, in *sdk.GetTaskProtectionInput) (*sdk.GetTaskProtectionOutput, error) {
	if len(in.Tasks) > 100 {
		return nil, batch("Tasks", len(in.Tasks), 100)
	}
	out := &sdk.GetTaskProtectionOutput{ProtectedTasks: []types.ProtectedTask{}, Failures: []types.Failure{}}
	return out, s.view(ctx, func(r *request) error {
		c, err := r.cluster(in.Cluster)
		if err != nil {
			return err
		}
		if len(in.Tasks) == 0 {
			for _, t := range state.Tasks.Prefix(r.Tx, state.TaskKey(r.Scope, c.Name, "")) {
				if t.Service != "" && t.LastStatus == running {
					out.ProtectedTasks = append(out.ProtectedTasks, r.protectionView(t))
				}
			}
		}
		for _, ref := range in.Tasks {
			t, failure := r.protectable(c.Name, ref)
			if failure != nil {
				out.Failures = append(out.Failures, *failure)
				continue
			}
			out.ProtectedTasks = append(out.ProtectedTasks, r.protectionView(t))
		}
		return nil
	})
}
